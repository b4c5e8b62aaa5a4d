"""`fleet demo -o json` as a person or a pipeline runs it."""

import asyncio
import json
import os
from pathlib import Path

import psutil

from fleet.cli.demo.steps import KILLS, MORE_COMMITS, STEPS
from support.embedded import FLEET

SECONDS = 300.0


async def run_demo(temporary: Path) -> tuple[int | None, str, str]:
    """Run the demo with this folder for temporary files; gives exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *(str(FLEET), "demo", "-o", "json"),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


def processes_of(folder: Path) -> list[str]:
    """The commands that run with this folder in their arguments or their environment."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        words = [*(process.info["cmdline"] or ()), *(process.info["environ"] or {}).values()]
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(" ".join(process.info["cmdline"] or ()))
    return found


async def test_the_demo_holds_says_so_in_json_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code, out, err = await run_demo(temporary)
    told = json.loads(out)

    assert code == 0, (told, err)
    assert told.keys() == {"ok", "clusters", "bundles", "pairs", "steps", "commit_to_ready_ms"}
    assert told["ok"] is True
    assert (told["clusters"], told["bundles"]) == (4, 2)
    assert told["pairs"] == {"desired": 8, "delivered": 8, "reported": 8, "equal": True}
    assert [step["name"] for step in told["steps"]] == list(STEPS)
    for step in told["steps"]:
        assert step["ok"] is True
        assert step["seconds"] >= 0
    latency = told["commit_to_ready_ms"]
    assert latency.keys() == {"p50", "max", "n"}
    assert latency["n"] == MORE_COMMITS
    assert 0 < latency["p50"] <= latency["max"]
    killed = next(step["detail"] for step in told["steps"] if step["name"] == "kill every service")
    assert all(f"{service} " in killed for service in KILLS)
    assert killed.count("→") == len(KILLS)

    assert processes_of(temporary) == []
    assert list(temporary.iterdir()) == []
