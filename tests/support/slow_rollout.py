"""One pass over partitions again, deployment by deployment and as obviously as possible.

It shares nothing with the targeter: ids are texts, and every step is done for one cluster after the other.
"""

from dataclasses import dataclass

NEW = "new"


@dataclass
class Deployment:
    """What is known of a bundle on one cluster; None for what was never set."""

    staged: str = ""
    current: str = ""
    applied: str = ""
    ready: bool = False

    @property
    def unavailable(self) -> bool:
        return self.applied != self.current or not self.ready

    @property
    def up_to_date(self) -> bool:
        return self.staged == self.current == self.applied == NEW


@dataclass
class Target:
    """A cluster that is to have the bundle."""

    deployment: Deployment | None = None
    paused: bool = False


@dataclass
class Group:
    """A partition: positions of its targets, and its limit."""

    members: list[int]
    limit: int


def walk(
    targets: list[Target], groups: list[Group], *, limit: int, groups_limit: int, max_new: int
) -> dict[str, object]:
    """Change the targets as one pass does; give what it counted."""
    unavailable = sum(1 for target in targets if target.deployment and target.deployment.unavailable)
    counts = [
        sum(1 for n in group.members if (d := targets[n].deployment) and d.unavailable) for group in groups
    ]
    created: list[int] = []
    promoted: list[int] = []
    bad = 0
    for number, group in enumerate(groups):
        for n in group.members:
            if targets[n].deployment is None and len(created) < max_new:
                targets[n].deployment = Deployment()
                created.append(n)
            if (found := targets[n].deployment) is not None:
                found.staged = NEW
        for n in group.members:
            found = targets[n].deployment
            if found is None or targets[n].paused or found.current == found.staged:
                continue
            room = unavailable < limit and counts[number] < group.limit
            if not (room or found.unavailable):
                continue
            if not found.unavailable:
                unavailable += 1
                counts[number] += 1
            found.current = found.staged
            promoted.append(n)
        counts[number] = 0
        for n in group.members:
            found = targets[n].deployment
            if found is None or not found.up_to_date or found.unavailable:
                counts[number] += 1
        bad += counts[number] > group.limit
        if bad > groups_limit:
            break
    return {
        "created": sorted(created),
        "promoted": sorted(promoted),
        "unavailable": unavailable,
        "counts": counts,
        "unavailable_partitions": bad,
    }
