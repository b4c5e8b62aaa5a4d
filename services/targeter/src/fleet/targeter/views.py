"""Writes the targeter's parts of views: the first change at once, then not more than one a second."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from fleet.bus import Bus
from fleet.events import Condition, Stored, ViewPart, timestamp
from fleet.targeter.bells import Bells, rung
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.pace import Pace, is_result
from fleet.targeter.domain.rollup import Rollups
from fleet.targeter.domain.work import ViewKey

SOURCE = "targeter"
_AT_ONCE = 64
_LOOK = 0.05
_BREATH = 0.01
_log = structlog.get_logger("fleet.targeter")


class Views:
    """The parts as they stand in VIEWS, and what is to be written of them."""

    def __init__(
        self, *, bus: Bus, estate: Estate, bells: Bells, now: Callable[[], datetime], held: Callable[[], bool]
    ) -> None:
        self._bus = bus
        self._estate = estate
        self._work = estate.work
        self._bells = bells
        self._now = now
        self._held = held
        self._rollups = Rollups(estate)
        self._present: dict[ViewKey, tuple[int, ViewPart]] = {}
        self._writing: dict[ViewKey, ViewPart] = {}
        self._paces: dict[ViewKey, Pace] = {}
        self._not_before: dict[ViewKey, float] = {}
        self._waiting: dict[ViewKey, float] = {}

    def heard(self, stored: Stored[ViewPart]) -> None:
        """Take over a part as the stream has it; one that somebody else wrote is looked at again."""
        part = stored.event
        key = (part.kind, part.workspace, part.name)
        sequence = self._present[key][0] if key in self._present else 0
        if stored.sequence <= sequence or part == self._writing.get(key):
            return
        self._present[key] = (stored.sequence, part)
        self._work.show(key)

    def acted(self) -> list[ViewPart]:
        """The parts that name the set of bundles which was acted on last."""
        return [part for _, part in self._present.values() if "rollup" in part.status]

    async def run(self) -> None:
        """Write what changes until cancelled. Raises BusError when a part cannot be stored."""
        while True:
            wait = await self.write()
            await asyncio.sleep(_BREATH)  # what comes together is looked at together
            await rung(self._bells.views, within=wait)

    async def write(self) -> float | None:
        """Write what is due; gives the seconds until more is, None when nothing waits."""
        if self._estate.planning:
            return _LOOK  # half of a plan is nothing to show
        self._show_groups()
        await self._end()
        clock = asyncio.get_running_loop().time
        due = sorted(self._due(clock()))
        for start in range(0, len(due), _AT_ONCE):
            if not self._held():
                return None
            await asyncio.gather(*(self._look(key, clock()) for key in due[start : start + _AT_ONCE]))
        times = [*self._waiting.values(), *(self._not_before.get(key, 0.0) for key in self._work.views)]
        return max(0.0, min(times) - clock()) if times else None

    def _due(self, now: float) -> set[ViewKey]:
        """What changed and was not looked at a moment ago, and what waited for its turn long enough."""
        changed = {key for key in self._work.views if self._not_before.get(key, 0.0) <= now}
        return changed | {key for key, at in self._waiting.items() if at <= now}

    async def _look(self, key: ViewKey, now: float) -> None:
        self._work.views.discard(key)
        self._waiting.pop(key, None)
        self._not_before[key] = now + _LOOK
        part = self._rollups.part(key)
        present = self._present[key][1] if key in self._present else None
        if part is None or part.same_as(present):
            return
        pace = self._paces.setdefault(key, Pace(since=now))
        if wait := pace.wait(now, result=is_result(part)):
            self._waiting[key] = now + wait
            return
        pace.spend(now)
        await self._put(key, part, present)

    async def _put(self, key: ViewKey, part: ViewPart, present: ViewPart | None) -> None:
        timed = part.model_copy(update={"conditions": self._timed(part.conditions, present)})
        self._writing[key] = timed
        sequence = await self._bus.publish(timed, source=SOURCE)
        del self._writing[key]
        self._present[key] = (sequence, timed)

    async def _end(self) -> None:
        """Remove the parts of objects that are gone."""
        gone, self._work.gone = self._work.gone, set()
        for key in sorted(gone & self._present.keys()):
            kind, workspace, name = key
            await self._bus.purge(ViewPart, kind=kind, workspace=workspace, name=name, part="rollup")
            self._present.pop(key, None)
            self._paces.pop(key, None)
            self._not_before.pop(key, None)
            self._waiting.pop(key, None)

    def _show_groups(self) -> None:
        moved, self._work.moved = self._work.moved, {}
        for workspace, members in moved.items():
            for group in self._estate.clusters.index.groups([workspace]):
                if group.members & members or ("clustergroup", workspace, group.name) not in self._present:
                    self._work.show(("clustergroup", workspace, group.name))

    def _timed(self, conditions: tuple[Condition, ...], present: ViewPart | None) -> tuple[Condition, ...]:
        """Conditions with the time since when they say what they say."""
        before = {c.type: c for c in present.conditions} if present else {}
        return tuple(self._since(condition, before.get(condition.type)) for condition in conditions)

    def _since(self, condition: Condition, before: Condition | None) -> Condition:
        if before and condition == before.model_copy(update={"last_update_time": ""}):
            return before
        return condition.model_copy(update={"last_update_time": timestamp(self._now())})
