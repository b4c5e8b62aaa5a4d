"""The names that Fleet makes, and those that Kubernetes takes. It imports nothing, so that everybody may."""

from fleet.names.labels import is_label_key, is_label_value, is_subdomain
from fleet.names.made import MAX_RELEASE_NAME, helm_release_name, key_hash, limit, safe_concat

__all__ = [
    "API_VERSION",
    "MAX_RELEASE_NAME",
    "helm_release_name",
    "is_label_key",
    "is_label_value",
    "is_subdomain",
    "key_hash",
    "limit",
    "safe_concat",
]

API_VERSION = "fleet.cattle.io/v1alpha1"
"""The group and version of Fleet's objects."""
