"""Where commits come from: git, through the cache; and how their paths become a tree to read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.exchange import Task
from fleet.bundler.hosts import Hosts
from fleet.bundler.pool import ReaderPool
from fleet.git import declared_remote, fetch
from fleet.vault import SecretStore


class CommitSource:
    """Fetches commits, some of each host at a time, and has them read."""

    def __init__(self, *, cache: Path, secrets: SecretStore, pool: ReaderPool) -> None:
        self._cache = cache
        self._secrets = secrets
        self._pool = pool
        self._hosts = Hosts()

    async def read(
        self, workspace: str, spec: Mapping[str, Any], commit: str, order: Order
    ) -> list[ReadBundle]:
        """Read the bundles of a GitRepo at a commit.

        Raises:
            GitError: the repository or the commit could not be had.
            BadInput: something in it, or in the GitRepo, is wrong.
            ReadingFailed: it took too long, or its process died.
            HostBusy: too many commits of its host are waited for already.
        """
        remote = declared_remote(spec, workspace=workspace, secrets=self._secrets)
        async with self._hosts.enter(remote.host):
            await self._pool.warm()
            # A cache of its own for each workspace: who knows a commit's id can read it from there.
            tree = await fetch(remote, commit, self._cache / workspace)
        answer = await self._pool.carry_out(Task(order, await tree.listing(), commit), tree.contents)
        return answer.bundles
