"""What is to be done: clusters to write, bundles to announce, views to look at."""

from dataclasses import dataclass, field

from pyroaring import BitMap

from fleet.events import ClusterRecord, Resource, Stored
from fleet.targeter.domain.sets import BundleKey, Record

ViewKey = tuple[str, str, str]
"""Kind, workspace and name of an object that has a view."""

Cause = Stored[Record] | Stored[ClusterRecord] | Stored[Resource]
"""What led to a manifest: a bundle's record, or a change of a cluster or a group."""


@dataclass(slots=True)
class Work:
    """Marks that events leave and that writers take up.

    `replan` has the bundles of which it may be the turn of more clusters.
    `dirty` has the clusters whose manifest may differ from the one that is written, `again` those that
    are written whether it differs or not. `waves` has the bundles of which a new version goes out,
    `shifted` all whose clusters changed. `views` has the objects whose view may have changed, `gone`
    those that have none any more. `moved` has, by workspace, the clusters whose deployments changed
    state or number: their groups' views follow. `commits` and `changes` have why clusters are written.
    """

    dirty: BitMap = field(default_factory=BitMap)
    again: BitMap = field(default_factory=BitMap)
    replan: set[BundleKey] = field(default_factory=set)
    waves: set[BundleKey] = field(default_factory=set)
    shifted: set[BundleKey] = field(default_factory=set)
    views: set[ViewKey] = field(default_factory=set)
    gone: set[ViewKey] = field(default_factory=set)
    moved: dict[str, BitMap] = field(default_factory=dict)
    commits: list[tuple[BitMap, Cause]] = field(default_factory=list)
    changes: dict[int, Cause] = field(default_factory=dict)

    @property
    def to_write(self) -> BitMap:
        """The clusters to look at."""
        return self.dirty | self.again

    def because(self, members: BitMap, cause: Cause) -> None:
        """Remember a bundle's record that changed what these clusters run."""
        self.commits.append((members, cause))

    def because_of_change(self, members: BitMap, cause: Cause) -> None:
        """Remember a record of a cluster or a group that changed what these clusters run."""
        self.changes.update(dict.fromkeys(members, cause))

    def cause(self, ordinal: int) -> Cause | None:
        """What led to a cluster's manifest: the last commit, or else the change of the cluster itself."""
        commit = next((cause for members, cause in reversed(self.commits) if ordinal in members), None)
        return commit or self.changes.get(ordinal)

    def take(self, ordinal: int) -> bool:
        """Take a cluster up; whether it must be written even if nothing differs."""
        again = ordinal in self.again
        self.dirty.discard(ordinal)
        self.again.discard(ordinal)
        return again

    def take_waves(self) -> tuple[set[BundleKey], set[BundleKey]]:
        """Take up the bundles to announce, and all whose clusters changed."""
        waves, shifted = self.waves, self.shifted
        self.waves, self.shifted = set(), set()
        return waves, shifted

    def forget_causes(self, commits: int) -> None:
        """Drop the first so many commits, which are written, and all causes when nothing is left to write."""
        del self.commits[:commits]
        if not self.to_write:
            self.commits.clear()
            self.changes.clear()

    def show(self, key: ViewKey) -> None:
        """Look at an object's view again."""
        self.views.add(key)

    def end(self, key: ViewKey) -> None:
        """An object is gone, and so is its view; should it come back, its view is made anew."""
        self.views.discard(key)
        self.gone.add(key)

    def move(self, workspace: str, members: BitMap) -> None:
        """The deployments of these clusters changed."""
        self.moved.setdefault(workspace, BitMap()).update(members)
