"""Leadership: one at a time, with epochs that only grow."""

import asyncio
import contextlib
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.bus import Bus, Heard
from support.bus import running_bus, soon
from support.waiting import eventually

HOLDER = textwrap.dedent(
    """
    import asyncio, sys
    from fleet.bus import Bus

    async def hold() -> None:
        async with await Bus.connect(sys.argv[1], name="holder") as bus:
            lease = await bus.lease("targeter", ttl=float(sys.argv[2]))
            print(lease.epoch, file=sys.stderr, flush=True)
            await asyncio.Event().wait()

    asyncio.run(hold())
    """
)


@contextlib.asynccontextmanager
async def looks(bus: Bus) -> AsyncIterator[list[str]]:
    """The questions who leads, as they are asked while the block runs: who asks twice did not get it once."""
    seen: list[str] = []

    async def note(heard: Heard) -> None:
        seen.append(heard.subject)

    async with bus.listen("$JS.API.DIRECT.GET.LEASES.fleet.lease.targeter", note):
        yield seen


async def test_only_one_leads_and_a_release_lets_the_next_one_in_at_once(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, one), await Bus.connect(server.url, name="b") as other:
        first = await one.lease("targeter", ttl=60)
        assert first.held
        async with looks(one) as seen:
            waiting = asyncio.create_task(other.lease("targeter", ttl=60))
            await eventually(lambda: len(seen) >= 2)
        assert not waiting.done()
        await first.release()
        assert not first.held
        second = await soon(waiting)
        assert second.held
        assert second.epoch > first.epoch
        assert second.sequence > first.sequence


async def test_closing_the_bus_gives_its_leases_back(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, one):
        async with await Bus.connect(server.url, name="b") as other:
            await other.lease("targeter", ttl=60)
        assert (await soon(one.lease("targeter", ttl=60))).held


async def test_different_names_are_led_at_the_same_time_and_epochs_are_of_the_whole_hub(
    tmp_path: Path,
) -> None:
    async with running_bus(tmp_path) as (_, bus):
        before = int(time.time() * 1000)
        leases = [await bus.lease(name) for name in ("targeter", "gitjob", "bundler")]
        epochs = [lease.epoch for lease in leases]
    assert epochs == sorted(set(epochs))
    assert epochs[0] >= before


async def test_a_lease_is_renewed_and_outlives_its_ttl(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        lease = await bus.lease("targeter", ttl=0.3)
        config = {"last_by_subj": "fleet.lease.targeter"}

        async def renewed_often() -> bool:
            found = (await bus.connection.api("STREAM.MSG.GET.LEASES", config))["message"]
            return int(found["seq"]) > lease.sequence + 5

        await eventually(renewed_often)
        assert lease.held


async def test_when_the_holder_is_killed_a_standby_leads_after_the_ttl(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, bus):
        holder = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            HOLDER,
            server.url,
            "1.0",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert holder.stderr is not None
        epoch = int(await soon(holder.stderr.readline()))
        async with looks(bus) as seen:
            standby = asyncio.create_task(bus.lease("targeter", ttl=1.0))
            await eventually(lambda: len(seen) >= 2)
        assert not standby.done()
        holder.kill()
        await holder.wait()
        lease = await soon(standby)
    assert lease.epoch > epoch


async def test_a_holder_that_the_server_does_not_hear_stops_by_its_own_clock(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, bus):
        lease = await bus.lease("targeter", ttl=0.5)
        await server.kill()
        await soon(lease.lost.wait())
        assert not lease.held
        await server.start()
        again = await soon(bus.lease("targeter", ttl=0.5))
        assert again.epoch > lease.epoch


async def test_a_holder_that_was_overtaken_has_lost_at_its_next_renewal(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        lease = await bus.lease("targeter", ttl=0.6)
        await bus.connection.request("fleet.lease.targeter", b"{}", timeout=5)
        await soon(lease.lost.wait())
        assert not lease.held


async def test_the_name_of_the_counter_is_no_lease(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        with pytest.raises(ValueError, match="epochs"):
            await bus.lease("epochs")
