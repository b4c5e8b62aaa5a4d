"""Where the objects of a cluster are."""

from fleet.names import key_hash, safe_concat


def cluster_namespace(workspace: str, cluster: str) -> str:
    """The namespace of a cluster's BundleDeployments (fleet.md 6.1)."""
    return safe_concat("cluster", workspace, cluster, key_hash(f"{workspace}::{cluster}"))
