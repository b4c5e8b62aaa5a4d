"""The names that Fleet makes (`internal/names`): equal to the byte, as objects are found by them."""

import hashlib
import re

MAX_RELEASE_NAME = 53
"""Helm's limit for the name of a release, in characters."""

_DISALLOWED = re.compile(r"[^a-zA-Z0-9-]+")
_DASHES = re.compile(r"-+")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_HASH_LENGTH = 5
_KEY_LENGTH = 100
_MAX_OBJECT_NAME = 63
_GOOD_END = re.compile(r"[a-z0-9]")


def helm_release_name(text: str) -> str:
    """Make a unique DNS label of at most 53 characters from any text, such as `repo/path/to/bundle`.

    Where cleaning up would lose something (case, other characters) a hash of the text is appended first.
    """
    dashed = text.replace("/", "-")
    if dashed != dashed.lower() or _DISALLOWED.search(dashed):
        dashed = f"{dashed}-{_md5(dashed, 8)}"
    clean = _DASHES.sub("-", _DISALLOWED.sub("-", dashed.lower())).strip("-")
    if not _DNS_LABEL.fullmatch(clean):
        return _md5(text, 24)
    return limit(clean, MAX_RELEASE_NAME)


def limit(text: str, count: int) -> str:
    """Cut a text to `count` characters, the last six being a dash and a hash where there is room for them.

    Two dashes never stand side by side: the result is then one character shorter.
    """
    if len(text) <= count:
        return text
    if count <= _HASH_LENGTH + 1:
        return text[:count]
    head = text[: count - _HASH_LENGTH - 1]
    separator = "" if head.endswith("-") else "-"
    return f"{head}{separator}{_md5(text, _HASH_LENGTH)}"


def safe_concat(*parts: str) -> str:
    """Join parts with dashes into a name of at most 63 characters, cut and hashed where it is longer."""
    full = "-".join(parts)
    if len(full) <= _MAX_OBJECT_NAME:
        return full
    digest = hashlib.sha256(full.encode("utf-8", "surrogateescape")).hexdigest()
    if _GOOD_END.fullmatch(full[56]):
        return f"{full[:57]}-{digest[:5]}"
    return f"{full[:56]}-{digest[:6]}"


def key_hash(text: str) -> str:
    """Twelve hexadecimal digits for a key; only its first 100 bytes count."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")[:_KEY_LENGTH]).hexdigest()[:12]


def _md5(text: str, length: int) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()[:length]
