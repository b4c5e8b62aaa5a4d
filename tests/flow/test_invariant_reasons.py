"""Invariant 8: a state that is not Ready says which hop, since when, why, and what happens next."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.gitserver import Repository
from support.live import LiveHub, a_gitrepo, live_hub

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {number: '%d'}\n"
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: unready}
spec:
  selector: {matchLabels: {app: unready}}
  template:
    metadata: {labels: {app: unready}}
    spec:
      containers: [{name: main, image: registry.example/app:1, envFrom: [{configMapRef: {name: absent}}]}]
"""
CLOCK = timedelta(seconds=2)
"""Times in a status are cut to whole seconds."""


class Story:
    """A hub, repositories that are in trouble each in its own way, and one that comes along when it can."""

    def __init__(self, hub: LiveHub) -> None:
        self.hub = hub
        self.began = datetime.now(UTC)
        self.web, self.held = hub.repository("web"), hub.repository("held")
        self.number = 0

    async def begin(self) -> None:
        """Deliver two, then declare those that cannot come along."""
        hub = self.hub
        broken, unready = hub.repository("broken"), hub.repository("unready")
        broken.commit({"fleet.yaml": "helm: [\n", "a.yaml": CONFIG % ("broken", 1)})
        unready.commit({"a.yaml": WORKLOAD})
        await hub.apply(a_gitrepo("web", self.web.url), a_gitrepo("held", self.held.url))
        await hub.delivered("web", self.commit(self.web))
        await hub.delivered("held", self.commit(self.held))
        await hub.apply(
            a_gitrepo("gone", f"{self.web.url}.gone"),
            a_gitrepo("broken", broken.url),
            a_gitrepo("unready", unready.url),
            a_gitrepo("held", self.held.url, paused=True),
        )
        await hub.ready("gitrepo/held")
        self.commit(self.held)

    def commit(self, repository: Repository) -> str:
        """A commit that changes the only bundle of a repository."""
        self.number += 1
        return repository.commit({"a.yaml": CONFIG % (repository.folder.stem, self.number)})

    @contextmanager
    def stopped(self, process: str) -> Iterator[None]:
        """A program stands still while the block runs."""
        pid = self.hub.pid(process)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def waits_at(self, hop: str, what: str, *words: str) -> None:
        """Wait until an object says that it waits at this hop and why; it must also say the rest."""
        found: dict[str, Any] = {}

        async def says_so() -> bool:
            nonlocal found
            found = (await self.hub.object(what)).get("status", {})
            place = found.get("hop", {})
            return place.get("hop") == hop and all(word in place["why"] for word in words)

        await self.hub.until(f"{what} waits at the {hop}: {words}", says_so, lambda: found)
        ready = next(one for one in found["conditions"] if one["type"] == "Ready")
        assert ready["status"] == "False"
        since = datetime.fromisoformat(found["hop"]["since"])
        assert self.began - CLOCK <= since <= datetime.now(UTC) + CLOCK
        assert found["hop"]["next"]
        assert f"hop: {hop}" in (await self.hub.fleet("describe", what)).out


async def test_whatever_is_not_ready_says_where_since_when_why_and_what_next(tmp_path: Path) -> None:
    async with live_hub(tmp_path, "edge:env=live") as hub:
        story = Story(hub)
        await story.begin()
        with story.stopped("gateway"):
            story.commit(story.web)
            await story.waits_at("gitjob", "gitrepo/gone", "repository not found")
            await story.waits_at("bundler", "gitrepo/broken", "fleet.yaml:2", "not valid YAML")
            await story.waits_at("targeter", "gitrepo/held", "is paused")
            await story.waits_at("targeter", "bundle/held", "is paused")
            await story.waits_at("cluster", "gitrepo/unready", "deployment.apps default/unready")
            await story.waits_at("cluster", "bundle/unready", "deployment.apps default/unready")
            await story.waits_at("agent", "bundle/web", "agent.content")
        await hub.ready("gitrepo/web")

        with story.stopped("agent"):
            story.commit(story.web)
            await story.waits_at("wake", "bundle/web", "has not taken generation", "last heard of")
            await story.waits_at("wake", "gitrepo/web", "has not taken generation")
            await story.waits_at("wake", "bundledeployment/web", "has not taken generation")
        await hub.ready("gitrepo/web")

        with story.stopped("bundler"):
            story.commit(story.web)
            await story.waits_at("bundler", "gitrepo/web", "waiting for the commit to be read")
        await hub.ready("gitrepo/web")

        with story.stopped("targeter"):
            story.commit(story.web)
            await story.waits_at("targeter", "gitrepo/web", "waiting for the bundles to be targeted")
        await hub.ready("gitrepo/web")
