"""Writes the targeter's parts of views: the first change at once, then at most one a second per object."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from fleet.bus import Bus
from fleet.events import Condition, Stored, ViewPart, timestamp
from fleet.targeter.bells import Bells, rung
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.rollup import Rollups
from fleet.targeter.domain.work import ViewKey

SOURCE = "targeter"
PAUSE = 1.0
"""Seconds between two writes of one object's part."""

_AT_ONCE = 64
_log = structlog.get_logger("fleet.targeter")


class Views:
    """The parts as they stand in VIEWS, and what is to be written of them."""

    def __init__(
        self, *, bus: Bus, estate: Estate, bells: Bells, now: Callable[[], datetime], held: Callable[[], bool]
    ) -> None:
        self._bus = bus
        self._estate = estate
        self._bells = bells
        self._now = now
        self._held = held
        self._rollups = Rollups(estate)
        self._present: dict[ViewKey, tuple[int, ViewPart]] = {}
        self._writing: dict[ViewKey, ViewPart] = {}
        self._not_before: dict[ViewKey, float] = {}

    def heard(self, stored: Stored[ViewPart]) -> None:
        """Take over a part as the stream has it; one that somebody else wrote is looked at again."""
        part = stored.event
        key = (part.kind, part.workspace, part.name)
        sequence = self._present[key][0] if key in self._present else 0
        if stored.sequence <= sequence or part == self._writing.get(key):
            return
        self._present[key] = (stored.sequence, part)
        self._estate.work.show(key)

    def acted(self) -> list[ViewPart]:
        """The parts that name the set of bundles which was acted on last."""
        return [part for _, part in self._present.values() if "rollup" in part.status]

    async def run(self) -> None:
        """Write what changes until cancelled. Raises BusError when a part cannot be stored."""
        while True:
            wait = await self.write()
            await rung(self._bells.views, within=wait)

    async def write(self) -> float | None:
        """Write what is due; gives the seconds until more is, None when nothing waits."""
        self._show_groups()
        await self._end()
        clock = asyncio.get_running_loop().time
        work = self._estate.work
        due = [key for key in sorted(work.views) if self._not_before.get(key, 0.0) <= clock()]
        for start in range(0, len(due), _AT_ONCE):
            if not self._held():
                return None
            await asyncio.gather(*(self._put(key) for key in due[start : start + _AT_ONCE]))
        waiting = [self._not_before.get(key, 0.0) for key in work.views]
        return max(0.0, min(waiting) - clock()) if waiting else None

    async def _put(self, key: ViewKey) -> None:
        self._estate.work.views.discard(key)
        part = self._rollups.part(key)
        present = self._present[key][1] if key in self._present else None
        if part is None or part.same_as(present):
            return
        timed = part.model_copy(update={"conditions": self._timed(part.conditions, present)})
        self._not_before[key] = asyncio.get_running_loop().time() + PAUSE
        self._writing[key] = timed
        sequence = await self._bus.publish(timed, source=SOURCE)
        del self._writing[key]
        self._present[key] = (sequence, timed)

    async def _end(self) -> None:
        """Remove the parts of objects that are gone."""
        gone, self._estate.work.gone = self._estate.work.gone, set()
        for key in sorted(gone & self._present.keys()):
            kind, workspace, name = key
            await self._bus.purge(ViewPart, kind=kind, workspace=workspace, name=name, part="rollup")
            self._present.pop(key, None)
            self._not_before.pop(key, None)

    def _show_groups(self) -> None:
        moved, self._estate.work.moved = self._estate.work.moved, {}
        for workspace, members in moved.items():
            for group in self._estate.clusters.index.groups([workspace]):
                if group.members & members or ("clustergroup", workspace, group.name) not in self._present:
                    self._estate.work.show(("clustergroup", workspace, group.name))

    def _timed(self, conditions: tuple[Condition, ...], present: ViewPart | None) -> tuple[Condition, ...]:
        """Conditions with the time since when they say what they say."""
        before = {c.type: c for c in present.conditions} if present else {}
        return tuple(self._since(condition, before.get(condition.type)) for condition in conditions)

    def _since(self, condition: Condition, before: Condition | None) -> Condition:
        if before and condition == before.model_copy(update={"last_update_time": ""}):
            return before
        return condition.model_copy(update={"last_update_time": timestamp(self._now())})
