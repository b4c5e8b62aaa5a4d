"""gitjob as a process: it ends when told to, and a kill at any moment loses and repeats nothing."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from fleet.vault import Keyring, SecretStore
from support.bus import running_bus
from support.gitjob import Scene, eventually
from support.gitserver import Repository, hanging


@contextlib.asynccontextmanager
async def process(folder: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {
        "PATH": os.environ["PATH"],
        "FLEET_NATS_URL": url,
        "FLEET_DATA": str(folder / "data"),
        "FLEET_LOCAL_REPOSITORIES": "true",
    }
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fleet.gitjob"),
        env=environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
        await program.wait()


@contextlib.asynccontextmanager
async def scene_with_url(folder: Path) -> AsyncIterator[tuple[Scene, str]]:
    secrets = SecretStore(folder / "secrets", keyring=Keyring.open(folder / "keyring.json"))
    async with running_bus(folder) as (server, bus):
        yield Scene(bus, secrets), server.url


async def test_sigterm_ends_it_with_code_0_even_while_a_host_hangs(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop.git")
    commit = repository.commit({"a.yaml": "a: 1\n"})
    async with hanging() as silent, scene_with_url(tmp_path / "hub") as (scene, url):
        await scene.declare("hung", repo=f"http://127.0.0.1:{silent.port}/x.git")
        await scene.declare("shop", repo=repository.url)
        async with process(tmp_path, url) as program:
            await scene.published("shop", commit)

            async def hangs() -> bool:
                return silent.connections > 0

            await eventually(hangs)
            program.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await program.wait() == 0


async def test_kills_lose_no_commit_and_repeat_none(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop.git")
    moments = random.Random(4)
    async with scene_with_url(tmp_path / "hub") as (scene, url):
        await scene.declare("shop", repo=repository.url)
        for number in range(1, 6):
            commit = repository.commit({"a.yaml": f"a: {number}\n"})
            async with process(tmp_path, url) as program:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(moments.uniform(0.3, 1.0)):
                        await scene.published("shop", commit)
                program.kill()
            async with process(tmp_path, url):
                stored = await scene.published("shop", commit)
            assert stored.sequence == number
