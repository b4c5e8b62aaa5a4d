"""Sealed content: whole or absent, written once, touched whenever it is wanted."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.bus import Bus
from support.bus import running_bus

WORKSPACE = "fleet-default"
DIGEST = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Blob:
    digest: str
    chunks: tuple[bytes, ...]


BLOB = Blob(DIGEST, tuple(bytes([number]) * 250_000 for number in range(20)))


async def state(bus: Bus, stream: str) -> dict[str, int]:
    return dict((await bus.connection.api(f"STREAM.INFO.{stream}"))["state"])


@pytest.mark.rule(id="12.1-50")
async def test_what_was_put_comes_back_whole_and_by_chunk(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        await bus.put_content(WORKSPACE, BLOB)
        assert await bus.get_content(WORKSPACE, DIGEST) == BLOB.chunks
        assert await bus.get_chunk(WORKSPACE, DIGEST, 19) == BLOB.chunks[19]
        assert await bus.get_chunk(WORKSPACE, DIGEST, 20) is None
        assert await bus.get_content("fleet-local", DIGEST) is None


@pytest.mark.rule(id="12.1-50")
async def test_putting_it_again_writes_nothing_but_the_touch(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        await bus.put_content(WORKSPACE, BLOB)
        touched = (await state(bus, "TOUCHES"))["last_seq"]
        await bus.put_content(WORKSPACE, BLOB)
        assert (await state(bus, "CONTENT"))["last_seq"] == 20
        after = await state(bus, "TOUCHES")
        assert after["last_seq"] > touched
        assert after["messages"] == 1


async def test_the_first_of_two_writers_stays(tmp_path: Path) -> None:
    other = Blob(DIGEST, tuple(b"other" for _ in range(20)))
    async with running_bus(tmp_path) as (_, bus):
        await bus.put_content(WORKSPACE, BLOB)
        await bus.put_content(WORKSPACE, other)
        assert await bus.get_content(WORKSPACE, DIGEST) == BLOB.chunks


async def test_a_blob_with_a_hole_is_absent_until_somebody_puts_it_again(tmp_path: Path) -> None:
    async with running_bus(tmp_path) as (_, bus):
        await bus.put_content(WORKSPACE, BLOB)
        hole = {"filter": f"fleet.content.{WORKSPACE}.{DIGEST}.7"}
        await bus.connection.api("STREAM.PURGE.CONTENT", hole)
        assert await bus.get_content(WORKSPACE, DIGEST) is None
        await bus.put_content(WORKSPACE, BLOB)
        assert await bus.get_content(WORKSPACE, DIGEST) == BLOB.chunks
        assert (await state(bus, "CONTENT"))["last_seq"] == 21
