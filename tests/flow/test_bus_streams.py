"""Streams on a real server: made, migrated forward, never back."""

from pathlib import Path

from fleet.bus import Bus
from fleet.events import GitCommitDetected
from support.nats import running_nats


def commit(number: int, *, gitrepo: str = "web") -> GitCommitDetected:
    return GitCommitDetected(
        workspace="fleet-default",
        gitrepo=gitrepo,
        uid="u",
        generation=1,
        repo="https://git.example/web",
        branch="main",
        commit=f"{number:040x}",
    )


async def test_streams_are_made_once_and_hold_what_is_published(tmp_path: Path) -> None:
    async with running_nats(tmp_path) as server, await Bus.connect(server.url, name="t") as bus:
        await bus.ensure_streams()
        await bus.ensure_streams()
        sequence = await bus.publish(commit(1), source="gitjob")
        last = await bus.last(GitCommitDetected, workspace="fleet-default", gitrepo="web")
        assert last is not None
        assert last.sequence == sequence
        assert last.event == commit(1)
        found = [one.event async for one in bus.present(GitCommitDetected)]
        assert found == [commit(1)]
        feed = bus.follow(GitCommitDetected)
        assert (await anext(feed)).event == commit(1)
        await bus.publish(commit(2), source="gitjob", expect=sequence)
        assert (await anext(feed)).event == commit(2)
        assert feed.is_caught_up
        await server.restart()
        await bus.publish(commit(3), source="gitjob")
        assert (await anext(feed)).event == commit(3)
        assert feed.snapshot == 1
