"""Where a chart's URL leads, read as Fleet reads it (fleet.md 2.12): an archive, a repository, a folder."""

import base64
import binascii
import hashlib
import posixpath
import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from fleet.bundler.domain.chartneeds import ChartNeed

OCI = "oci://"
_FORCED = {"git": "git", "ssh": "git", "http": "http", "https": "http"}
_HOSTS = ("github.com", "gitlab.com", "bitbucket.org")
_HASHES = ("md5", "sha1", "sha256", "sha512")
_OWN = ("ref", "sshkey", "depth")
_FILE = "file://"
_OTHER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:::|://)")
_BEGINNING = re.compile(r"(?:[\w+.-]*::)*(?:[\w+.-]*:)?//")
_USER = re.compile(r"\A(?:[^/?#:@\[]*:(?!\d*(?:[/?#]|$)).*@|[^/?#]*@)", re.DOTALL)
"""A name with a password, which may have any character in it, or a name alone; not a port."""
_SUPPORTED = "https://, http://, oci://, git::https://, git::ssh://"


class BadSource(Exception):
    """A URL of a chart that cannot be one; the text says why, without any secret."""


class SourceKind(Enum):
    """How a chart is had."""

    HTTP = "http"
    GIT = "git"
    OCI = "oci"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What an archive must hash to."""

    kind: str
    digest: str

    def check(self, data: bytes) -> str:
        """Why the bytes are not the right ones; empty where they are."""
        found = hashlib.new(self.kind, data, usedforsecurity=False).hexdigest()
        return "" if found == self.digest else f"expected {self.kind}:{self.digest}, got {found}"


@dataclass(frozen=True, slots=True)
class Source:
    """A URL taken apart. `url` has nothing of ours in it any more, and may have a name and a password.

    `name` is a file name that says how an archive is packed; `subdir` the folder in it that is meant;
    `ref` a branch, tag or commit; `ssh_key` stood in the URL.
    """

    kind: SourceKind
    url: str
    subdir: str = ""
    name: str = ""
    ref: str = ""
    ssh_key: bytes = field(default=b"", repr=False)
    checksum: Checksum | None = None


def parse_source(text: str) -> Source:
    """Take a chart's URL apart. What is no URL is a folder. Raises BadSource."""
    if text.startswith(OCI):
        return Source(SourceKind.OCI, text)
    forced, rest = _forced(text)
    url, subdir = _split_subdir(rest)
    if subdir.startswith("/") or ".." in posixpath.normpath(subdir or ".").split("/"):
        raise BadSource("the folder behind // leads out of what is fetched")
    kind = forced or _kind_of(url)
    if kind is None and (expanded := _expanded(url)):
        inner, below = _split_subdir(expanded)
        return _git(inner, posixpath.join(below, subdir).rstrip("/"))
    if kind == "git":
        return _git(_of_scp(url) or url, subdir)
    if kind == "http":
        return _archive(url, subdir)
    if (other := _OTHER.match(text)) and not text.startswith(_FILE):
        raise BadSource(
            f'"{other.group()}" is not supported: use {_SUPPORTED}, or a folder of the repository'
        )
    return Source(SourceKind.FOLDER, url.removeprefix(_FILE), subdir)


def in_index(repo: str, found: str) -> str:
    """The URL of an archive that a repository's index names, which may be relative to the repository."""
    if parts_of(found).scheme:
        return found
    base = parts_of(repo)
    return joined(urlunsplit(base._replace(path=base.path.rstrip("/") + "/")), found)


def joined(base: str, place: str) -> str:
    """Where a place that an answer names is. Raises BadSource where it is nowhere."""
    try:
        return urljoin(base, place)
    except ValueError:
        raise BadSource(f'"{shown(base)}" leads to what is no URL') from None


def parts_of(url: str) -> SplitResult:
    """A URL taken apart, its port a number. Raises BadSource; what cannot be read may be half a password.

    With a password there may be no second `@`: it would end early, and its end be asked for as a host.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadSource(f'"{shown(url)}" is no URL: its host or port cannot be read') from None
    if parts.password is not None and url.count("@") > 1:
        raise BadSource(f'"{shown(url)}" has a password and more than one @: write %40 for the others')
    return parts


def shown(text: str) -> str:
    """A URL as people may see it: no password, no key, nothing that signs a request.

    Of what is no URL too, for it may have become none by a typing error.
    """
    begin = _BEGINNING.match(text)
    if begin:
        bare = begin[0] + _USER.sub("", text[begin.end() :], count=1)
    else:
        forced, colons, rest = text.partition("::")
        kept, rest = (f"{forced}::", rest) if colons and forced in _FORCED else ("", text)
        before, at, after = rest.rpartition("@")
        bare = kept + (after if at and ":" in before else rest)
    return re.sub(r"\?.*$", "", bare, flags=re.DOTALL)


def shown_need(need: ChartNeed) -> str:
    """A need in words for people, without what may be secret in its URLs."""
    parts = {"repo": shown(need.repo), "chart": shown(need.chart), "version": need.version}
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: whom a password is for."""
    parts = parts_of(url)
    default = {"http": 80, "https": 443, "oci": 443}.get(parts.scheme, 0)
    return (parts.scheme, (parts.hostname or "").lower(), parts.port or default)


def _forced(text: str) -> tuple[str, str]:
    scheme, colons, rest = text.partition("::")
    return (_FORCED[scheme], rest) if colons and scheme in _FORCED else ("", text)


def _kind_of(url: str) -> str | None:
    scheme = parts_of(url).scheme if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url) else ""
    return {"git": "git", "ssh": "git", "http": "http", "https": "http"}.get(scheme)


def _split_subdir(text: str) -> tuple[str, str]:
    """Take the folder behind `//` out of a URL; its query stays."""
    path, mark, query = text.partition("?")
    start = path.find("://") + 3 if "://" in path else 0
    at = path.find("//", start)
    if at < 0:
        return text, ""
    return path[:at] + mark + query, path[at + 2 :]


def _expanded(url: str) -> str:
    """`github.com/user/repo/folder` and `user@host:path` as URLs; empty for anything else."""
    host = url.split("/", 1)[0]
    if host in _HOSTS and "/" in url:
        path, mark, query = url.partition("?")
        parts = path.split("/", 3)
        if len(parts) < 3 or not parts[2]:
            raise BadSource(f"{host} URLs must have the form {host}/user/repo")
        repo = parts[2] if parts[2].endswith(".git") else f"{parts[2]}.git"
        below = f"//{parts[3]}" if len(parts) == 4 and parts[3] else ""
        return f"https://{host}/{parts[1]}/{repo}{below}{mark}{query}"
    return _of_scp(url)


def _of_scp(url: str) -> str:
    user, at, rest = url.partition("@")
    host, colon, path = rest.partition(":")
    if "://" in url or not (user and at and host and colon and path) or "/" in user + host:
        return ""
    return f"ssh://{user}@{host}/{path.lstrip('/')}"


def _git(url: str, subdir: str) -> Source:
    parts = parts_of(url)
    if parts.scheme not in ("https", "http", "ssh"):  # a path would be one of the hub, with caches of others
        raise BadSource(f'"{shown(url)}": git is asked over https, http and ssh only')
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.split("=")[0]) not in _OWN]
    key = _ssh_key(given["sshkey"]) if given.get("sshkey") else b""
    if key and parts.scheme != "ssh":
        raise BadSource(f"?sshkey= is not supported for {parts.scheme} URLs")
    depth = given.get("depth", "")
    if depth and not (depth.isdecimal() and depth.strip("0")):
        raise BadSource("?depth= must be a number greater than 0")
    return Source(
        SourceKind.GIT,
        urlunsplit(parts._replace(query="&".join(kept), fragment="")),
        subdir,
        ref=given.get("ref", ""),
        ssh_key=key,
    )


def _ssh_key(text: str) -> bytes:
    """Base64 in any of its alphabets, with or without padding; a plus became a blank on its way."""
    plain = text.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise BadSource("decoding ?sshkey=: it is no base64") from None


def _archive(url: str, subdir: str) -> Source:
    parts = parts_of(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(reversed(query))
    checksum = _checksum(given["checksum"]) if given.get("checksum") else None
    packed = given.get("archive", "").lower()
    taken = {name for name in ("checksum", "archive") if given.get(name)}
    rest = sorted((pair for pair in query if pair[0] not in taken), key=lambda pair: pair[0])
    name = posixpath.basename(parts.path.rstrip("/"))
    return Source(
        SourceKind.HTTP,
        urlunsplit(parts._replace(query=urlencode(rest), fragment="")),
        subdir,
        name=f"{name}.{packed.lstrip('.')}" if packed else name,
        checksum=checksum,
    )


def _checksum(text: str) -> Checksum:
    kind, colon, digest = text.partition(":")
    if not colon:
        raise BadSource("invalid ?checksum=: it must have the form type:value, as sha256:<hex>")
    if kind.lower() == "file":
        raise BadSource('invalid ?checksum=: "file:" is not supported; give the hash itself, as sha256:<hex>')
    if kind.lower() not in _HASHES:
        raise BadSource(f'invalid ?checksum=: unsupported hash type "{kind}"; use {", ".join(_HASHES)}')
    try:
        return Checksum(kind.lower(), bytes.fromhex(digest).hex())
    except ValueError:
        raise BadSource("invalid ?checksum=: the value is not hexadecimal") from None
