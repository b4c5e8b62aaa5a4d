"""The three sources: DESIRED, the clusters' own APIs, STATUS. Read here, compared in `pairs`."""

from collections.abc import Iterable, Mapping

from fleet.bus import Bus
from fleet.cli.comparison.pairs import Comparison, Pair, Running, compare
from fleet.cli.comparison.releases import delivered_on
from fleet.events import DeploymentReported, DeploymentTargeted, Entry
from fleet.kube import KubeClient
from fleet.vault import Keyring


class Entries:
    """Entries by digest: those that manifests carry, and the sealed ones in CONTENT."""

    def __init__(self, *, bus: Bus, keyring: Keyring) -> None:
        self._bus = bus
        self._keyring = keyring
        self._known: dict[str, Entry] = {}

    async def running(
        self, workspace: str, cluster: str, digests: Iterable[str], inline: Mapping[str, Entry]
    ) -> dict[Pair, Running]:
        """The pairs that a list of entry digests stands for.

        A digest that no manifest carries in full, and that CONTENT does not have, is a pair of its own.
        """
        self._known.update(inline)
        found: dict[Pair, Running] = {}
        for digest in digests:
            entry = await self._get(workspace, digest)
            bundle, deployed = (entry.bundle, entry.deployment_id) if entry else (f"entry {digest}", "")
            found[Pair(f"{workspace}/{cluster}", bundle)] = Running(deployed, digest)
        return found

    async def _get(self, workspace: str, digest: str) -> Entry | None:
        if digest not in self._known:
            chunks = await self._bus.get_content(workspace, digest)
            if chunks is None:
                return None
            opened = self._keyring.workspace(workspace).open(digest, chunks)
            self._known[digest] = Entry.model_validate_json(opened)
        return self._known[digest]


async def read_and_compare(*, bus: Bus, keyring: Keyring, clusters: Mapping[str, KubeClient]) -> Comparison:
    """Read who runs what from all three sources and hold them against each other.

    `clusters` has a client per `workspace/name`. A bundle that is paused or waits is desired like any
    other. Raises what the bus and the clusters raise.
    """
    entries = Entries(bus=bus, keyring=keyring)
    desired: dict[Pair, Running] = {}
    async for manifest in bus.present(DeploymentTargeted):
        shall = manifest.event
        desired |= await entries.running(shall.workspace, shall.cluster, shall.entries, shall.inline)
    reported: dict[Pair, Running] = {}
    async for report in bus.present(DeploymentReported):
        says = report.event
        not_ready = {bundle.entry for bundle in says.not_ready}
        ready = [digest for digest in says.entries if digest not in not_ready]
        reported |= await entries.running(says.workspace, says.cluster, ready, {})
    delivered: dict[Pair, Running] = {}
    for cluster, kube in clusters.items():
        delivered |= await delivered_on(cluster, kube)
    return compare(desired=desired, delivered=delivered, reported=reported)
