"""What Kubernetes takes as labels and annotations (`k8s.io/apimachinery/pkg/util/validation`)."""

import re

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MOST_OF_A_NAME = 63
_MOST_OF_A_SUBDOMAIN = 253


def is_subdomain(value: str) -> bool:
    """Whether this is an RFC 1123 subdomain of at most 253 characters."""
    return len(value) <= _MOST_OF_A_SUBDOMAIN and bool(_SUBDOMAIN.fullmatch(value))


def is_label_key(value: str) -> bool:
    """Whether this is a qualified name, `[prefix/]name`: the prefix a subdomain, the name of 63 at most."""
    prefix, slash, name = value.rpartition("/")
    return (not slash or is_subdomain(prefix)) and bool(name) and is_label_value(name)


def is_label_value(value: str) -> bool:
    """Whether this is empty, or at most 63 letters, digits, `-`, `_` and `.`, its ends no sign."""
    return not value or (len(value) <= _MOST_OF_A_NAME and bool(_NAME.fullmatch(value)))
