"""A broker with streams and nothing else, to try client commands against."""

from contextlib import asynccontextmanager

import orjson

from fleet.events import (
    BundleRendered,
    BundleRetired,
    BundleSet,
    Condition,
    Owner,
    Resource,
    ViewPart,
)
from support.command import fleet

WS = "fleet-local"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SET = {"size": 1, "digest": "d" * 32}
GITREPO = """\
apiVersion: fleet.cattle.io/v1alpha1
kind: GitRepo
metadata: {name: web, labels: {team: a}}
spec: {repo: https://git.example.com/web, paths: [a]}
"""
CLUSTER = """\
apiVersion: fleet.cattle.io/v1alpha1
kind: Cluster
metadata: {name: one, namespace: fleet-default, labels: {env: dev}}
"""


class BareHub:
    """A broker with streams and nothing else; what services would write, the test writes."""

    def __init__(self, url, bus):
        self.bus = bus
        self.to = ("--server", url)

    async def fleet(self, *arguments, stdin=""):
        return await fleet(*arguments, *self.to, stdin=stdin)

    async def record(self, kind="gitrepo", name="web", workspace=WS):
        stored = await self.bus.last(Resource, kind=kind, workspace=workspace, name=name)
        return stored.event if stored else None

    async def view(self, part, *, uid, status, conditions=(), kind="gitrepo", name="web", generation=1):
        await self.bus.publish(
            ViewPart(
                kind=kind,
                workspace=WS,
                name=name,
                part=part,
                uid=uid,
                observed_generation=generation,
                status=status,
                conditions=conditions,
            ),
            source="test",
        )

    async def gitrepo_is_ready(self, commit=COMMIT, *, generation=1):
        uid = (await self.record()).metadata.uid
        await self.view("source", uid=uid, status={"commit": commit}, generation=generation)
        reading = {"reading": {"commit": commit, "set": SET}}
        await self.view("reading", uid=uid, status=reading, generation=generation)
        rollup = {"rollup": {"set": SET}, "display": {"readyBundleDeployments": "3/3"}}
        await self.view(
            "rollup", uid=uid, status=rollup, conditions=(Condition(type="Ready", status="True"),)
        )

    async def bundle(self, owner_uid="u", *, name="web-a"):
        owner = Owner(kind="GitRepo", name="web", uid=owner_uid)
        common = {"workspace": WS, "bundle": name, "uid": "b", "owner": owner, "commit_sequence": 1}
        await self.bus.publish(
            BundleRendered(
                **common,
                commit=COMMIT,
                set=BundleSet(**SET),
                labels={"fleet.cattle.io/repo-name": "web"},
                spec={"targets": [{"clusterGroup": "default"}]},
                content="c",
                options="o",
                spec_digest="s",
            ),
            source="test",
        )
        return BundleRetired(**common, set=BundleSet(size=0, digest="e"))


@asynccontextmanager
async def a_targeter(bus, items):
    """Answers questions as the targeter does, two objects a page."""

    async def answer(heard):
        question = orjson.loads(heard.payload)
        workspace = heard.subject.rsplit(".", 1)[1]
        found = [one for one in items if workspace in ("_", one["metadata"]["namespace"])]
        if "name" in question:
            found = [one for one in found if one["metadata"]["name"] == question["name"]]
        first = int(question.get("continue") or 0)
        following = str(first + 2) if first + 2 < len(found) else ""
        page = {"items": found[first : first + 2], "continue": following, "total": len(found)}
        return orjson.dumps(page)

    async with (
        bus.respond("fleet.query.clusters.*", answer),
        bus.respond("fleet.query.bundledeployments.*", answer),
    ):
        yield


def a_cluster(name, namespace="fleet-default", **labels):
    return {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "status": {
            "display": {"readyBundles": "2/2"},
            "agent": {"lastSeen": "2026-01-01T00:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
