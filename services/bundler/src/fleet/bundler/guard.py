"""Asks the Policies of a workspace, and the GitRepo itself, whether a commit may take bundles away."""

from fleet.bundler.domain.guard import Loss, held, is_approved, removed_share
from fleet.bundler.domain.outcome import Failure
from fleet.bundler.domain.records import Reading
from fleet.bus import Bus
from fleet.events import GitCommitDetected, Resource

POLICY = "policy"


class Held(Exception):
    """A commit takes away so many bundles that a person must approve of it; `failure` is what to show."""

    def __init__(self, failure: Failure, loss: Loss) -> None:
        self.failure = failure
        self.loss = loss
        super().__init__(failure.message)


class Guard:
    """Holds what removes a share of a repository's bundles until a person approves of that commit."""

    def __init__(self, *, bus: Bus) -> None:
        self._bus = bus

    async def check(self, reading: Reading, loss: Loss) -> None:
        """Let a reading pass. Raises Held where it needs an approval that is not there."""
        cause = reading.cause.event
        if not loss.gone or not isinstance(cause, GitCommitDetected):
            return
        share = removed_share(await self._policies(reading.workspace))
        if loss.reaches(share) and not await self._is_approved(reading):
            owner = reading.owner
            at = f"{cause.repo}@{reading.commit[:12]}"
            raise Held(held(loss, share, name=owner.name, workspace=reading.workspace, at=at), loss)

    async def _policies(self, workspace: str) -> list[dict[str, object]]:
        found = self._bus.present(Resource, kind=POLICY, workspace=workspace)
        last = {stored.subject: stored.event async for stored in found}
        return [record.spec for record in last.values() if not record.deleted]

    async def _is_approved(self, reading: Reading) -> bool:
        """As the object says now, not as it said when the reading began."""
        owner = reading.owner
        kind, workspace = owner.kind.lower(), reading.workspace
        found = await self._bus.last(Resource, kind=kind, workspace=workspace, name=owner.name)
        if found is None or found.event.metadata.uid != owner.uid:
            return False
        return is_approved(found.event.metadata.annotations, reading.commit, reading.commit_sequence)
