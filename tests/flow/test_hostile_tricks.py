"""What a hostile agent may say lawfully, it cannot turn against another: reply subjects, headers, inboxes."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from fleet.agent.domain.acceptance import Floor, Refused, accept
from fleet.events import DeploymentReported
from fleet.vault import Tampered
from support.accounts import connected, settled
from support.hostile import DENIED, A, B, Scene, hostile_scene, reports
from support.listening import identity_of
from support.waiting import DEADLINE, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALLOWED = [f"{word}.{A.here}" for word in ("agent.get", "fleet.status", "fleet.beat", "agent.content")]

REPLIES = [
    f"fleet.desired.{B.here}",
    f"fleet.desired.{A.here}",
    f"fleet.status.{B.here}",
    f"fleet.beat.{B.here}",
    f"fleet.content.{A.workspace}.{'0' * 32}.0",
    f"fleet.cluster.{B.here}",
    "fleet.lease.targeter",
    "fleet.burn.DESIRED.1",
    "$JS.API.STREAM.PURGE.DESIRED",
    f"$JS.API.DIRECT.GET.DESIRED.fleet.desired.{B.here}",
    f"agent.content.{B.here}",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with hostile_scene(tmp_path_factory.mktemp("hostile")) as scene:
        yield scene


def a_question(scene: Scene) -> bytes:
    """A body that every allowed subject answers to."""
    return json.dumps({"digest": scene.own.content, "n": 0, "namespace": scene.own.namespace}).encode()


@pytest.mark.parametrize("said", ALLOWED)
async def test_no_answer_becomes_a_message_on_a_subject_that_means_something(scene: Scene, said: str) -> None:
    body = b"" if said.startswith("agent.get") else a_question(scene)
    async with scene.nothing_of_b_changes():
        for reply in REPLIES:
            await scene.a.say(said, body, reply=reply)
    assert (await scene.lawfully_reads()).generation == 1


@pytest.mark.parametrize("said", ALLOWED)
async def test_an_answer_sent_to_anothers_wake_or_inbox_is_only_noise_there(scene: Scene, said: str) -> None:
    body = b"" if said.startswith("agent.get") else a_question(scene)
    async with scene.nothing_of_b_changes(hints=True):
        for reply in (f"fleet.wake.{B.here}", f"{B.inbox}.any"):
            await scene.a.say(said, body, reply=reply)
    assert bool(scene.heard_by_b) == (not said.startswith("fleet.beat")), "beats are answered by nobody"
    identity = identity_of(B, scene.hub, scene.road)
    for message in scene.heard_by_b:
        headers = message.headers or {}
        subject = headers.get("Nats-Subject", "")
        assert isinstance(accept(subject, message.data, headers, identity, Floor()), Refused)
        with pytest.raises(Tampered):
            identity.keys.decrypt(message.data, f"{scene.own.content}.0")


REFUSED_HEADERS = [
    {"Nats-Rollup": "all"},
    {"Nats-Rollup": "sub"},
    {"Nats-TTL": "1s"},
    {"Nats-TTL": "never"},
    {"Nats-Schedule": "@at 2020-01-01T00:00:00Z", "Nats-Schedule-Target": f"fleet.status.{B.here}"},
    {
        "Nats-Schedule": "@every 1s",
        "Nats-Schedule-Target": f"fleet.status.{B.here}",
        "Nats-Schedule-TTL": "1s",
    },
    {"Nats-Incr": "1"},
    {"Nats-Batch-Id": "x", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1"},
    {"Nats-Expected-Stream": "DESIRED"},
]


@pytest.mark.parametrize("headers", REFUSED_HEADERS, ids=str)
async def test_a_report_with_a_header_that_does_more_than_report_is_refused(
    scene: Scene, headers: dict[str, str]
) -> None:
    before = await scene.lawfully_reports()
    async with scene.nothing_of_b_changes():
        answer = await scene.a.ask(f"fleet.status.{A.here}", b"{}", headers=headers)
        assert not isinstance(answer, str), answer
        assert "error" in json.loads(answer.data), answer.data
    stored = await scene.hub.bus.last_on("STATUS", f"fleet.status.{A.here}")
    assert stored is not None
    assert stored.sequence == before + 1, "only the lawful report that followed is stored"


async def test_an_expectation_about_another_tells_a_sequence_number_and_no_more(scene: Scene) -> None:
    """A limit of the broker: a refused compare-and-set names the last sequence, on whatever subject."""
    stored = await scene.hub.bus.last_on("STATUS", f"fleet.status.{B.here}")
    assert stored is not None
    headers = {
        "Nats-Expected-Last-Subject-Sequence": "0",
        "Nats-Expected-Last-Subject-Sequence-Subject": f"fleet.status.{B.here}",
    }
    async with scene.nothing_of_b_changes():
        answer = await scene.a.ask(f"fleet.status.{A.here}", b"{}", headers=headers)
        assert not isinstance(answer, str)
    error = json.loads(answer.data)["error"]
    assert error["description"] == f"wrong last sequence: {stored.sequence}"


async def test_a_trace_cannot_be_sent_to_a_subject_that_it_may_not_use(scene: Scene) -> None:
    async with scene.nothing_of_b_changes():
        for destination in (
            f"fleet.status.{B.here}",
            f"fleet.wake.{B.here}",
            f"{B.inbox}.x",
            "fleet.lease.x",
        ):
            headers = {"Nats-Trace-Dest": destination, "Nats-Trace-Only": "true"}
            refusals = await scene.a.say(f"fleet.status.{A.here}", b"{}", headers=headers)
            assert any(DENIED in refusal for refusal in refusals), destination


async def test_a_message_id_of_one_does_not_swallow_the_report_of_another(scene: Scene) -> None:
    await scene.a.ask(f"fleet.status.{A.here}", b"{}", headers={"Nats-Msg-Id": "1"})
    answer = await reports(scene.b, B, scene.hub)
    assert not isinstance(answer, str)
    assert "duplicate" not in json.loads(answer.data)


async def test_who_reports_is_the_subject_whatever_headers_and_body_say(scene: Scene) -> None:
    as_b = DeploymentReported(
        workspace=B.workspace, cluster=B.cluster, uid="x", epoch=9, generation=9, digest="0" * 32
    )
    headers = {
        "Nats-Subject": as_b.subject(),
        "Nats-Stream": "DESIRED",
        "Nats-Sequence": "1",
        "ce-type": as_b.type_name(),
    }
    async with scene.nothing_of_b_changes():
        answer = await scene.a.ask(f"fleet.status.{A.here}", as_b.encode(), headers=headers)
        assert not isinstance(answer, str)
        stored = await scene.hub.bus.last_on("STATUS", f"fleet.status.{A.here}")
    assert stored is not None
    assert stored.subject == f"fleet.status.{A.here}"


UNREADABLE: list[tuple[bytes, dict[str, str] | None]] = [
    (b"", None),
    (b"\x00", {"ce-type": "io.fleet.DeploymentReported.v1"}),
    (b"{}", {"ce-type": "io.fleet.RolloutAdvanced.v1"}),
    (b"", {"Status": "409", "Description": "Consumer Deleted"}),
    (b"x", {"Status": "409", "Description": "Consumer Deleted", "Nats-Pending-Messages": "many"}),
    (b"", {"Status": "404"}),
    (b"", {"Status": "503"}),
]


@pytest.mark.parametrize("report", UNREADABLE, ids=str)
async def test_a_report_that_cannot_be_read_disturbs_no_reader(
    scene: Scene, report: tuple[bytes, dict[str, str] | None]
) -> None:
    feed = scene.hub.bus.follow(DeploymentReported)
    try:
        async with asyncio.timeout(DEADLINE):
            await feed.__anext__()
            answer = await scene.a.ask(f"fleet.status.{A.here}", report[0], headers=report[1])
            assert not isinstance(answer, str)
            acknowledged = await reports(scene.b, B, scene.hub)
            assert not isinstance(acknowledged, str)
            after = json.loads(acknowledged.data)["seq"]
            async for stored in feed:
                if stored.sequence == after:
                    break
    finally:
        await feed.aclose()
        await scene.lawfully_reports()


async def test_a_report_that_is_too_large_is_refused(scene: Scene) -> None:
    async with scene.nothing_of_b_changes():
        answer = await scene.a.ask(f"fleet.status.{A.here}", b"x" * 70_000)
        assert not isinstance(answer, str)
        assert "error" in json.loads(answer.data)


@pytest.mark.parametrize("prefix", [B.inbox, "_INBOX", "_R_"])
async def test_an_answer_cannot_be_fetched_through_a_foreign_inbox(scene: Scene, prefix: str) -> None:
    async with scene.nothing_of_b_changes(hints=True), connected(scene.road, A, inbox=prefix) as foreign:
        answer = await foreign.ask(f"agent.get.{A.here}")
        assert isinstance(answer, str)
        assert DENIED in answer


async def test_what_another_asks_and_gets_is_not_heard(scene: Scene) -> None:
    heard: list[Msg] = []
    inbox = scene.a.client.new_inbox()
    assert await scene.a.hear(inbox, heard) == []
    assert await scene.a.hear(f"fleet.wake.{A.here}", heard) == []
    answer = await scene.b.ask(f"agent.get.{B.here}")
    assert not isinstance(answer, str)
    await scene.hub.target(B, [scene.foreign], generation=2)
    await eventually(lambda: [each for each in scene.heard_by_b if each.subject == f"fleet.wake.{B.here}"])
    await settled(scene.a.client)
    assert heard == []
    assert await scene.a.say(f"agent.get.{A.here}", reply=inbox) == []
    await eventually(lambda: heard)


CONTENT = [
    {"digest": "{content}", "n": 0, "namespace": "fleet-default"},
    {"digest": "{foreign_options}", "n": 0, "namespace": "fleet-local"},
    {"entry": "{entry}"},
    {"digest": "*", "n": 0, "namespace": "fleet-default"},
    {"digest": "{content}", "n": 0, "namespace": "*"},
    {"digest": ">", "n": 0, "namespace": ">"},
    {"digest": "{content}.0", "n": 0, "namespace": "fleet-default"},
    {"digest": "{content}", "n": 0, "namespace": "fleet-default", "cluster": "oslo"},
    {"digest": "{own}", "n": 0, "namespace": f"{A.workspace}.{'0' * 32}"},
    {"digest": "{own}", "n": 1, "namespace": "fleet-default"},
    {"entry": "*"},
]


@pytest.mark.parametrize("question", CONTENT, ids=str)
async def test_no_question_yields_content_that_its_own_manifest_does_not_name(
    scene: Scene, question: dict[str, object]
) -> None:
    values = {
        "{content}": scene.foreign.content,
        "{foreign_options}": scene.foreign.options,
        "{entry}": scene.foreign.digest(),
        "{own}": scene.own.content,
    }
    text = json.dumps(question)
    for name, value in values.items():
        text = text.replace(name, value)
    async with scene.nothing_of_b_changes():
        answer = await scene.a.ask(f"agent.content.{A.here}", text.encode())
        assert not isinstance(answer, str), answer
        assert answer.data == b""
        assert (answer.headers or {})["Nats-Service-Error-Code"] in {"400", "403", "404"}
    assert await scene.lawfully_asks() == b"own content"
