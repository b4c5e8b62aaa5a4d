"""Whose credentials a chart is fetched with, and where they may go (fleet.md 2.12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import re2

from fleet.bundler.domain.chartneeds import ChartNeed
from fleet.bundler.domain.glob import BadPattern, matches

WITHHELD = (
    "helmRepoURLRegex is empty, so Helm credentials were not forwarded; set it to an expression that "
    "matches the beginning of the repository's URL"
)
"""The hint beside a refusal that credentials might have prevented."""


_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
}
_QUIET = re2.Options()
_QUIET.log_errors = False  # else the library writes to standard error by itself


class BadCredentialRule(Exception):
    """The expression or a path pattern that says where credentials go is none; the text says why."""


@dataclass(frozen=True, slots=True)
class ChartAuth:
    """How chart hosts are talked to. The repr tells no secret.

    Name and password count only together. `ca_bundle` holds PEM certificates beside the system's;
    `basic_http` lets an OCI registry be asked without TLS.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    ca_bundle: bytes = field(default=b"", repr=False)
    ssh_private_key: bytes = field(default=b"", repr=False)
    known_hosts: bytes = field(default=b"", repr=False)
    insecure_skip_verify: bool = False
    basic_http: bool = False

    @property
    def secret(self) -> bool:
        """Whether there is anything in it that must not go astray."""
        return bool(self.username or self.password or self.ssh_private_key)

    def withheld(self) -> "ChartAuth":
        """The same without what is secret: how TLS is checked does not depend on who may know a password."""
        return replace(self, username="", password="", ssh_private_key=b"")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What may be used for one chart. `hint` is set where credentials are there but may not be used."""

    auth: ChartAuth
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ChartCredentials:
    """All credentials of one GitRepo, or of one command line.

    `by_path` has those for a bundle's folder (`.` is the root) or for folders that fit a pattern; they
    stand in for `general`. `url_regex` says which URLs they may be sent to: none where it is empty.
    """

    general: ChartAuth = ChartAuth()
    by_path: Mapping[str, ChartAuth] = field(default_factory=dict)
    url_regex: str = ""

    def forwarded(self, need: ChartNeed) -> Forwarded:
        """What this chart is fetched with. Raises BadCredentialRule."""
        auth = self._of_folder(need.folder or ".")
        allowed = self.allows(need.repo or need.chart)
        if allowed or not auth.secret:
            return Forwarded(auth)
        return Forwarded(auth.withheld(), "" if self.url_regex else WITHHELD)

    def allows(self, url: str) -> bool:
        """Whether credentials may be sent to this URL: the expression fits its beginning.

        Raises:
            BadCredentialRule: it is no expression.
        """
        if not self.url_regex:
            return False
        try:
            re2.compile(self.url_regex, _QUIET)
            return re2.compile(f"(?:{self.url_regex})", _QUIET).match(url) is not None
        except re2.error as error:
            reason = _in_words_of_go(error)
            raise BadCredentialRule(f"helmRepoURLRegex: error parsing regexp: {reason}") from None

    def _of_folder(self, folder: str) -> ChartAuth:
        """The folder's own, else those of the first pattern that fits, in lexical order."""
        if folder in self.by_path:
            return self.by_path[folder]
        for pattern in sorted(self.by_path):
            try:
                if matches(pattern, folder):
                    return self.by_path[pattern]
            except BadPattern:
                raise BadCredentialRule(
                    f'failed to check for matches of the path "{folder}" with the pattern "{pattern}": '
                    "syntax error in pattern"
                ) from None
        return self.general


def _in_words_of_go(error: re2.error) -> str:
    found = error.args[0] if error.args else ""
    text = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
    what, colon, where = text.partition(": ")
    return f"{_WORDS.get(what, what)}{colon}{f'`{where}`' if where else ''}"
