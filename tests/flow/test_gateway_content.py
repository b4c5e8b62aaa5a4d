"""The gateway gives a cluster what its present manifest names, readable by that cluster only."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from fleet.events import Entry
from fleet.gateway.entries import Entries
from fleet.gateway.main import answering
from fleet.gateway.service import AT_ONCE
from fleet.vault import CHUNK_BYTES, Keyring, Tampered
from support.accounts import Intruder, Party, Road, connected, running_road
from support.hub import Hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

A = Party("fleet-default", "paris")
B = Party("fleet-default", "oslo")
NEW = Party("fleet-default", "new")


@dataclass(frozen=True)
class Scene:
    """A broker, a gateway, and two agents."""

    road: Road
    hub: Hub
    a: Intruder
    b: Intruder
    new: Intruder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    async with (
        running_road(folder, A, B, NEW) as road,
        await road.bus("hub") as bus,
        await road.bus("gateway") as served,
        connected(road, A) as a,
        connected(road, B) as b,
        connected(road, NEW) as new,
    ):
        await bus.ensure_streams()
        keyring = Keyring.open(folder / "keyring.json")
        async with answering(served, Keyring.open(folder / "keyring.json")):
            yield Scene(road, Hub(bus, keyring), a, b, new)


async def ask(
    scene: Scene, party: Party, intruder: Intruder, question: object, context: str
) -> tuple[int, bytes] | str:
    """Ask as an agent does; the code of a refusal, or (count, plaintext)."""
    answer = await intruder.ask(f"agent.content.{party.here}", question)
    assert not isinstance(answer, str), answer
    if answer.headers:
        assert answer.data == b""
        return str(answer.headers["Nats-Service-Error-Code"])
    opened = scene.hub.keys(party).decrypt(answer.data, context)
    return int.from_bytes(opened[:4], "big"), opened[4:]


async def chunk(scene: Scene, digest: str, n: int = 0, namespace: str = "fleet-default") -> object:
    return await ask(scene, A, scene.a, {"digest": digest, "n": n, "namespace": namespace}, f"{digest}.{n}")


async def test_content_comes_chunk_by_chunk_and_is_whole(scene: Scene) -> None:
    plaintext = b"kind: ConfigMap\n" * 40_000
    entry = await scene.hub.entry("web", plaintext, b'{"helm": {}}')
    await scene.hub.target(A, [entry], generation=1)
    answers = [await chunk(scene, entry.content, n) for n in range(3)]
    assert [count for count, _ in answers] == [3, 3, 3]
    assert b"".join(piece for _, piece in answers) == plaintext
    assert len(plaintext) > 2 * CHUNK_BYTES
    assert await chunk(scene, entry.options) == (1, b'{"helm": {}}')


@pytest.mark.parametrize("inline", [True, False])
async def test_an_entry_comes_from_the_manifest_or_from_its_store(scene: Scene, inline: bool) -> None:
    entry = await scene.hub.entry(f"entry-{inline}", b"x")
    if not inline:
        await scene.hub.store(entry, A)
    await scene.hub.target(A, [entry], generation=2, inline=inline)
    digest = entry.digest()
    answer = await ask(scene, A, scene.a, {"entry": digest}, f"{digest}.0")
    assert answer == (1, entry.encode())
    assert await chunk(scene, entry.content) == (1, b"x")


async def test_what_only_another_clusters_manifest_names_is_refused(scene: Scene) -> None:
    own, foreign = await scene.hub.entry("own", b"own"), await scene.hub.entry("foreign", b"foreign")
    await scene.hub.store(foreign, B)
    await scene.hub.target(A, [own], generation=3)
    await scene.hub.target(B, [foreign], generation=3)
    assert await chunk(scene, own.content) == (1, b"own")
    assert await chunk(scene, foreign.content) == "403"
    assert await chunk(scene, foreign.options) == (1, b"{}"), "these options are its own as well"
    assert await ask(scene, A, scene.a, {"entry": foreign.digest()}, "") == "403"


async def test_what_the_manifest_no_longer_names_is_refused(scene: Scene) -> None:
    old, new = await scene.hub.entry("app", b"old"), await scene.hub.entry("app", b"new")
    await scene.hub.target(A, [old], generation=4)
    assert await chunk(scene, old.content) == (1, b"old")
    await scene.hub.target(A, [new], generation=5)
    assert await chunk(scene, old.content) == "403"
    assert await chunk(scene, new.content) == (1, b"new")


async def test_content_of_another_workspace_is_served_under_its_own_name_only(scene: Scene) -> None:
    entry = await scene.hub.entry("shared", b"mapped", workspace="other-team")
    await scene.hub.target(A, [entry], generation=6)
    assert await chunk(scene, entry.content, namespace="other-team") == (1, b"mapped")
    assert await chunk(scene, entry.content, namespace="fleet-default") == "403"


async def test_an_answer_tells_nothing_to_another_cluster(scene: Scene) -> None:
    entry = await scene.hub.entry("private", b"database password")
    await scene.hub.target(A, [entry], generation=7)
    question = {"digest": entry.content, "n": 0, "namespace": "fleet-default"}
    answer = await scene.a.ask(f"agent.content.{A.here}", question)
    assert not isinstance(answer, str)
    assert b"password" not in answer.data
    with pytest.raises(Tampered):
        scene.hub.keys(B).decrypt(answer.data, f"{entry.content}.0")


async def test_what_is_named_but_not_there_is_404(scene: Scene) -> None:
    entry = await scene.hub.entry("gone", b"gone")
    await scene.hub.target(A, [entry], generation=8)
    assert await chunk(scene, entry.content, n=1) == "404"
    chunks = {"filter": f"fleet.content.fleet-default.{entry.content}.*"}
    await scene.hub.bus.connection.api("STREAM.PURGE.CONTENT", chunks)
    assert await chunk(scene, entry.content) == "404"
    question = {"digest": entry.content, "n": 0, "namespace": "fleet-default"}
    assert await ask(scene, NEW, scene.new, question, "") == "404", "a cluster without a manifest"


async def test_a_question_that_is_none_is_400(scene: Scene) -> None:
    for question in ({}, {"digest": "*", "n": 0, "namespace": "*"}, b"\x00", {"entry": ">"}):
        assert await ask(scene, A, scene.a, question, "") == "400"


async def test_a_manifest_that_is_not_signed_serves_nothing(scene: Scene) -> None:
    entry = await scene.hub.entry("unsigned", b"unsigned")
    manifest = scene.hub.manifest(A, [entry], generation=9)
    await scene.hub.bus.publish(manifest, source="somebody", headers=scene.hub.mac(manifest, B))
    assert await chunk(scene, entry.content) == "503"
    await scene.hub.target(A, [entry], generation=10)
    assert await chunk(scene, entry.content) == (1, b"unsigned")


async def test_many_questions_of_one_cluster_do_not_keep_another_waiting(scene: Scene) -> None:
    entry = await scene.hub.entry("busy", b"busy")
    await scene.hub.target(A, [entry], generation=11)
    await scene.hub.target(B, [entry], generation=11)
    question = {"digest": entry.content, "n": 0, "namespace": "fleet-default"}
    context = f"{entry.content}.0"
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(ask(scene, A, scene.a, question, context)) for _ in range(8 * AT_ONCE)]
        other = group.create_task(ask(scene, B, scene.b, question, context))
    assert other.result() == (1, b"busy")
    assert {task.result() for task in flood} <= {(1, b"busy"), "503"}
    assert await chunk(scene, entry.content) == (1, b"busy")


async def test_an_answer_never_goes_to_a_subject_that_the_server_did_not_make(scene: Scene) -> None:
    entry = await scene.hub.entry("reply", b"reply")
    await scene.hub.target(A, [entry], generation=12)
    before = await scene.hub.bus.last_on("DESIRED", f"fleet.desired.{B.here}")
    question = f'{{"digest": "{entry.content}", "n": 0, "namespace": "fleet-default"}}'.encode()
    connection = scene.hub.bus.connection
    for reply in (f"fleet.desired.{B.here}", f"fleet.status.{B.here}", f"fleet.wake.{B.here}", "_INBOX.x"):
        await connection.publish(f"agent.content.{A.here}", question, reply=reply)
    heard: list[bytes] = []
    async with scene.hub.bus.listen("_INBOX.x", lambda message: _note(heard, message.payload)):
        await connection.publish(f"agent.content.{A.here}", question, reply="_INBOX.x")
        assert await chunk(scene, entry.content) == (1, b"reply"), "it is there and answers who may ask"
    assert heard == []
    assert await scene.hub.bus.last_on("DESIRED", f"fleet.desired.{B.here}") == before
    assert await scene.hub.bus.last_on("STATUS", f"fleet.status.{B.here}") is None


async def _note(heard: list[bytes], payload: bytes) -> None:
    heard.append(payload)


async def test_entries_in_memory_are_bounded_and_those_in_use_stay(scene: Scene) -> None:
    stored: list[Entry] = [await scene.hub.entry(f"kept-{n}", b"kept") for n in range(4)]
    for entry in stored:
        await scene.hub.store(entry, A)
    key = scene.hub.keyring.workspace(A.workspace)
    entries = Entries(bus=scene.hub.bus, kept=2)
    manifest = scene.hub.manifest(A, stored, generation=13, inline=False)
    found = [entry async for entry in entries.of(manifest, key)]
    assert found == stored
    assert len(entries) == 2


async def test_an_entry_that_is_not_what_its_name_says_is_not_used(scene: Scene) -> None:
    good, bad = await scene.hub.entry("good", b"good"), await scene.hub.entry("bad", b"bad")
    key = scene.hub.keyring.workspace(A.workspace)
    await scene.hub.bus.put_content(A.workspace, key.seal(bad.encode(), name=good.digest()))
    await scene.hub.target(A, [good], generation=14, inline=False)
    assert await ask(scene, A, scene.a, {"entry": good.digest()}, "") == "404"
