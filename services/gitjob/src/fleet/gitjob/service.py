"""gitjob: follows GitRepos, looks at git for them and says which commit they stand at."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from fleet.bus import Bus, BusError, Conflict, Feed, Heard
from fleet.events import GitCommitDetected, InvalidEvent, LookAsked, Resource, ViewPart
from fleet.gitjob.domain.news import detected, id_of, is_news
from fleet.gitjob.domain.source import Failed, Found, Outcome, is_due, source_view
from fleet.gitjob.domain.watch import Key, Watch, watch_of
from fleet.gitjob.poller import Poller
from fleet.gitjob.question import Git, Question
from fleet.runtime import Health, current_traceparent, span

NAME = "gitjob"

_log = structlog.get_logger("fleet.gitjob")


@dataclass(frozen=True, slots=True)
class Published:
    """What COMMITS holds last for a GitRepo, and its sequence."""

    event: GitCommitDetected
    sequence: int


class Gitjob:
    """Watches every GitRepo. What it knows of COMMITS and VIEWS is read from there when it starts."""

    def __init__(self, *, bus: Bus, git: Git, health: Health) -> None:
        self._bus = bus
        self._git = git
        self._health = health
        self._published: dict[Key, Published] = {}
        self._views: dict[Key, ViewPart] = {}
        self._places: dict[Key, Question] = {}
        self._pollers: dict[Question, Poller] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        self._health.waiting("gitrepos", "reading what was published")
        commits = self._bus.follow(GitCommitDetected)
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._follow_commits(commits))
            await commits.caught_up()
            async for view in self._bus.present(ViewPart, kind="gitrepo", part="source"):
                self._views[Key(view.event.workspace, view.event.name)] = view.event
            self._health.ready("gitrepos")
            async with self._bus.listen(LookAsked.subject_filter(), self._look):
                await self._follow_gitrepos(self._bus.follow(Resource, kind="gitrepo"))

    async def _follow_commits(self, feed: Feed[GitCommitDetected]) -> None:
        async for stored in feed:
            event = stored.event
            self._published[Key(event.workspace, event.gitrepo)] = Published(event, stored.sequence)

    async def _follow_gitrepos(self, feed: Feed[Resource]) -> None:
        snapshots: dict[Key, int] = {}
        checked = 0
        async for stored in feed:
            record = stored.event
            key = Key(record.workspace, record.name)
            snapshots[key] = feed.snapshot
            if record.deleted:
                await self._forget(key)
            else:
                self.place(watch_of(record))
            if feed.is_caught_up and checked != feed.snapshot:
                checked = feed.snapshot
                for gone in [k for k, snapshot in snapshots.items() if snapshot < feed.snapshot]:
                    del snapshots[gone]
                    await self._forget(gone)

    async def _look(self, heard: Heard) -> None:
        """A hint that there may be news; whether there are is for git to say."""
        try:
            event = LookAsked.parse(heard.payload)
        except InvalidEvent:
            return
        if question := self._places.get(Key(event.workspace, event.gitrepo)):
            self._pollers[question].wake()

    def place(self, watch: Watch) -> None:
        """Give a GitRepo to the poller that asks its question, as its spec and its secret are now."""
        question = self._git.question(watch)
        before = self._places.get(watch.key)
        if before is not None and before != question:
            self._pollers[before].leave(watch.key)
        self._places[watch.key] = question
        if question not in self._pollers:
            poller = Poller(question, git=self._git, tell=self.tell, review=self.place)
            self._pollers[question] = poller
            poller.join(watch)
            self._tasks.create_task(self._run(question, poller))
        else:
            self._pollers[question].join(watch)

    async def _run(self, question: Question, poller: Poller) -> None:
        await poller.run()
        del self._pollers[question]

    async def _forget(self, key: Key) -> None:
        """Stop watching a GitRepo that is gone, and take its part of the view away."""
        question = self._places.pop(key, None)
        if question is not None:
            self._pollers[question].leave(key)
        view = self._views.pop(key, None)
        if view is None:
            return
        try:
            names = {"kind": view.kind, "workspace": view.workspace, "name": view.name, "part": view.part}
            await self._bus.purge(ViewPart, **names)
        except BusError as error:  # readers go by its uid; the next start finds it and tries again
            _log.warning("view not removed", workspace=key.workspace, name=key.name, error=str(error))

    async def tell(self, watch: Watch, outcome: Outcome, now: datetime) -> None:
        """Publish what is news and show how the look ended. Raises BusError: the next look tries again."""
        if isinstance(outcome, Found):
            await self._announce(watch, outcome)
        before = self._views.get(watch.key)
        view = source_view(watch, outcome, now=now, before=before)
        if not is_due(view, before):
            return
        if isinstance(outcome, Failed) and (before is None or before.conditions != view.conditions):
            _log.warning(
                "poll failed", workspace=watch.key.workspace, name=watch.key.name, error=outcome.message
            )
        await self._bus.publish(view, source=NAME)
        self._views[watch.key] = view

    async def _announce(self, watch: Watch, found: Found) -> None:
        """Publish a commit unless it was; when somebody else wrote first, look at that and decide anew."""
        event = detected(watch, commit=found.commit, repo=found.repo)
        while True:
            last = self._published.get(watch.key)
            if not is_news(event, last.event if last else None):
                return
            after = last.sequence if last else 0
            try:
                sequence = await self._publish(event, after)
            except Conflict:
                await self._read_again(watch.key)
                continue
            self._published[watch.key] = Published(event, sequence)
            return

    async def _publish(self, event: GitCommitDetected, after: int) -> int:
        id = id_of(event, after=after)
        with span("gitjob.publish"):
            trace = current_traceparent()
            sequence = await self._bus.publish(
                event,
                source=NAME,
                id=id,
                correlation_id=id,
                expect=after,
                headers={"traceparent": trace} if trace else None,
            )
        _log.info(
            "commit detected",
            workspace=event.workspace,
            name=event.gitrepo,
            commit=event.commit,
            correlation_id=id,
        )
        return sequence

    async def _read_again(self, key: Key) -> None:
        last = await self._bus.last(GitCommitDetected, workspace=key.workspace, gitrepo=key.name)
        if last is None:
            self._published.pop(key, None)
        else:
            self._published[key] = Published(last.event, last.sequence)
