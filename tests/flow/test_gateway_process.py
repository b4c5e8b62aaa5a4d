"""The gateway as it runs: a process that may be killed at any instant, and ends when it is told."""

import signal
from collections.abc import Mapping
from pathlib import Path

from fleet.vault import Keyring
from support.accounts import Intruder, Party, connected, running_road
from support.hub import Hub
from support.processes import running_program
from support.waiting import eventually

A = Party("fleet-default", "paris")


async def content(a: Intruder, hub: Hub, digest: str) -> bytes:
    """Ask as an agent does: again while nobody answers or the answer is to ask again."""
    question = {"digest": digest, "n": 0, "namespace": "fleet-default"}
    answers: list[bytes] = []

    async def answered() -> bool:
        answer = await a.ask(f"agent.content.{A.here}", question)
        if not isinstance(answer, str) and not answer.headers:
            answers.append(answer.data)
        return bool(answers)

    await eventually(answered)
    return hub.keys(A).decrypt(answers[0], f"{digest}.0")[4:]


async def test_a_gateway_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    async with running_road(tmp_path, A) as road, await road.bus() as bus, connected(road, A) as a:
        settings = _settings(tmp_path, road.url, road.control.seed)
        await bus.ensure_streams()
        hub = Hub(bus, Keyring.open(Path(settings["FLEET_KEYS"])))
        entry = await hub.entry("web", b"content")
        await hub.target(A, [entry], generation=1)

        async with running_program(tmp_path / "one", "-m", "fleet.gateway", settings=settings) as gateway:
            await gateway.said("ready")
            assert await content(a, hub, entry.content) == b"content"
            gateway.tell(signal.SIGKILL)
            await gateway.ends(within=5.0)
        assert await a.ask(f"agent.content.{A.here}", {"entry": entry.digest()}) == "NoRespondersError"

        async with running_program(tmp_path / "two", "-m", "fleet.gateway", settings=settings) as gateway:
            await gateway.said("ready")
            assert await content(a, hub, entry.content) == b"content"
            await road.restart()
            await bus.ensure_streams()
            async with connected(road, A) as again:
                assert await content(again, hub, entry.content) == b"content"
            gateway.tell(signal.SIGTERM)
            assert await gateway.ends(within=5.0) == 0


def _settings(folder: Path, url: str, seed: str) -> Mapping[str, str]:
    seed_file = folder / "control.nk"
    seed_file.write_text(seed)
    seed_file.chmod(0o600)
    return {
        "FLEET_NATS_URL": url,
        "FLEET_NATS_SEED_FILE": str(seed_file),
        "FLEET_KEYS": str(folder / "keyring.json"),
        "FLEET_HTTP": "",
    }
