"""GitRepos that ask the same question share its answer, but not what goes wrong in telling one of them."""

import asyncio
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from fleet.bus import Refused
from fleet.gitjob.domain.source import Found, Outcome
from fleet.gitjob.domain.watch import Key, Watch
from fleet.gitjob.gate import Gate
from fleet.gitjob.poller import Poller
from fleet.gitjob.question import Git
from fleet.vault import Keyring, SecretStore
from support.gitserver import Repository
from support.waiting import eventually


def a_watch(name: str, repository: Repository, *, polling: bool = True) -> Watch:
    return Watch(
        key=Key("fleet-default", name),
        uid=name,
        generation=1,
        interval=0.05,
        polling=polling,
        spec={"repo": repository.url},
    )


@pytest.mark.parametrize("error", [Refused("publishing", 400, "too large"), KeyError("a bug")], ids=repr)
@pytest.mark.parametrize("polling", [True, False], ids=["polled", "looked at when it changes"])
async def test_one_that_cannot_be_told_hides_no_commit_from_those_behind_it(
    tmp_path: Path, error: Exception, polling: bool
) -> None:
    repository = Repository(tmp_path / "shop.git")
    commit = repository.commit({"a.yaml": "a: 1\n"})
    secrets = SecretStore(tmp_path / "secrets", keyring=Keyring.open(tmp_path / "keys"))
    git = Git(secrets=secrets, gate=Gate(), local=True)
    told = Counter[str]()
    asked = Counter[str]()

    async def tell(watch: Watch, outcome: Outcome, now: datetime) -> None:
        asked[watch.key.name] += 1
        assert outcome == Found(commit, repository.url)
        if watch.key.name == "untellable" and asked[watch.key.name] < 3:
            raise error
        told[watch.key.name] += 1

    def review(watch: Watch) -> None:
        if watch.key.name == "unreadable" and asked[watch.key.name] < 3:
            raise error

    watches = [a_watch(name, repository, polling=polling) for name in ("unreadable", "untellable", "good")]
    poller = Poller(git.question(watches[0]), git=git, tell=tell, review=review)
    for watch in watches:
        poller.join(watch)
    task = asyncio.create_task(poller.run())

    async def all_told() -> bool:
        return told["good"] >= 1 and told["unreadable"] >= 1 and told["untellable"] >= 1

    await eventually(all_told)
    for watch in watches:
        poller.leave(watch.key)
    await task
    assert asked["untellable"] >= 3, "it was tried again until it worked"
    assert told["good"] >= asked["untellable"] - 1, "at every look"
