"""What was written to each cluster and what it said last, as the streams have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Self

from fleet.events import DeploymentReported, DeploymentTargeted, Heartbeat
from fleet.targeter.domain.states import Report

ClusterKey = tuple[str, str]
"""Workspace and name of a cluster."""

LOST_AT_MOST = 2**20
"""How many manifests of one cluster a stream may have lost; an agent that says more is not believed."""


@dataclass(frozen=True, slots=True)
class Written:
    """The present DESIRED message of a cluster, without what stands inline.

    `changed` has the entries that came with this write, as far as known; `since` is when it was stored,
    seconds since 1970.
    """

    uid: str
    epoch: int
    generation: int
    digest: str
    entries: tuple[str, ...]
    changed: frozenset[str]
    since: float

    @classmethod
    def of(cls, manifest: DeploymentTargeted, *, since: float) -> Self:
        """A manifest that was read."""
        return cls(
            uid=manifest.uid,
            epoch=manifest.epoch,
            generation=manifest.generation,
            digest=intern(manifest.digest),
            entries=tuple(map(intern, manifest.entries)),
            changed=frozenset(map(intern, manifest.inline)),
            since=since,
        )

    @property
    def order(self) -> tuple[int, int]:
        """What agents order manifests by."""
        return self.epoch, self.generation


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of a cluster; `at` is the hub's clock, seconds since 1970."""

    uid: str
    order: tuple[int, int]
    digest: str
    at: float


class Ledger:
    """Manifests, reports and beats by cluster, whatever order they were read in.

    Digests are interned: the same few thousand stand in the manifests of a million clusters.
    """

    def __init__(self) -> None:
        self._written: dict[ClusterKey, Written] = {}
        self._reports: dict[ClusterKey, Report] = {}
        self._beats: dict[ClusterKey, Beat] = {}
        self._seen: dict[str, int] = {}

    def wrote(self, key: ClusterKey, written: Written) -> None:
        """Take over a manifest that is, or is about to be, in DESIRED."""
        self._written[key] = written

    def reported(self, event: DeploymentReported, received: float) -> bool:
        """Take over a report; one that is older than what the cluster said before is left out."""
        key, order = (event.workspace, event.cluster), (event.epoch, event.generation)
        last = self._reports.get(key)
        if last and last.uid == event.uid and (last.epoch, last.generation) > order:
            return False
        self._reports[key] = Report(
            uid=event.uid,
            epoch=event.epoch,
            generation=event.generation,
            digest=intern(event.digest),
            applied=frozenset(map(intern, event.entries)),
            troubles={trouble.entry: trouble for trouble in event.not_ready},
            received=received,
        )
        return True

    def beat(self, event: Heartbeat, at: float) -> Beat | None:
        """Take over a sign of life; gives the one before."""
        key = (event.workspace, event.cluster)
        before = self._beats.get(key)
        self._beats[key] = Beat(event.uid, (event.epoch, event.generation), event.digest, at)
        return before

    def seen_before(self, seen: Mapping[str, int]) -> None:
        """Take over times from an earlier leader, by cluster uid, in seconds since 1970."""
        for uid, at in seen.items():
            self._seen[uid] = max(at, self._seen.get(uid, 0))

    def last_seen(self, key: ClusterKey, uid: str) -> int:
        """When a cluster gave a sign of life last, in seconds since 1970; 0 = never."""
        report, beat = self.report(key, uid), self.last_beat(key, uid)
        times = (self._seen.get(uid, 0), report.received if report else 0, beat.at if beat else 0)
        return int(max(times))

    def written(self, key: ClusterKey, uid: str | None = None) -> Written | None:
        """The present manifest; with `uid` only if it is for that one."""
        found = self._written.get(key)
        return found if found and uid in (None, found.uid) else None

    def report(self, key: ClusterKey, uid: str) -> Report | None:
        """The last report of this very cluster."""
        found = self._reports.get(key)
        return found if found and found.uid == uid else None

    def last_beat(self, key: ClusterKey, uid: str) -> Beat | None:
        """The last sign of life of this very cluster since this process leads."""
        found = self._beats.get(key)
        return found if found and found.uid == uid else None

    def last_generation(self, key: ClusterKey, epoch: int) -> int:
        """The highest generation of a cluster's manifests that is known, also from what it said itself.

        What an agent claims counts only in the present epoch: then the stream lost what it was told. A
        number that is too far ahead for that is not believed: the numbers would come to their end.
        """
        written, report, beat = self._written.get(key), self._reports.get(key), self._beats.get(key)
        known = written.generation if written else 0
        said = [order for order in (report and report.order, beat and beat.order) if order]
        claimed = [number for term, number in said if term == epoch and number <= known + LOST_AT_MOST]
        return max(known, *claimed, 0)

    def all_written(self) -> Iterator[tuple[ClusterKey, Written]]:
        """Every manifest there is."""
        return iter(self._written.items())
