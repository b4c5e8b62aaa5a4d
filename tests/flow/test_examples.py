"""The examples do what they say, and stay as short as promised."""

import asyncio
import os
import sys
from pathlib import Path

from fleet.events import BundleReport, DeploymentReported
from support.bus import running_bus

NOTIFIER = Path(__file__).parents[2] / "examples" / "notifier" / "notifier.py"
LONGEST = 20
REPORT = DeploymentReported(
    workspace="fleet-default",
    cluster="alpha",
    uid="u1",
    epoch=1,
    generation=1,
    digest="d",
    not_ready=(
        BundleReport(
            namespace="fleet-default", bundle="shop", entry="e", state="NotReady", message="no such image"
        ),
    ),
)


def test_a_subscriber_takes_at_most_twenty_lines() -> None:
    assert len(NOTIFIER.read_text(encoding="utf-8").splitlines()) <= LONGEST


async def test_the_notifier_tells_what_is_not_ready_and_ends_when_told(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (server, bus):
        await bus.publish(REPORT, source="agent")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-u",
            str(NOTIFIER),
            env=os.environ | {"FLEET_NATS_URL": server.url, "FLEET_HTTP": ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(20):
                line = await process.stdout.readline()
                process.terminate()
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    assert line.decode() == "fleet-default/alpha: shop is NotReady: no such image\n"
    assert code == 0
