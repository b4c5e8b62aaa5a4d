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


def decode_release(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Open one of Helm's release Secrets: JSON in gzip in base64, in the Secret's own base64."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return release


def running_of(cluster: str, secrets: Iterable[Mapping[str, Any]]) -> dict[Pair, Running]:
    """The pairs that a cluster's deployed releases stand for; releases that are not ours do not count."""
    found: dict[Pair, Running] = {}
    for secret in secrets:
        chart = decode_release(secret).get("chart", {}).get("metadata", {})
        marks = chart.get("annotations") or {}
        if BUNDLE_ID in marks:
            running = Running(marks.get(DEPLOYMENT_ID, ""), marks.get(ENTRY, ""))
            found[Pair(cluster, marks[BUNDLE_ID])] = running
    return found


async def delivered_on(cluster: str, kube: KubeClient) -> dict[Pair, Running]:
    """Read the deployed releases of one cluster. Raises what KubeClient raises."""
    found = await kube.list("v1", "Secret", labels="owner=helm,status=deployed")
    return running_of(cluster, found.items)
