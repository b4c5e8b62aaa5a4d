"""The `reading` part of an object's view: written when it says something new."""

from datetime import UTC, datetime

from fleet.bundler.domain.outcome import Outcome, conditions
from fleet.bundler.publisher import SOURCE
from fleet.bus import Bus
from fleet.events import ObjectMeta, ViewPart, timestamp


class ReadingViews:
    """Writes VIEWS; this service is the only writer of these parts."""

    def __init__(self, *, bus: Bus) -> None:
        self._bus = bus

    async def show(self, kind: str, metadata: ObjectMeta, outcome: Outcome, *, generation: int) -> None:
        """Store how a reading ended. `generation` is that of the object that was read."""
        found = await self._bus.last(
            ViewPart, kind=kind, workspace=metadata.namespace, name=metadata.name, part="reading"
        )
        before = found.event if found and found.event.uid == metadata.uid else None
        part = ViewPart(
            kind=kind,
            workspace=metadata.namespace,
            name=metadata.name,
            part="reading",
            uid=metadata.uid,
            observed_generation=generation,
            status={"reading": outcome.reading(before.status.get("reading", {}) if before else {})},
            conditions=conditions(outcome.failure, before, timestamp(datetime.now(UTC))),
        )
        if not part.same_as(before):
            await self._bus.publish(part, source=SOURCE)

    async def forget(self, kind: str, workspace: str, name: str) -> None:
        """Remove the part of an object that is gone. Raises BusError."""
        await self._bus.purge(ViewPart, kind=kind, workspace=workspace, name=name, part="reading")

    async def stalled(self) -> list[tuple[str, str, str]]:
        """Kind, workspace and name of every object whose last reading is stalled."""
        return [
            (stored.event.kind, stored.event.workspace, stored.event.name)
            async for stored in self._bus.present(ViewPart, part="reading")
            if any(c.type == "Stalled" and c.status == "True" for c in stored.event.conditions)
        ]
