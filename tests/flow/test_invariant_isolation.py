"""Invariant 7: a failing bundle, repository, cluster or subscriber delays no other."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fleet.bus import Reject, Subscriber
from fleet.events import (
    BundleRendered,
    ClusterRecord,
    DeadLetter,
    DeploymentReported,
    DeploymentTargeted,
    GitCommitDetected,
    Resource,
    Stored,
)
from support.background import running
from support.gitserver import SilentServer, hanging
from support.live import LiveHub, a_gitrepo, live_hub

HEARD = (Resource, ClusterRecord, GitCommitDetected, BundleRendered, DeploymentTargeted, DeploymentReported)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {number: '%d'}\n"
BROKEN = {
    "broken/Chart.yaml": "apiVersion: v2\nname: broken\nversion: 0.1.0\n",
    "broken/templates/a.yaml": '{{ required "nobody says what" .Values.what }}\n',
    "broken/fleet.yaml": "defaultNamespace: broken\n",
}


class Nuisance:
    """Two subscribers to everything: one never comes back from its first event, one takes nothing."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.refused = 0

    async def hold(self, stored: Stored[Any]) -> None:
        """Never return."""
        self.held.append(stored.subject)
        await asyncio.Event().wait()

    async def refuse(self, stored: Stored[Any]) -> None:
        """Reject whatever comes."""
        self.refused += 1
        raise Reject("it takes nothing")

    def subscribers(self) -> tuple[Subscriber, Subscriber]:
        """The two, wired to every event of the delivery."""
        holding, refusing = Subscriber("holding"), Subscriber("refusing")
        for event in HEARD:
            holding.on(event, self.hold)
            refusing.on(event, self.refuse)
        return holding, refusing


@contextlib.asynccontextmanager
async def nuisance(hub: LiveHub) -> AsyncIterator[Nuisance]:
    """Both run while the block does."""
    found = Nuisance()
    holding, refusing = found.subscribers()
    async with running(holding.run(hub.bus)), running(refusing.run(hub.bus)):
        yield found


async def one_never_answers(hub: LiveHub, silent: SilentServer) -> None:
    """Have the API of the cluster `mute` take connections and say nothing, from the agent's start on."""
    kubeconfig = hub.layout.kubeconfig("fleet-default", "mute")
    port = hub.up.known["ports"]["pocket"]
    kubeconfig.write_text(kubeconfig.read_text().replace(f":{port}/", f":{silent.port}/"))
    os.kill(hub.pid("agent"), signal.SIGKILL)


async def test_what_hangs_fails_or_refuses_delays_no_other(tmp_path: Path) -> None:
    async with (
        live_hub(tmp_path, "edge:env=live", "mute:env=mute") as hub,
        hanging() as silent,
        nuisance(hub) as others,
    ):
        await one_never_answers(hub, silent)
        bad, good, wide = (hub.repository(name) for name in ("bad", "good", "wide"))
        bad.commit({**BROKEN, "fine/a.yaml": CONFIG % ("fine", 1)})
        wide.commit({"a.yaml": CONFIG % ("wide", 1)})
        everywhere = [{"clusterSelector": {"matchExpressions": [{"key": "env", "operator": "Exists"}]}}]
        await hub.apply(
            *(a_gitrepo(f"mute-{n}", f"http://127.0.0.1:{silent.port}/{n}.git") for n in range(12)),
            a_gitrepo("bad", bad.url, paths=["broken", "fine"]),
            a_gitrepo("wide", wide.url, targets=everywhere),
            a_gitrepo("good", good.url),
        )
        for number in (1, 2, 3):
            await hub.delivered("good", good.commit({"a.yaml": CONFIG % ("good", number)}))
        await hub.ready("bundle/bad-fine")

        async def edge_runs_it() -> bool:
            deployments = await hub.objects("bundledeployments")
            found = {
                item["metadata"]["labels"]["fleet.cattle.io/cluster"]: item["status"]["display"].get("state")
                for item in deployments
                if item["metadata"]["name"] == "wide"
            }
            return found.get("edge") == "Ready" and found.get("mute") not in (None, "Ready")

        await hub.until("edge runs what mute does not answer to", edge_runs_it)
        assert (await hub.fleet("get", "bundle/bad-broken")).rows[1][:2] == ["bad-broken", "0/1"]

        async def both_were_there() -> bool:
            letters = [one async for one in hub.bus.present(DeadLetter)]
            streams = {letter.event.stream for letter in letters if letter.event.service == "refusing"}
            return len(streams) == len(HEARD) == len({subject.split(".")[1] for subject in others.held})

        await hub.until("one subscriber holds and one rejected an event of every sort", both_were_there)
        assert others.refused > len(HEARD)
