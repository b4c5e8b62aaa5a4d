"""A hostile agent with genuine credentials can neither read, hear nor say anything on another's subjects."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from support.hostile import DENIED, A, B, Scene, hostile_scene
from support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

W = A.workspace
DIRECT = "$JS.API.DIRECT.GET.DESIRED"
OF_B = f"fleet.desired.{B.here}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with hostile_scene(tmp_path_factory.mktemp("hostile")) as scene:
        yield scene


def a_consumer(**config: object) -> dict[str, object]:
    common = {"deliver_policy": "last_per_subject", "ack_policy": "none", "mem_storage": True}
    return {"stream_name": "DESIRED", "config": {**common, **config}}


QUESTIONS: list[tuple[str, object]] = [
    (f"agent.get.{B.here}", b""),
    (f"agent.get.{W}.*", b""),
    (f"agent.get.*.{B.cluster}", b""),
    ("agent.get.*.*", b""),
    ("agent.get.>", b""),
    (f"agent.get.{A.here}.{B.cluster}", b""),
    (f"{DIRECT}.{OF_B}", b""),
    (f"{DIRECT}.fleet.desired.{A.here}", b""),
    (f"{DIRECT}.fleet.desired.*.*", b""),
    (DIRECT, {"multi_last": ["fleet.desired.>"]}),
    (DIRECT, {"last_by_subj": OF_B}),
    (DIRECT, {"seq": 2}),
    ("$JS.API.STREAM.MSG.GET.DESIRED", {"last_by_subj": OF_B}),
    ("$JS.API.DIRECT.GET.CONTENT", {"multi_last": ["fleet.content.>"]}),
    ("$JS.API.INFO", b""),
    ("$JS.API.STREAM.INFO.DESIRED", {"subjects_filter": ">"}),
    ("$JS.API.STREAM.NAMES", b""),
    ("$JS.API.STREAM.LIST", b""),
    ("$JS.API.STREAM.PURGE.DESIRED", {"filter": OF_B}),
    ("$JS.API.STREAM.DELETE.DESIRED", b""),
    ("$JS.API.STREAM.MSG.DELETE.DESIRED", {"seq": 2}),
    ("$JS.API.STREAM.CREATE.MINE", {"name": "MINE", "subjects": ["mine.>"]}),
    ("$JS.API.STREAM.UPDATE.DESIRED", {"name": "DESIRED", "subjects": ["mine.>"]}),
    ("$JS.API.CONSUMER.CREATE.DESIRED", a_consumer()),
    (f"$JS.API.CONSUMER.CREATE.DESIRED.x.fleet.desired.{A.here}", a_consumer(name="x")),
    (f"$JS.API.CONSUMER.CREATE.DESIRED.x.{OF_B}", a_consumer(name="x", filter_subject=OF_B)),
    (f"$JS.API.CONSUMER.CREATE.DESIRED.*.{OF_B}", a_consumer(filter_subject=OF_B)),
    ("$JS.API.CONSUMER.CREATE.DESIRED.x", a_consumer(name="x", deliver_subject=f"fleet.wake.{B.here}")),
    ("$JS.API.CONSUMER.CREATE.DESIRED.y", a_consumer(name="y", deliver_subject=f"{B.inbox}.y")),
    ("$JS.API.CONSUMER.DURABLE.CREATE.DESIRED.x", a_consumer(durable_name="x")),
    ("$JS.API.CONSUMER.MSG.NEXT.DESIRED.x", {"batch": 10}),
    ("$JS.API.CONSUMER.NAMES.DESIRED", b""),
    (f"agent.content.{B.here}", {"entry": "0" * 32}),
    (f"agent.content.{W}.*", {"entry": "0" * 32}),
    ("agent.content.*.*", {"entry": "0" * 32}),
    ("fleet.query.clusters._", {}),
    ("$SYS.REQ.SERVER.PING", b""),
    ("$SYS.REQ.USER.INFO", b""),
    ("$SYS.REQ.ACCOUNT.PING.CONNZ", b""),
    ("$SRV.INFO", b""),
]


async def test_no_question_but_its_own_passes_the_broker(scene: Scene) -> None:
    async with scene.nothing_of_b_changes():
        answers = {f"{subject} {body!r}": await scene.a.ask(subject, body) for subject, body in QUESTIONS}
    assert {asked: answer for asked, answer in answers.items() if DENIED not in str(answer)} == {}


@pytest.mark.parametrize(
    "body",
    [
        {"multi_last": [OF_B]},
        {"multi_last": ["fleet.desired.>"]},
        {"last_by_subj": OF_B},
        {"next_by_subj": "fleet.desired.>", "batch": 10},
        {"seq": 1},
        {"seq": 2},
        {"batch": 10},
        {"start_time": "2020-01-01T00:00:00Z", "batch": 10},
    ],
    ids=str,
)
async def test_a_body_in_its_own_read_shows_nothing_of_another(scene: Scene, body: object) -> None:
    answers: list[Msg] = []
    inbox = scene.a.client.new_inbox()
    async with scene.nothing_of_b_changes():
        assert await scene.a.hear(inbox, answers) == []
        assert await scene.a.say(f"agent.get.{A.here}", body, reply=inbox) == []
        await eventually(lambda: answers)
    assert not any(B.cluster.encode() in answer.data for answer in answers)
    assert {(answer.headers or {}).get("Nats-Subject", "") for answer in answers} <= {
        "",
        f"fleet.desired.{A.here}",
    }


HEARING = [
    f"fleet.wake.{B.here}",
    f"fleet.wake.{W}.*",
    "fleet.wake.*.*",
    "fleet.wake.>",
    f"{B.inbox}.>",
    f"{B.inbox}.x",
    "_INBOX.>",
    "_R_.>",
    ">",
    "*",
    "*.*.*.*",
    "fleet.>",
    "fleet.desired.>",
    f"fleet.desired.{A.here}",
    "fleet.status.>",
    f"fleet.status.{A.here}",
    "fleet.beat.>",
    "agent.>",
    f"agent.content.{B.here}",
    f"agent.content.{A.here}",
    f"agent.get.{B.here}",
    "$JS.>",
    "$JS.EVENT.>",
    "$JS.API.>",
    "$SYS.>",
]


async def test_no_subject_but_its_own_wake_and_inbox_can_be_heard(scene: Scene) -> None:
    heard: list[Msg] = []
    refused = {subject: await scene.a.hear(subject, heard) for subject in HEARING}
    assert [subject for subject, why in refused.items() if not any(DENIED in each for each in why)] == []
    own: list[Msg] = []
    assert await scene.a.hear(f"fleet.wake.{A.here}", own) == []
    await scene.hub.target(B, [scene.foreign], generation=2)
    await scene.hub.target(A, [scene.own], generation=2)
    await eventually(lambda: own)
    await eventually(lambda: scene.heard_by_b)
    await scene.a.client.flush()
    assert heard == []
    assert [message.subject for message in own] == [f"fleet.wake.{A.here}"]


SAYING = [
    f"fleet.status.{B.here}",
    f"fleet.status.{W}.*",
    "fleet.status.*.*",
    f"fleet.beat.{B.here}",
    "fleet.beat.*.*",
    f"fleet.wake.{B.here}",
    f"fleet.wake.{A.here}",
    f"fleet.desired.{B.here}",
    f"fleet.desired.{A.here}",
    f"fleet.content.{W}.{'0' * 32}.0",
    f"fleet.touch.{W}.{'0' * 32}",
    f"fleet.cluster.{A.here}",
    f"fleet.resource.gitrepo.{W}.web",
    f"fleet.bundle.{W}.web",
    f"fleet.commit.{W}.web",
    f"fleet.rollout.{W}.web",
    f"fleet.view.gitrepo.{W}.web.source",
    f"fleet.member.{A.here}.uid",
    "fleet.lease.targeter",
    "fleet.seen.0.0",
    "fleet.dead.gitjob.event",
    "fleet.burn.STATUS.1",
    "fleet.burn.DESIRED.1",
    f"agent.content.{B.here}",
    f"agent.get.{B.here}",
    f"{B.inbox}.x",
    "_INBOX.x",
    "_R_.abcdef.ghijkl",
    "$KV.status.x",
    "$O.bucket.C.x",
    "$JS.ACK.DESIRED.x.1.1.1.1.1",
    "$JS.FC.DESIRED.x",
]


async def test_nothing_can_be_said_but_under_its_own_name(scene: Scene) -> None:
    refused: dict[str, list[str]] = {}
    async with scene.nothing_of_b_changes():
        for subject in SAYING:
            refused[subject] = await scene.a.say(subject, b"evil")
    assert [subject for subject, why in refused.items() if not any(DENIED in each for each in why)] == []


async def test_each_of_two_agents_can_do_what_is_its_own(scene: Scene) -> None:
    async with scene.nothing_of_b_changes():
        pass
    answer = await scene.b.ask(f"agent.get.{B.here}")
    assert not isinstance(answer, str)
    assert (answer.headers or {})["Nats-Subject"] == OF_B
