"""Agents come and go while everything runs: the broker re-reads its configuration and drops nobody else."""

import json
from pathlib import Path

from nats.aio.msg import Msg

from fleet.events import DeploymentTargeted
from support.accounts import Intruder, Party, connected, running_road
from support.waiting import eventually

A = Party("fleet-default", "paris")
B = Party("fleet-default", "oslo.north")


def a_manifest(party: Party, generation: int) -> DeploymentTargeted:
    return DeploymentTargeted(
        workspace=party.workspace,
        cluster=party.cluster,
        uid="uid",
        epoch=1,
        generation=generation,
        digest="0" * 32,
    )


async def reads_own(intruder: Intruder, party: Party) -> int:
    answer = await intruder.ask(f"agent.get.{party.here}")
    assert not isinstance(answer, str), answer
    return int(json.loads(answer.data)["generation"])


async def test_an_agent_is_added_and_removed_without_disturbing_others(tmp_path: Path) -> None:
    async with (
        running_road(tmp_path, A) as road,
        await road.bus() as bus,
        connected(road, A) as a,
    ):
        await bus.ensure_streams()
        woken: list[Msg] = []
        assert await a.hear(f"fleet.wake.{A.here}", woken) == []

        await road.admit(A, B)

        async with connected(road, B) as b:
            for generation, party in ((1, A), (2, B)):
                await bus.publish(a_manifest(party, generation), source="test")
            assert await reads_own(a, A) == 1
            assert await reads_own(b, B) == 2
            await eventually(lambda: len(woken) == 1)

            await road.admit(A)
            await eventually(lambda: not b.client.is_connected)
        await bus.publish(a_manifest(A, 3), source="test")
        assert await reads_own(a, A) == 3
        assert a.client.is_connected
        await eventually(lambda: len(woken) == 2)
        assert a.client.stats["reconnects"] == 0
