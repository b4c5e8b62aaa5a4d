"""The real program: killed in the middle of its work, told to end, told to read its list again."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.agent.adapters.scratch import scratch_folder
from support.agents import Bundle, Site, config_map, deployment, site, sites
from support.processes import Program, running_program
from support.waiting import eventually

_OBJECTS = 60


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Site]:
    """A cluster without an agent."""
    async with site(tmp_path) as found:
        yield found


def large(number: str) -> Bundle:
    """Enough objects that Helm takes a while."""
    files = {f"{n:02}.yaml": config_map(f"conf-{n:02}", number=number) for n in range(_OBJECTS)}
    return Bundle("large", {**files, "web.yaml": deployment("web")})


async def kill_while_pending(lone: Site, program: Program, status: str) -> bool:
    """Kill the program as soon as Helm has begun; whether the release was left pending."""
    selector = f"owner=helm,name=large,status={status}"
    listing = await lone.kube.list("v1", "Secret", labels="owner=helm", metadata_only=True)
    async with asyncio.timeout(20):
        async for event in lone.kube.watch(
            "v1", "Secret", version=listing.version, labels=selector, metadata_only=True
        ):
            if event.type == "ADDED":
                program.process.kill()
                break
    await program.ends(within=5)
    return bool((await lone.kube.list("v1", "Secret", labels=selector, metadata_only=True)).items)


async def test_an_install_and_an_upgrade_that_were_killed_are_taken_up_again(
    lone: Site, tmp_path: Path
) -> None:
    identity = str(lone.write_identity(tmp_path))
    left_pending = []
    for number, status in (("1", "pending-install"), ("2", "pending-upgrade")):
        async with running_program(tmp_path / number, "-m", "fleet.agent", "--identity", identity) as program:
            await program.said("ready")
            manifest = await lone.deliver(large(number))
            left_pending.append(await kill_while_pending(lone, program, status))
        async with running_program(tmp_path / f"{number}b", "-m", "fleet.agent", "--identity", identity):
            await lone.ready(manifest)
            assert await lone.data_of("conf-00") == {"number": number}
            assert await lone.data_of(f"conf-{_OBJECTS - 1}") == {"number": number}
            secrets = await lone.kube.list("v1", "Secret", labels="owner=helm", metadata_only=True)
            states = [secret["metadata"]["labels"]["status"] for secret in secrets.items]
            assert sorted(states)[0] == "deployed"
            assert not [state for state in states if state.startswith("pending")]
    assert any(left_pending), "neither kill came in the middle: nothing was tried"


async def test_what_a_build_that_was_killed_left_on_disk_is_gone_with_the_next_start(
    lone: Site, tmp_path: Path
) -> None:
    files = {"kustomization.yaml": "resources: [conf.yaml]\n", "conf.yaml": config_map("conf", a="1")}
    scratch, settings = tmp_path / "data" / "scratch", {"FLEET_DATA": str(tmp_path / "data")}
    program = ("-m", "fleet.agent", "--identity", str(lone.write_identity(tmp_path)))
    with scratch_folder(scratch) as in_use:
        async with running_program(tmp_path / "1", *program, settings=settings) as agent:
            await agent.said("ready")
            manifest = await lone.deliver(Bundle("kustomized", files))
            await eventually(lambda: list(scratch.glob("*/conf.yaml")))
            agent.tell(signal.SIGKILL)
            await agent.ends(within=5)
        (left,) = (file.parent for file in scratch.glob("*/conf.yaml"))
        assert left.stat().st_mode & 0o077 == 0, "a bundle's files are nobody else's"
        async with running_program(tmp_path / "2", *program, settings=settings):
            await lone.ready(manifest)
        assert list(scratch.iterdir()) == [in_use], "the folder of another living process stays"


async def test_sigterm_ends_the_program_in_time_with_code_0(lone: Site, tmp_path: Path) -> None:
    identity = str(lone.write_identity(tmp_path))
    async with running_program(tmp_path / "run", "-m", "fleet.agent", "--identity", identity) as program:
        await lone.ready(await lone.deliver(Bundle("conf", {"a.yaml": config_map("conf", a="1")})))
        found = await lone.kube.get("v1", "ConfigMap", "conf", namespace="web")
        assert [field["manager"] for field in found["metadata"]["managedFields"]] == ["helm"]
        program.tell(signal.SIGTERM)
        assert await program.ends(within=5) == 0


async def test_sighup_starts_and_stops_agents_as_the_list_says(tmp_path: Path) -> None:
    async with sites(tmp_path, "first", "second") as (first, second):
        paths = [str(found.write_identity(tmp_path)) for found in (first, second)]
        listed = tmp_path / "agents.json"
        listed.write_text(json.dumps(paths[:1]))
        bundle = Bundle("conf", {"a.yaml": config_map("conf", a="1")})
        async with running_program(
            tmp_path / "run", "-m", "fleet.agent", "--identities", str(listed)
        ) as program:
            late = await second.deliver(bundle)
            await first.ready(await first.deliver(bundle))
            replace(listed, json.dumps(paths))
            program.tell(signal.SIGHUP)
            await second.ready(late)
            replace(listed, json.dumps(paths[1:]))
            program.tell(signal.SIGHUP)
            await eventually(
                lambda: [line["count"] for line in program.lines if line["event"] == "agents"] == [1, 2, 1]
            )
            replace(listed, "[")
            program.tell(signal.SIGHUP)
            await program.said("list of identities unusable, nothing changes")
            await second.ready(await second.deliver(bundle, Bundle("b", {"b.yaml": config_map("b", b="1")})))


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
