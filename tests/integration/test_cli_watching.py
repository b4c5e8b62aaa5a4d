"""Waiting, describing and following, against a real nats-server with records and views written by hand."""

import asyncio
import json

import orjson
import pytest

from fleet.bus import Refused, Reject, Subscriber
from fleet.events import (
    Condition,
    GitCommitDetected,
)
from support.barehub import CLUSTER, COMMIT, GITREPO, SET, WS, BareHub, a_cluster
from support.bus import a_commit, running, running_bus
from support.command import fleet
from support.embedded import FLEET
from support.waiting import eventually


@pytest.fixture
async def hub(tmp_path):
    async with running_bus(tmp_path) as (server, bus):
        yield BareHub(server.url, bus)


async def test_wait_ends_with_the_event_that_makes_it_true(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    waiting = asyncio.create_task(
        hub.fleet("wait", "gitrepo/web", "--for", f"commit={COMMIT[:12]}", "--timeout", "20s")
    )
    await hub.gitrepo_is_ready("f" * 40)
    await eventually(lambda: not waiting.done())
    await hub.gitrepo_is_ready()
    done = await waiting
    assert (done.code, done.out) == (0, "gitrepo.fleet.cattle.io/web condition met\n")
    assert (await hub.fleet("wait", "gitrepo/web", "--for=ready")).code == 0


async def test_wait_says_what_an_object_stands_at_when_time_runs_out(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    uid = (await hub.record()).metadata.uid
    polling = Condition(type="GitPolling", status="False", reason="Error", message="no such branch: main")
    await hub.view("source", uid=uid, status={}, conditions=(polling,))
    done = await hub.fleet("wait", "gitrepo/web", "--for=ready", "--timeout", "300ms")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: timed out waiting for the condition on gitrepos/web: ")
    assert (await hub.fleet("wait", "gitrepo/web", "--for=ready", "--timeout", "1d")).code == 2


async def test_wait_goes_on_for_what_is_stalled_and_says_why_when_time_runs_out(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    uid = (await hub.record()).metadata.uid
    stalled = Condition(type="Stalled", status="True", reason="BadInput", message="a/fleet.yaml:3: no")
    await hub.view("reading", uid=uid, status={"reading": {"commit": COMMIT}}, conditions=(stalled,))
    wait = ("wait", "gitrepo/web", "--for=ready", "--timeout")
    over = await hub.fleet(*wait, "300ms")
    assert over.code == 1
    assert over.err.endswith("gitrepos/web: Stalled: BadInput: a/fleet.yaml:3: no\n")
    waiting = asyncio.create_task(hub.fleet(*wait, "20s"))
    await eventually(lambda: not waiting.done())
    await hub.gitrepo_is_ready()
    assert (await waiting).code == 0


async def test_wait_outlasts_a_targeter_that_cannot_answer_yet(hub):
    asked = []

    async def answer(heard):
        asked.append(heard.subject)
        if len(asked) == 1:
            raise Refused("", 503, "still reading")
        return orjson.dumps({"items": [a_cluster("one")], "continue": "", "total": 1})

    async with hub.bus.respond("fleet.query.clusters.*", answer):
        done = await hub.fleet(
            "wait", "cluster/one", "--for=ready", "-n", "fleet-default", "--timeout", "20s"
        )
    assert (done.code, len(asked)) == (0, 2), done.err


async def test_describe_tells_conditions_and_history(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    uid = (await hub.record()).metadata.uid
    polling = Condition(type="GitPolling", status="False", reason="Error", message="no such branch: main")
    await hub.view("source", uid=uid, status={}, conditions=(polling,))
    await hub.bus.publish(
        GitCommitDetected(
            workspace=WS, gitrepo="web", uid=uid, generation=1, repo="r", branch="main", commit=COMMIT
        ),
        source="test",
    )
    told = (await hub.fleet("describe", "gitrepo", "web")).out
    assert "no such branch: main" in told
    assert "GitRepo fleet-local/web declared, generation 1" in told
    assert "commit 0123456789ab detected on main of fleet-local/web" in told
    assert "last-applied" not in told


async def test_describe_tells_how_far_the_commit_of_a_gitrepo_came(hub):
    await hub.fleet("apply", "-f", "-", stdin=GITREPO)
    earlier = {"reading": {"commit": "f" * 40, "set": SET}}
    await hub.view("reading", uid="of an earlier one", status=earlier)
    assert "read:" not in (await hub.fleet("describe", "gitrepo/web")).out

    uid = (await hub.record()).metadata.uid
    await hub.view("source", uid=uid, status={"commit": COMMIT})
    await hub.view("reading", uid=uid, status={"reading": {"commit": COMMIT, "set": SET}})
    summary = {"desiredReadyClusters": 2, "summary": {"desiredReady": 4, "ready": 3}}
    await hub.view("rollup", uid=uid, status=summary)
    history = (await hub.fleet("describe", "gitrepo/web")).out.partition("History:")[2].splitlines()
    assert [line.split(maxsplit=2)[2] for line in history[2:]] == [
        "GitRepo fleet-local/web declared, generation 1",
        "commit 0123456789ab read: 1 bundle",
        "4 deployments on 2 clusters targeted, 3 Ready",
    ]


async def test_events_are_told_oldest_first_and_as_cloud_events(hub):
    await hub.fleet("apply", "-f", "-", stdin=CLUSTER + "---\n" + GITREPO)
    await hub.fleet("delete", "gitrepo/web")
    told = (await hub.fleet("events")).out.splitlines()
    assert [line.split(" ", 1)[1] for line in told] == [
        "cluster fleet-default/one declared, generation 1 (env=dev)",
        "GitRepo fleet-local/web declared, generation 1",
        "GitRepo fleet-local/web deleted",
    ]
    first = json.loads((await hub.fleet("events", "-o", "json")).out.splitlines()[0])
    assert first["type"] == "io.fleet.ClusterRecord.v1"
    assert first["subject"] == "fleet.cluster.fleet-default.one"
    assert first["data"]["metadata"]["labels"] == {"env": "dev"}


async def test_dead_letters_are_listed_and_handled_again(hub):
    taken, willing = [], False

    async def handle(stored):
        if not willing:
            raise Reject("no room\nfor it")
        taken.append(stored.event.commit)

    assert (await hub.fleet("events", "dead")).err == "No dead letters.\n"
    async with running(Subscriber("archive").on(GitCommitDetected, handle), hub.bus):
        await hub.bus.publish(a_commit(1), source="test")

        async def is_listed():
            return "archive" in (await hub.fleet("events", "dead", "list")).out

        await eventually(is_listed)
        heading, row = (await hub.fleet("events", "dead")).rows
        assert heading == ["SEQ", "TIME", "SERVICE", "EVENT", "MESSAGE", "REASON"]
        number = row[0]
        assert row[3:] == ["archive", "git-commit-detected", "COMMITS:1", "no", "room..."]
        again = await hub.fleet("events", "dead", "replay", number)
        assert (again.code, "no room" in again.err) == (1, True)
        willing = True
        done = await hub.fleet("events", "dead", "replay", number)
        assert (done.code, done.out) == (0, f"dead letter {number} handled\n")
    assert taken == [a_commit(1).commit]
    assert (await hub.fleet("events", "dead", "-o", "json")).out == ""
    assert "dead letter 7" in (await hub.fleet("events", "dead", "replay", "7")).err


async def test_events_can_be_followed(hub):
    await hub.bus.publish(a_commit(1), source="test")
    process = await asyncio.create_subprocess_exec(
        str(FLEET), "events", "--follow", *hub.to, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(20):
            assert b"commit 000000000000 detected" in await process.stdout.readline()
            await hub.bus.publish(a_commit(2, gitrepo="shop"), source="test")
            assert b"detected on main of fleet-default/shop" in await process.stdout.readline()
    finally:
        process.terminate()
        await process.wait()


async def test_a_hub_that_is_not_there_is_said_with_what_to_do(tmp_path):
    done = await fleet("get", "gitrepos", "--data", str(tmp_path / "none"))
    assert done.code == 1
    assert f"there is no hub in {tmp_path / 'none'}: start it with `fleet up --data" in done.err
    away = await fleet("get", "gitrepos", "--server", "nats://127.0.0.1:9")
    assert away.code == 1
    assert "check the URL" in away.err
