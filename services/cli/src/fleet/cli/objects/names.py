"""Names as Kubernetes allows them: of objects, of namespaces, of labels."""

from __future__ import annotations

import re

from fleet.names import is_label_key, is_label_value, is_subdomain

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def dns_subdomain(value: str) -> str:
    """`value`, when it is an RFC 1123 subdomain of at most 253 characters; raises ValueError otherwise."""
    if not is_subdomain(value):
        raise ValueError(
            f"{value!r} is not an RFC 1123 name: lower-case letters, digits, '-' and '.', "
            "beginning and ending with a letter or digit, at most 253 characters"
        )
    return value


def dns_label(value: str) -> str:
    """`value`, when it is an RFC 1123 label of at most 63 characters; raises ValueError otherwise."""
    if len(value) > 63 or not _DNS_LABEL.fullmatch(value):
        raise ValueError(
            f"{value!r} is not an RFC 1123 label: lower-case letters, digits and '-', "
            "beginning and ending with a letter or digit, at most 63 characters"
        )
    return value


def label_key(value: str) -> str:
    """`value`, when it is a Kubernetes qualified name (`[prefix/]name`); raises ValueError otherwise."""
    prefix, slash, _ = value.rpartition("/")
    if slash and not is_subdomain(prefix):
        raise ValueError(f"{value!r} is no label key: its prefix must be an RFC 1123 subdomain")
    if not is_label_key(value):
        raise ValueError(
            f"{value!r} is no label key: the name is 1 to 63 letters, digits, '-', '_' and '.', "
            "beginning and ending with a letter or digit"
        )
    return value


def label_value(value: str) -> str:
    """`value`, when it may stand as the value of a label; raises ValueError otherwise."""
    if not is_label_value(value):
        raise ValueError(
            f"{value!r} is no label value: at most 63 letters, digits, '-', '_' and '.', "
            "beginning and ending with a letter or digit"
        )
    return value
