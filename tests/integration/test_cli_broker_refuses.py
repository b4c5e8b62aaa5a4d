"""A broker that refuses its new configuration stops nothing: it is told why, and tried again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.bus import Bus
from fleet.cli.adapters.records import Records
from fleet.cli.hub.broker import broker_of
from fleet.cli.hub.enrolment import Enrolment
from fleet.cli.hub.layout import Layout
from fleet.cli.hub.membership import Membership
from fleet.cli.hub.ports import reserved_ports
from fleet.cli.hub.process import Process
from fleet.cli.hub.programs import NATS, PORTS, nats_url, programs
from fleet.cli.objects.kinds import KINDS
from fleet.vault import Keyring
from support.waiting import eventually

WS = "fleet-default"


class Clusters:
    """The membership of a hub of which only the broker runs; `news` has what it said."""

    def __init__(self, layout: Layout, ports: dict[str, int]) -> None:
        self.layout = layout
        self.ports = ports
        self.news: list[str] = []
        self.processes = {
            name: Process(program, on_start=lambda *_: None, on_end=lambda *_: None)
            for name, program in programs(layout, ports).items()
        }

    def enrolment(self, **ports: int) -> Enrolment:
        """What writes the broker's configuration, with these ports instead of its own."""
        keyring = Keyring.open(self.layout.keyring)
        return Enrolment(layout=self.layout, keyring=keyring, ports={**self.ports, **ports})

    @contextlib.asynccontextmanager
    async def followed(self, bus: Bus, enrolment: Enrolment) -> AsyncIterator[Membership]:
        """Follow the clusters while the block runs."""
        membership = Membership(
            bus=bus,
            enrolment=enrolment,
            broker=broker_of(self.layout, self.processes[NATS], self.ports),
            processes=self.processes,
            on_news=self.news.append,
        )
        following = asyncio.create_task(membership.follow())
        try:
            yield membership
        finally:
            following.cancel()
            await asyncio.wait([following])
        assert following.cancelled()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[Clusters, Bus]]:
    layout = Layout(tmp_path)
    with reserved_ports(PORTS, {}) as ports:
        clusters = Clusters(layout, ports)
        clusters.enrolment().refresh()
        broker = clusters.processes[NATS]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(broker.run())
            seed = layout.control_seed.read_text().strip()
            async with await Bus.connect(nats_url(ports), name="test", seed=seed) as bus:
                await bus.ensure_streams()
                yield clusters, bus
            await broker.stop(5)


async def test_a_refusal_is_told_with_its_reason_and_the_log_and_is_tried_again(running) -> None:
    clusters, bus = running
    good = clusters.layout.nats_conf.read_text()
    elsewhere = clusters.enrolment(nats=clusters.ports[NATS] + 1)  # no nats-server moves while it runs
    async with clusters.followed(bus, elsewhere) as membership:
        await membership.register(WS, "one", {})
        await eventually(lambda: clusters.news)
        (refused,) = clusters.news
        assert "the broker does not take its new configuration" in refused
        assert str(clusters.layout.nats_conf) in refused
        assert "not supported for Port" in refused
        assert str(clusters.layout.log(NATS)) in refused
        assert "does not take its new configuration" in await membership.settled(seconds=0)

        clusters.layout.nats_conf.write_text(good)
        records = Records(bus=bus)
        await records.relabel(KINDS["cluster"], WS, "one", lambda labels: {**labels, "mended": "yes"})
        assert await membership.settled(seconds=20) == ""
        assert clusters.news == [refused, f"cluster {WS}/one enrolled"]


async def test_a_configuration_that_is_taken_enrols_at_once(running) -> None:
    clusters, bus = running
    async with clusters.followed(bus, clusters.enrolment()) as membership:
        await membership.register(WS, "one", {})
        assert await membership.settled(seconds=20) == ""
        assert clusters.news == [f"cluster {WS}/one enrolled"]
