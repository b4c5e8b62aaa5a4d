"""A hub as its users run it, `fleet up` and everything behind it, with the repositories of a test."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.bus import Bus
from fleet.cli.hub.layout import Layout
from fleet.kube import KubeClient
from support.command import Outcome, fleet
from support.embedded import RunningHub, a_hub_in
from support.gitserver import Repository
from support.helm import HelmUser
from support.kubectl import Kubectl

WORKSPACE = "fleet-default"
POLLING = "500ms"
PATIENCE = 60.0
_LOOK_AGAIN = 0.05

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LiveHub:
    """A running `fleet up`; commands speak of the namespace of its named clusters."""

    up: RunningHub
    bus: Bus
    scratch: Path

    @property
    def layout(self) -> Layout:
        """Where everything of it stands."""
        return Layout(self.up.folder)

    def pid(self, process: str) -> int:
        """The process id of one of its programs as it runs now."""
        found: int = self.up.known["processes"][process]
        return found

    def repository(self, name: str) -> Repository:
        """A new, empty repository."""
        return Repository(self.scratch / "git" / f"{name}.git")

    async def fleet(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run `fleet` for this hub."""
        return await fleet(*arguments, "-n", WORKSPACE, "--data", str(self.up.folder), stdin=stdin)

    async def apply(self, *manifests: Object) -> None:
        """Declare objects with `fleet apply -f -`."""
        text = "\n---\n".join(json.dumps(manifest) for manifest in manifests)
        done = await self.fleet("apply", "-f", "-", stdin=text)
        assert done.code == 0, done.err

    async def object(self, what: str) -> Object:
        """An object (`gitrepo/web`) as `fleet get -o json` shows it; empty while there is none."""
        done = await self.fleet("get", what, "-o", "json")
        return json.loads(done.out) if done.code == 0 else {}

    async def objects(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        done = await self.fleet("get", kind, "-o", "json")
        assert done.code == 0, done.err
        items: list[Object] = json.loads(done.out)["items"]
        return items

    async def state(self, bundle: str) -> str:
        """The state of a bundle; empty when all of it is Ready, `absent` where it is not there."""
        found = await self.object(f"bundle/{bundle}")
        return str(found["status"].get("display", {}).get("state", "WaitApplied")) if found else "absent"

    async def ready(self, what: str) -> None:
        """Wait until an object is Ready, with `fleet wait`."""
        done = await self.fleet("wait", what, "--for=ready", "--timeout", f"{PATIENCE:g}s")
        assert done.code == 0, f"{done.err}\n{(await self.fleet('describe', what)).out}"

    async def delivered(self, gitrepo: str, commit: str) -> None:
        """Wait until every cluster that a GitRepo targets has reported a commit, with `fleet wait`."""
        arguments = (f"--for=commit={commit}", "--timeout", f"{PATIENCE:g}s")
        done = await self.fleet("wait", f"gitrepo/{gitrepo}", *arguments)
        assert done.code == 0, f"{done.err}\n{(await self.fleet('describe', f'gitrepo/{gitrepo}')).out}"

    async def describes(self, what: str, *words: str) -> str:
        """Wait until `fleet describe` of an object has all these words; gives the text."""
        text = ""

        async def has_all() -> bool:
            nonlocal text
            text = (await self.fleet("describe", what)).out
            return all(word in text for word in words)

        await self.until(f"{what} is described with {words}", has_all, lambda: text)
        return text

    async def until(
        self, what: str, holds: Callable[[], Any], shown: Callable[[], object] = lambda: ""
    ) -> None:
        """Look until a condition holds; fails with its name and what `shown` gives."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await holds():
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise AssertionError(f"not within {PATIENCE:g} s: {what}\n{shown()}") from None

    async def kubeconfig(self, cluster: str) -> Path:
        """The kubeconfig of a cluster in a file, as `fleet kubeconfig` prints it."""
        path = self.scratch / f"{cluster}.kubeconfig"
        done = await self.fleet("kubeconfig", cluster)
        assert done.code == 0, done.err
        path.write_text(done.out)
        return path

    async def kubectl(self, cluster: str) -> Kubectl:
        """kubectl for a cluster."""
        return Kubectl(await self.kubeconfig(cluster), self.scratch)

    async def helm(self, cluster: str) -> HelmUser:
        """Helm for a cluster."""
        return HelmUser(await self.kubeconfig(cluster))

    async def kube(self, cluster: str) -> KubeClient:
        """A client of a cluster in this process, for looking often."""
        return await KubeClient.from_kubeconfig(await self.kubeconfig(cluster))


def a_gitrepo(name: str, repo: str, **spec: Any) -> Object:
    """A GitRepo for every cluster that has the label `env=live`, polled twice a second."""
    targets = [{"name": "live", "clusterSelector": {"matchLabels": {"env": "live"}}}]
    whole = {"repo": repo, "pollingInterval": POLLING, "targets": targets, **spec}
    metadata = {"name": name, "namespace": WORKSPACE}
    return {"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "GitRepo", "metadata": metadata, "spec": whole}


@contextlib.asynccontextmanager
async def live_hub(folder: Path, *clusters: str) -> AsyncIterator[LiveHub]:
    """Run `fleet up` below `folder` with these clusters (`name:label=value`) while the block runs."""
    named = [word for cluster in clusters for word in ("--cluster", cluster)]
    async with a_hub_in(folder / "hub", *named) as up:
        await up.ready()
        seed = Layout(up.folder).control_seed.read_text().strip()
        async with await Bus.connect(up.known["url"], name="test", seed=seed) as bus:
            yield LiveHub(up, bus, folder)
        assert await up.stop() == 0
