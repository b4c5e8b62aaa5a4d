"""The rows of the table: what is done, and between which two moments it is timed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.scale.corruption import corrupt
from benchmarks.scale.fleet import EVERYWHERE, Fleet
from benchmarks.scale.meter import Meter
from benchmarks.scale.stage import Stage

Row = Callable[[Stage], Awaitable[tuple[float, int, Meter]]]


async def t1(stage: Stage) -> tuple[float, int, Meter]:
    """One bundle changed: to all desired records acked. The agents connect afterwards."""
    await _place_all(stage)
    before = await stage.written()
    event = stage.repository.changed(EVERYWHERE)
    await _store(stage, [EVERYWHERE])
    async with _metered(stage) as meter:
        began = await stage.publish([event])
        ended = await stage.wait_written(before + stage.fleet.clusters)
    await stage.start_agents()
    await stage.wait_ready(EVERYWHERE)
    return ended - began, await stage.written() - before, meter


async def t3(stage: Stage) -> tuple[float, int, Meter]:
    """One bundle changed: to all clusters Ready on the view, with all agents at work."""
    await stage.start_agents()
    await _place_all(stage)
    await stage.wait_ready(EVERYWHERE)
    before = await stage.written()
    event = stage.repository.changed(EVERYWHERE)
    await _store(stage, [EVERYWHERE])
    async with _metered(stage) as meter:
        began, ended = await _both(stage.publish([event]), stage.wait_ready(EVERYWHERE))
    return ended - began, await stage.written() - before, meter


async def t11(stage: Stage) -> tuple[float, int, Meter]:
    """Bundles created for all clusters: from the first record to all desired records acked."""
    await stage.start_targeter()
    await _store(stage, range(stage.fleet.bundles))
    events = stage.repository.rendered(range(stage.fleet.bundles))
    before = await stage.written()
    async with _metered(stage) as meter:
        began, ended = await _both(stage.publish(events), stage.wait_written(before + stage.fleet.clusters))
    await stage.start_agents()
    await stage.wait_ready(EVERYWHERE)
    return ended - began, await stage.written() - before, meter


ROWS: dict[str, Row] = {"T1": t1, "T3": t3, "T8": t3, "T11": t11}


async def run(
    row: str, *, clusters: int, bundles: int, seed: int, folder: Path, altered: int
) -> dict[str, Any]:
    """Run a row in a folder, compare, and give the line that is printed."""
    fleet = Fleet(clusters, bundles, seed, narrow=row != "T11")
    stage = Stage.at(folder, fleet)
    try:
        await stage.open()
        seconds, records, meter = await ROWS[row](stage)
        found = await stage.wait_equal()
        if altered:
            await stage.stop_targeter()
            await corrupt(stage, altered)
            found = await stage.compare()
        counts = await stage.counts()
    finally:
        await stage.close()
    return {
        "id": row,
        "clusters": clusters,
        "bundles": bundles,
        "classes": found["classes"],
        "pairs": found["pairs"],
        "records": records,
        "seconds": round(seconds, 3),
        "equal": found["equal"],
        "different": found["different"],
        "differences": found["differences"],
        "connections": stage.connections,
        "agents": counts,
        "rss_mib": meter.rss_mib,
        "cpu_s": meter.cpu_s,
    }


async def _place_all(stage: Stage) -> None:
    """Bring every cluster to what it is to have before the change."""
    await _store(stage, range(stage.fleet.bundles))
    await stage.start_targeter()
    await stage.publish(stage.repository.rendered(range(stage.fleet.bundles)))
    await stage.wait_written(stage.fleet.clusters)


async def _store(stage: Stage, bundles: Any) -> None:
    assert stage.bus is not None
    await stage.repository.store(stage.bus, bundles)


async def _both(first: Awaitable[float], second: Awaitable[float]) -> tuple[float, float]:
    found = await asyncio.gather(first, second)
    return found[0], found[1]


@contextlib.asynccontextmanager
async def _metered(stage: Stage) -> Any:
    meter = Meter(stage.pids())
    meter.begin()
    watching = asyncio.create_task(meter.watch())
    try:
        yield meter
    finally:
        meter.end()
        watching.cancel()
