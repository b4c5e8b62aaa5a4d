"""Which names, labels and annotations an object may have."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import Cause

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DNS_LABEL = re.compile(_LABEL)
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

_LABEL_NAMED = frozenset({"Namespace"})
_SERVICE_NAMED = frozenset({"Service"})
_PATH_NAMED = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "APIService"})


def name_cause(kind: str, name: str, *, path: str = "metadata.name") -> Cause | None:
    """What is wrong with a name of this kind; None when it is fine."""
    if kind in _PATH_NAMED:
        if name in (".", "..") or "/" in name or "%" in name:
            return _bad(path, name, "must not be '.' or '..' and may not contain '/' or '%'")
        return None
    if kind in _SERVICE_NAMED:
        rule, size, said = _DNS_1035, 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"  # fmt: skip  # noqa: E501 - one sentence
    elif kind in _LABEL_NAMED:
        rule, size, said = _DNS_LABEL, 63, "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"  # fmt: skip  # noqa: E501 - one sentence
    else:
        rule, size, said = _SUBDOMAIN, 253, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"  # fmt: skip  # noqa: E501 - one sentence
    if not rule.fullmatch(name):
        return _bad(path, name, said)
    return _bad(path, name, f"must be no more than {size} characters") if len(name) > size else None


def metadata_causes(kind: str, metadata: Mapping[str, Any]) -> Iterator[Cause]:
    """Everything that is wrong with an object's name, labels and annotations."""
    if cause := name_cause(kind, metadata["name"]):
        yield cause
    for key, value in (metadata.get("labels") or {}).items():
        yield from _key_causes("metadata.labels", key)
        if value and (len(value) > 63 or not _QUALIFIED.fullmatch(value)):
            yield _bad("metadata.labels", value, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character")  # fmt: skip  # noqa: E501 - one sentence
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from _key_causes("metadata.annotations", key.lower())
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > 256 << 10:
        yield Cause(
            "metadata.annotations", "FieldValueTooLong", "Too long: may not be more than 262144 bytes"
        )
    for finalizer in metadata.get("finalizers") or ():
        yield from _key_causes("metadata.finalizers", finalizer)


def _key_causes(path: str, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if len(name) > 63 or not _QUALIFIED.fullmatch(name):
        yield _bad(path, key, "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character")  # fmt: skip  # noqa: E501 - one sentence
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        yield _bad(path, key, "prefix part must be a lowercase RFC 1123 subdomain")


def _bad(path: str, value: str, said: str) -> Cause:
    return Cause(path, "FieldValueInvalid", f'Invalid value: "{value}": {said}')
