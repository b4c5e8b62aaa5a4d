"""Where a repository is: one of the five forms of URL that git may be sent to, taken apart."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from fleet.git.credentials import BasicAuth
from fleet.git.errors import BadAddress

_SCP = re.compile(r"(?:[A-Za-z0-9_][\w.-]*@)?(?P<host>[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\]):[^:-].*")
_WITHOUT_SCHEME = re.compile(r"[^@:/]*:[^@/]*@")
_BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f]")
_HOST = re.compile(r"[A-Za-z0-9_][\w.-]*|\[?[0-9A-Fa-f:.]+\]?")
_USER = re.compile(r"[A-Za-z0-9_][\w.-]*")


@dataclass(frozen=True, slots=True)
class Address:
    """A repository's address without any secret.

    `url` is what git is given and what people are shown; `scheme` is http, https, ssh or file; `host`
    has the port and is empty for file.
    """

    url: str
    scheme: str
    host: str = ""

    def __str__(self) -> str:
        return self.url


def parse_address(url: str) -> tuple[Address, BasicAuth | None]:
    """Take a URL apart into the address and the credentials that stand in it (http and https only).

    Raises:
        BadAddress: another form (`git://` and `ext::` among them), or one that git could take for an option.
    """
    if not url or _BAD_CHARACTERS.search(url):
        raise BadAddress(repo=_shown(url), reason="it is empty or has blanks or control characters")
    if url.startswith("/"):
        return Address(url=url, scheme="file"), None
    if "://" in url:
        return _of_url(url)
    if _WITHOUT_SCHEME.match(url):
        raise BadAddress(repo=_shown(url), reason="a scheme such as https:// is missing")
    if found := _SCP.fullmatch(url):
        return Address(url=url, scheme="ssh", host=found["host"].lower()), None
    raise BadAddress(repo=_shown(url), reason="its form is not known")


def _of_url(url: str) -> tuple[Address, BasicAuth | None]:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise BadAddress(repo=_shown(url), reason=str(error)) from None
    if parts.scheme == "file":
        return _of_file(parts, url)
    if parts.scheme not in ("http", "https", "ssh"):
        raise BadAddress(repo=_shown(url), reason=f"{parts.scheme}:// is not supported")
    if parts.query or parts.fragment:
        raise BadAddress(repo=_shown(url), reason="it has a query or a fragment")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise BadAddress(repo=_shown(url), reason="it names no host")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name + port
    if parts.scheme == "ssh":
        user = _ssh_user(parts, url)
        return Address(url=f"ssh://{user}{host}{parts.path}", scheme="ssh", host=host), None
    given = None
    if parts.username or parts.password:
        given = _given(unquote(parts.username or ""), unquote(parts.password or ""))
    return Address(url=f"{parts.scheme}://{host}{parts.path}", scheme=parts.scheme, host=host), given


def _of_file(parts: SplitResult, url: str) -> tuple[Address, None]:
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise BadAddress(repo=_shown(url), reason="file:// takes an absolute path")
    return Address(url=f"file://{parts.path}", scheme="file"), None


def _ssh_user(parts: SplitResult, url: str) -> str:
    if parts.password:
        raise BadAddress(repo=_shown(url), reason="ssh:// takes no password, use a key")
    if parts.username is None:
        return ""
    if not _USER.fullmatch(parts.username):
        raise BadAddress(repo=_shown(url), reason="its user name is not one")
    return f"{parts.username}@"


def _given(username: str, password: str) -> BasicAuth:
    return BasicAuth(username=username or password, password=password if username else "")


def _shown(url: str) -> str:
    """A URL as it may be shown before it is known to be one: nothing that could be a secret."""
    bare = re.sub(r"(//|^).*@", r"\1", url, flags=re.DOTALL)
    bare = re.sub(r"[?#].*", "", bare, flags=re.DOTALL)
    return _BAD_CHARACTERS.sub(" ", bare)[:200] or "(empty)"
