"""Answers to questions, a page at a time, in the order of their names."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from fleet.events import canonical, untoken
from fleet.targeter.domain.clusters import Cluster
from fleet.targeter.domain.errors import InvalidQuestion
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.names import cluster_namespace
from fleet.targeter.domain.objects import Objects
from fleet.targeter.domain.rollup import Rollups

LIMIT = 500
"""Objects on a page when nobody says how many, and at most."""

EVERYWHERE = "_"
"""Stands for all workspaces in the subject of a question."""

# Positions are names joined by blanks, which sort before every character of a name.


def answer(estate: Estate, kind: str, workspace: str, question: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `{"name"?, "limit"?, "continue"?}` with `{"items", "continue", "total"}`.

    `kind` is `clusters` or `bundledeployments`, `workspace` a subject token: a workspace, for bundle
    deployments also the namespace of one cluster, or `_` for all. Raises InvalidQuestion.
    """
    name, limit = str(question.get("name") or ""), _limit(question.get("limit"))
    after = str(question.get("continue") or "")
    if kind == "clusters":
        return _clusters(estate, _clusters_of(estate, workspace), name, limit, after)
    if kind == "bundledeployments":
        return _deployments(estate, _clusters_of(estate, workspace), name, limit, after)
    raise InvalidQuestion(f"there are no {kind!r} here; ask for clusters or bundledeployments")


def encoded(found: Mapping[str, Any]) -> bytes:
    """The answer's bytes."""
    return canonical(dict(found))


def _clusters_of(estate: Estate, workspace: str) -> list[Cluster]:
    every = estate.clusters.by_name()
    if workspace == EVERYWHERE:
        return every
    wanted = untoken(workspace)
    found = [cluster for cluster in every if cluster.key[0] == wanted]
    return found or [cluster for cluster in every if cluster_namespace(*cluster.key) == wanted]


def _clusters(estate: Estate, clusters: list[Cluster], name: str, limit: int, after: str) -> dict[str, Any]:
    objects = Objects(estate)
    named = [cluster for cluster in clusters if name in ("", cluster.record.name)]
    start = bisect_right(named, after, key=lambda cluster: " ".join(cluster.key)) if after else 0
    page = named[start : start + limit]
    more = " ".join(page[-1].key) if start + limit < len(named) else ""
    return {"items": [objects.cluster(c) for c in page], "continue": more, "total": len(named)}


def _deployments(
    estate: Estate, clusters: list[Cluster], name: str, limit: int, after: str
) -> dict[str, Any]:
    objects, rollups = Objects(estate), Rollups(estate)
    pairs = [
        (cluster, key)
        for cluster in clusters
        for key in rollups.deployments(cluster)
        if key[0] and name in ("", key[1])
    ]
    keys = [" ".join((*cluster.key, *key)) for cluster, key in pairs]
    start = bisect_right(keys, after) if after else 0
    page = pairs[start : start + limit]
    more = keys[start + limit - 1] if start + limit < len(pairs) else ""
    return {"items": [objects.deployment(*pair) for pair in page], "continue": more, "total": len(pairs)}


def _limit(value: Any) -> int:
    if value in (None, "", 0):
        return LIMIT
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidQuestion(f"limit is a number of objects, not {value!r}")
    return min(value, LIMIT)
