"""Follows the clusters that are declared, and tells the programs when there are more or fewer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from fleet.bus import Bus
from fleet.cli.adapters.records import Records
from fleet.cli.hub.broker import Broker, BrokerBehind
from fleet.cli.hub.enrolment import Enrolment
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import AGENT, POCKET
from fleet.cli.objects.kinds import KINDS
from fleet.cli.objects.manifests import Manifest
from fleet.events import ClusterRecord

LOCAL_WORKSPACE = "fleet-local"
_GATHER = 0.02
_TRY_AGAIN = 30.0


class Membership:
    """The clusters of a hub, from their records to pocket cluster, identity and agent."""

    def __init__(
        self,
        *,
        bus: Bus,
        enrolment: Enrolment,
        broker: Broker,
        processes: Mapping[str, Process],
        on_news: Callable[[str], None],
    ) -> None:
        self._bus = bus
        self._records = Records(bus=bus)
        self._enrolment = enrolment
        self._broker = broker
        self._processes = processes
        self._news = on_news
        self._known: dict[tuple[str, str], ClusterRecord] = {}
        self._changed = asyncio.Event()
        self._settled = asyncio.Condition()
        self._enrolled: dict[tuple[str, str], str] = {}
        self._untold: list[str] = []
        self._behind = ""

    def clusters(self) -> list[tuple[str, str]]:
        """Workspace and name of every cluster that is declared."""
        return [key for key, record in self._known.items() if not record.deleted]

    async def register_all(self, wanted: Mapping[str, Mapping[str, str]], workspace: str) -> None:
        """Register the named clusters; without any, `local` and the group `default` where nothing is yet."""
        for name, labels in wanted.items():
            await self.register(workspace, name, labels)
        if not wanted and not [
            one async for one in self._bus.present(ClusterRecord) if not one.event.deleted
        ]:
            selector = {"selector": {"matchLabels": {"name": "local"}}}
            group = _manifest("clustergroup", LOCAL_WORKSPACE, "default", {}, selector)
            await self._records.apply(group, LOCAL_WORKSPACE)
            await self.register(LOCAL_WORKSPACE, "local", {"name": "local"})

    async def register(self, workspace: str, name: str, labels: Mapping[str, str]) -> None:
        """Declare a cluster with these labels; one that is there keeps what it has.

        Its labels may have been changed since it was declared: to start a hub again must move no target.
        """
        there = await self._bus.last(ClusterRecord, workspace=workspace, name=name)
        if there is None or there.event.deleted:
            await self._records.apply(_manifest("cluster", workspace, name, labels, {}), workspace)
        elif labels.items() - there.event.metadata.labels.items():
            wanted = " ".join(f"{key}={value}" for key, value in sorted(labels.items()))
            self._news(
                f"cluster {workspace}/{name} is there already and keeps its labels; to change them:"
                f" fleet label cluster/{name} -n {workspace} {wanted}"
            )

    async def settled(self, *, seconds: float) -> str:
        """Wait until every cluster that is declared by now is enrolled and the programs know.

        Gives the empty string, or after `seconds` what is still waited for.
        """
        wanted = await self._declared()
        try:
            async with asyncio.timeout(seconds), self._settled:
                await self._settled.wait_for(lambda: wanted.items() <= self._enrolled.items())
        except TimeoutError:
            return self._behind or "the broker has not taken the accounts of all clusters"
        return ""

    async def follow(self) -> None:
        """Enrol what comes and drop what goes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read())
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_TRY_AGAIN if self._behind else None):
                        await self._changed.wait()
                await asyncio.sleep(_GATHER)  # several clusters declared at once cost one reload
                self._changed.clear()
                await self._enrol()

    async def _read(self) -> None:
        feed = self._bus.follow(ClusterRecord)
        try:
            async for stored in feed:
                self._known[(stored.event.workspace, stored.event.name)] = stored.event
                self._changed.set()
        finally:
            await feed.aclose()

    async def _enrol(self) -> None:
        """Bring files and programs in step with the records; what the broker refuses is tried again later."""
        records = list(self._known.values())
        change = self._enrolment.follow(records)
        for reason in change.refused:
            self._news(f"cluster {reason}")
        for word, keys in (("enrolled", change.added), ("dropped", change.removed)):
            self._untold += [f"cluster {key} {word}" for key in keys]
        if self._untold and not await self._tell_programs():
            return
        for line in self._untold:
            self._news(line)
        self._untold.clear()
        async with self._settled:
            self._enrolled = {
                (one.workspace, one.name): one.metadata.uid for one in records if not one.deleted
            }
            self._settled.notify_all()

    async def _tell_programs(self) -> bool:
        """Have them read their lists; False while the broker, which must come before the agents, refuses."""
        self._processes[POCKET].hang_up()
        try:
            await self._broker.reload()
        except BrokerBehind as error:
            if str(error) != self._behind:
                self._news(f"{error}. Clusters that came cannot connect, those that went still can")
            self._behind = str(error)
            return False
        self._behind = ""
        self._processes[AGENT].hang_up()
        return True

    async def _declared(self) -> dict[tuple[str, str], str]:
        """The uid of every cluster that is declared by now."""
        return {
            (one.event.workspace, one.event.name): one.event.metadata.uid
            async for one in self._bus.present(ClusterRecord)
            if not one.event.deleted
        }


def _manifest(
    word: str, workspace: str, name: str, labels: Mapping[str, str], spec: Mapping[str, object]
) -> Manifest:
    return Manifest(
        kind=KINDS[word], name=name, namespace=workspace, labels=labels, annotations={}, spec=spec
    )
