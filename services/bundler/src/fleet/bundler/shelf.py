"""All bundle records of the hub in memory, as the stream has them: one small row per name."""

from collections.abc import Callable, Iterable, Mapping

from fleet.bundler.domain.rows import Row, row_of
from fleet.bus import Bus
from fleet.events import BundleRendered, BundleRetired

Changed = Callable[[Row], None]


class Shelf:
    """Follows BUNDLES. What it says may be a moment old; whoever writes compares and sets."""

    def __init__(self, bus: Bus) -> None:
        self._feed = bus.follow(BundleRendered, BundleRetired)
        self._rows: dict[str, dict[str, Row]] = {}
        self._snapshot = 0

    async def run(self, changed: Changed) -> None:
        """Keep the rows up to date until cancelled; `changed` hears of each one that is new."""
        async for stored in self._feed:
            if self._feed.snapshot != self._snapshot:
                self._snapshot = self._feed.snapshot
                self._rows.clear()
            if isinstance(event := stored.event, BundleRendered | BundleRetired):
                row = row_of(event, stored.sequence)
                self.note(row)
                changed(row)

    async def ready(self) -> None:
        """Wait until the present was read whole; after a loss of the stream it is read again."""
        await self._feed.caught_up()

    def note(self, row: Row) -> None:
        """Take up a record, such as one just written; an older one than is known changes nothing."""
        rows = self._rows.setdefault(row.workspace, {})
        known = rows.get(row.bundle)
        if known is None or known.sequence < row.sequence:
            rows[row.bundle] = row

    def rows(self, workspace: str) -> Mapping[str, Row]:
        """The rows of a workspace by bundle name."""
        return self._rows.get(workspace, {})

    def free(self, workspace: str, names: Iterable[str]) -> list[str]:
        """Those of these names that no bundle has."""
        rows = self.rows(workspace)
        return [name for name in names if not ((row := rows.get(name)) and row.rendered)]

    def of_owner(self, workspace: str, uid: str) -> list[Row]:
        """All rows that this owner wrote last, retired ones too."""
        return [row for row in self.rows(workspace).values() if row.owner.uid == uid]

    def rendered_for(self, workspace: str, kind: str, name: str) -> list[Row]:
        """The bundles of all objects, living or gone, that had this name."""
        return [
            row
            for row in self.rows(workspace).values()
            if row.rendered and row.owner.name == name and row.owner.kind == kind
        ]
