"""Fleet's names, computed as Fleet computes them, so that its releases and labels are ours as well."""

import hashlib
import re

_RELEASE_LIMIT = 53
_RELEASE_KEPT = 47
_OBJECT_LIMIT = 63
_OBJECT_KEPT = 57
_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def release_name(bundle: str) -> str:
    """The name of the Helm release of a bundle that names none itself (Fleet: `HelmReleaseName`)."""
    name = bundle.replace("/", "-")
    if re.search(r"[^a-z0-9-]", name):
        name = f"{name}-{_md5(name)[:8]}"
    name = re.sub(r"[^a-z0-9-]", "-", name.lower())
    name = re.sub(r"-{2,}", "-", name).strip("-")
    if len(name) > _RELEASE_LIMIT:
        kept = name[:_RELEASE_KEPT]
        name = kept + ("" if kept.endswith("-") else "-") + _md5(name)[:5]
    return name if _DNS_NAME.fullmatch(name) else _md5(bundle)[:24]


def safe_concat(*parts: str) -> str:
    """Join names with dashes; what is longer than 63 characters ends in a part of its SHA-256."""
    name = "-".join(parts)
    if len(name) <= _OBJECT_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    if name[_OBJECT_KEPT - 1].isalnum():
        return f"{name[:_OBJECT_KEPT]}-{digest[:5]}"
    return f"{name[: _OBJECT_KEPT - 1]}-{digest[:6]}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
