"""Names that Fleet builds: shortened to Kubernetes' limits, with a hash so that they stay distinct."""

import hashlib

_LABEL_MAX = 63
_KEPT = 57
_KEY_HASHED = 100
_KEY_DIGITS = 12
_GOOD_END = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def safe_concat(*parts: str) -> str:
    """Join names with dashes; what exceeds 63 characters is cut and ends in a hash (fleet.md 2.6)."""
    full = "-".join(parts)
    if len(full) <= _LABEL_MAX:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()
    if full[_KEPT - 1] in _GOOD_END:
        return f"{full[:_KEPT]}-{digest[:5]}"
    return f"{full[: _KEPT - 1]}-{digest[:6]}"


def key_hash(text: str) -> str:
    """Twelve hexadecimal digits that stand for the first hundred bytes of a text."""
    return hashlib.sha256(text.encode()[:_KEY_HASHED]).hexdigest()[:_KEY_DIGITS]


def cluster_namespace(workspace: str, cluster: str) -> str:
    """The namespace of a cluster's BundleDeployments (fleet.md 6.1)."""
    return safe_concat("cluster", workspace, cluster, key_hash(f"{workspace}::{cluster}"))
