"""A demo that cannot start says so in the form that was asked for, and leaves nothing behind."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from support.embedded import FLEET

FILES_OF_ONE_BLOCK = 'ulimit -f 1; exec "$0" demo "$@"'
SECONDS = 60.0


async def demo_without_room(temporary: Path, *arguments: str) -> tuple[int | None, str]:
    """Run the demo where no file may have more than 512 bytes; gives exit code and stdout."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", FILES_OF_ONE_BLOCK, str(FLEET), *arguments),
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode()


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


async def test_a_demo_that_cannot_start_prints_its_record_with_the_reason(temporary: Path) -> None:
    code, out = await demo_without_room(temporary, "-o", "json")
    told = json.loads(out)
    assert code == 1
    assert told["ok"] is False
    assert told["pairs"]["equal"] is False
    (step,) = told["steps"]
    assert (step["name"], step["ok"]) == ("start", False)
    assert "File too large" in step["detail"]
    assert list(temporary.iterdir()) == []


async def test_a_demo_that_cannot_start_says_so_in_lines(temporary: Path) -> None:
    code, out = await demo_without_room(temporary)
    assert code == 1
    assert re.search(r"^FAIL start .* File too large$", out, re.MULTILINE)
    assert "not ok: the step 'start' did not hold" in out
