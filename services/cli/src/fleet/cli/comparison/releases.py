"""What a cluster really has, read from Helm's own storage through the cluster's API."""

import base64
import gzip
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from fleet.cli.comparison.pairs import Pair, Running
from fleet.kube import KubeClient

BUNDLE_ID = "fleet.cattle.io/bundle-id"
DEPLOYMENT_ID = "fleet.cattle.io/deployment-id"
ENTRY = "fleet.cattle.io/entry"

_NOTHING_WHOLE = Running("", "")


def decode_release(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Open one of Helm's release Secrets: JSON in gzip in base64, in the Secret's own base64."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return release


def running_of(cluster: str, secrets: Iterable[Mapping[str, Any]]) -> dict[Pair, Running]:
    """The pairs that a cluster's releases stand for; releases that are not ours do not count.

    One that was never deployed whole, or not wholly removed, runs nothing that anybody wanted, and yet its
    objects are there: it counts as running the empty id.
    """
    found: dict[Pair, Running] = {}
    for secret in secrets:
        release = decode_release(secret)
        marks = release.get("chart", {}).get("metadata", {}).get("annotations") or {}
        if BUNDLE_ID not in marks:
            continue
        pair = Pair(cluster, marks[BUNDLE_ID])
        if release["info"]["status"] == "deployed":
            found[pair] = Running(marks.get(DEPLOYMENT_ID, ""), marks.get(ENTRY, ""))
        else:
            found.setdefault(pair, _NOTHING_WHOLE)
    return found


async def delivered_on(cluster: str, kube: KubeClient) -> dict[Pair, Running]:
    """Read the releases of one cluster. Raises what KubeClient raises."""
    found = await kube.list("v1", "Secret", labels="owner=helm,status notin (superseded,uninstalled)")
    return running_of(cluster, found.items)
