"""A forged, replayed or misdelivered manifest changes nothing; a forged wake costs at most one more read."""

import dataclasses
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio

from fleet.agent import reading
from fleet.agent.domain.acceptance import Accepted, Floor, Refused
from fleet.events import MAC_HEADER, DeploymentTargeted, Envelope, Stored
from support.accounts import Party
from support.hostile import A, B, Scene, hostile_scene
from support.listening import Ears, identity_of, listening
from support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_B = f"fleet.desired.{B.here}"
WAKE_OF_B = f"fleet.wake.{B.here}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with hostile_scene(tmp_path_factory.mktemp("hostile")) as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def ears(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ears]:
    """B's agent, which reads once for all doubts of this test."""
    monkeypatch.setattr(reading, "DOUBT_SECONDS", 3600.0)
    async with listening(identity_of(B, scene.hub, scene.road)) as ears:
        yield ears


async def genuine(scene: Scene, party: Party = B) -> Stored[DeploymentTargeted]:
    """A party's manifest as the stream holds it."""
    stored = await scene.hub.bus.last(DeploymentTargeted, workspace=party.workspace, cluster=party.cluster)
    assert stored is not None
    return stored


async def wake(scene: Scene, body: bytes, headers: Mapping[str, str], subject: str = OF_B) -> None:
    """Say something on B's wake subject, as nobody but the broker should."""
    await scene.hub.bus.tell(WAKE_OF_B, body, headers={**headers, "Nats-Subject": subject})


async def next_generation(scene: Scene) -> int:
    """Give B its next manifest, lawfully."""
    generation = (await genuine(scene)).event.generation + 1
    await scene.hub.target(B, [scene.foreign], generation=generation)
    return generation


async def test_the_lawful_manifest_is_taken_from_the_wake_without_a_read(scene: Scene, ears: Ears) -> None:
    before = ears.hub.reads
    generation = await next_generation(scene)
    await eventually(lambda: ears.generations[-1] == generation)
    assert ears.hub.reads == before


async def forgeries(scene: Scene) -> dict[str, tuple[bytes, dict[str, str], str]]:
    """Messages on B's wake that are not its next manifest, by what is wrong with them."""
    present = await genuine(scene)
    newer = present.event.model_copy(update={"epoch": 99, "generation": 99})
    body, subject = newer.encode(), newer.subject()
    mac = scene.hub.mac(newer, B)[MAC_HEADER]
    of_a = await genuine(scene, A)
    for_b_by_a = scene.hub.keys(A).sign(subject, body)
    other_uid = newer.model_copy(update={"uid": "another"})
    return {
        "no signature": (body, {}, subject),
        "an empty signature": (body, {MAC_HEADER: ""}, subject),
        "signed with another cluster's key": (body, {MAC_HEADER: for_b_by_a}, subject),
        "signed for another subject": (body, {MAC_HEADER: mac}, f"fleet.desired.{A.here}"),
        "a changed body": (body.replace(b'"epoch":99', b'"epoch":98'), {MAC_HEADER: mac}, subject),
        "another uid": (other_uid.encode(), scene.hub.mac(other_uid, B), subject),
        "another cluster's manifest": (of_a.raw, dict(of_a.envelope.headers), of_a.subject),
        "another cluster's manifest as B's": (of_a.raw, dict(of_a.envelope.headers), subject),
        "not a manifest": (b"\x00", {MAC_HEADER: mac}, subject),
        "nothing": (b"", {}, ""),
    }


async def test_a_forged_wake_changes_nothing_and_costs_one_read_at_most(scene: Scene, ears: Ears) -> None:
    before, reads = list(ears.generations), ears.hub.reads
    said = await forgeries(scene)
    for _ in range(20):
        for body, headers, subject in said.values():
            await wake(scene, body, headers, subject)
    await eventually(lambda: len(ears.heard) >= 20 * len(said))
    assert all(isinstance(heard.verdict, Refused) for heard in ears.heard)
    generation = await next_generation(scene)
    await eventually(lambda: ears.generations[-1] == generation)
    assert ears.generations == [*before, generation]
    assert ears.hub.reads <= reads + 1


async def test_a_neighbour_can_say_wake_but_nothing_comes_of_it(scene: Scene, ears: Ears) -> None:
    before, reads = list(ears.generations), ears.hub.reads
    for _ in range(50):
        await scene.a.say(f"agent.get.{A.here}", reply=WAKE_OF_B)
        await scene.a.say(f"fleet.status.{A.here}", b"{}", reply=WAKE_OF_B)
    await eventually(lambda: len(ears.heard) >= 100)
    generation = await next_generation(scene)
    await eventually(lambda: ears.generations[-1] == generation)
    assert ears.generations == [*before, generation]
    assert ears.hub.reads <= reads + 1
    await scene.lawfully_reports()


async def test_a_replayed_manifest_changes_nothing(scene: Scene, ears: Ears) -> None:
    old = await genuine(scene)
    generation = await next_generation(scene)
    await eventually(lambda: ears.generations[-1] == generation)
    before, reads = list(ears.generations), ears.hub.reads
    for message in (old, await genuine(scene)):
        await wake(scene, message.raw, message.envelope.headers)
    await eventually(lambda: len(ears.heard) >= 3)
    newest = await next_generation(scene)
    await eventually(lambda: ears.generations[-1] == newest)
    assert ears.generations == [*before, newest]
    assert ears.hub.reads == reads, "a genuine message that is old is no reason to doubt"


async def test_an_older_epoch_is_refused_however_high_its_generation(scene: Scene, ears: Ears) -> None:
    present = (await genuine(scene)).event
    deposed = present.model_copy(update={"epoch": present.epoch - 1, "generation": 10_000})
    before = list(ears.generations)
    await wake(scene, deposed.encode(), scene.hub.mac(deposed, B))
    await eventually(lambda: ears.heard)
    (heard,) = ears.heard
    assert isinstance(heard.verdict, Refused)
    assert ears.generations == before


async def test_an_answer_that_the_broker_delivers_to_the_wrong_agent_is_no_answer(
    scene: Scene, ears: Ears
) -> None:
    own, foreign = await genuine(scene), await genuine(scene, A)

    def judged(stored: Stored[DeploymentTargeted], envelope: Envelope) -> Accepted | Refused:
        return ears.hub.judge(stored.subject, stored.raw, envelope, Floor())

    assert isinstance(judged(own, own.envelope), Accepted)
    assert isinstance(judged(foreign, foreign.envelope), Refused)
    renamed = dataclasses.replace(foreign, subject=own.subject)
    assert isinstance(judged(renamed, foreign.envelope), Refused)
    assert isinstance(judged(renamed, own.envelope), Refused)


async def test_a_hub_that_knows_nothing_removes_nothing(scene: Scene, ears: Ears) -> None:
    before = list(ears.generations)
    last = await genuine(scene)
    await scene.hub.bus.purge(DeploymentTargeted, workspace=B.workspace, cluster=B.cluster)
    assert await ears.hub.read(Floor()) is None
    await scene.hub.bus.publish(last.event, source="targeter", headers=scene.hub.mac(last.event, B))
    assert ears.generations == before
