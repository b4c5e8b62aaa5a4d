"""What a cluster tells the hub: everything in one message of at most 64 KiB."""

from collections.abc import Iterable, Mapping, Sequence

from fleet.agent.domain.plan import BundleKey
from fleet.agent.domain.standing import READY, Standing
from fleet.events import BundleReport, DeploymentReported, DeploymentTargeted

MAX_BYTES = 64 << 10
"""Bytes that a report may have."""

MERGE_SECONDS = 1.0
"""How long a change that is no result may wait for others to come along."""

_SHORT = 200
_TAKEN_BY_ENVELOPE = 512


def compose(
    manifest: DeploymentTargeted, standings: Mapping[BundleKey, Standing], now: float
) -> DeploymentReported:
    """The report on a manifest.

    Args:
        manifest: the one acted on.
        standings: where the bundles stand; one that has not been looked at yet is missing.
        now: monotonic time in seconds, for how long each state has held.

    Returns:
        A report within MAX_BYTES. Where there is no room, resources are left out first, then messages are
        cut; which bundles are not Ready is always told.
    """
    applied = sorted({standing.applied for standing in standings.values() if standing.applied})
    bad = [(key, standing) for key, standing in sorted(standings.items()) if standing.state != READY]
    report = DeploymentReported(
        workspace=manifest.workspace,
        cluster=manifest.cluster,
        uid=manifest.uid,
        epoch=manifest.epoch,
        generation=manifest.generation,
        digest=manifest.digest,
        entries=tuple(applied),
    )
    room = MAX_BYTES - _TAKEN_BY_ENVELOPE - len(report.encode())
    return report.model_copy(update={"not_ready": _fitted(bad, now, room)})


def same_news(first: DeploymentReported | None, second: DeploymentReported) -> bool:
    """Whether two reports tell the same, however many seconds have passed."""
    return first is not None and _timeless(first) == _timeless(second)


def is_result(before: Mapping[BundleKey, Standing], key: BundleKey, now: Standing) -> bool:
    """Whether a change is one that people wait for: applied, Ready, or gone wrong."""
    last = before.get(key)
    return last is None or (last.applied, last.state) != (now.applied, now.state)


def _timeless(report: DeploymentReported) -> DeploymentReported:
    bundles = tuple(bundle.model_copy(update={"seconds": 0}) for bundle in report.not_ready)
    return report.model_copy(update={"not_ready": bundles})


def _fitted(bad: Sequence[tuple[BundleKey, Standing]], now: float, room: int) -> tuple[BundleReport, ...]:
    full = [_bundle(key, standing, now) for key, standing in bad]
    for shrink in (_as_it_is, _without_resources, _short):
        found = [shrink(bundle) for bundle in full]
        if _size(found) <= room:
            return _with_resources_where_they_fit(found, full, room)
    while found and _size(found) > room:
        found.pop()
    return tuple(found)


def _with_resources_where_they_fit(
    found: list[BundleReport], full: Sequence[BundleReport], room: int
) -> tuple[BundleReport, ...]:
    left = room - _size(found)
    for position, bundle in enumerate(full):
        more = len(bundle.encode()) - len(found[position].encode())
        if 0 < more <= left:
            found[position] = bundle
            left -= more
    return tuple(found)


def _size(bundles: Iterable[BundleReport]) -> int:
    return sum(len(bundle.encode()) + 1 for bundle in bundles)


def _bundle(key: BundleKey, standing: Standing, now: float) -> BundleReport:
    return BundleReport.model_validate(
        {
            "namespace": key.namespace,
            "bundle": key.name,
            "entry": standing.entry,
            "state": standing.state,
            "seconds": max(0, int(now - standing.since)),
            "deployment_id": standing.deployment_id,
            "message": standing.message,
            "resources": standing.resources,
        }
    )


def _as_it_is(bundle: BundleReport) -> BundleReport:
    return bundle


def _without_resources(bundle: BundleReport) -> BundleReport:
    return bundle.model_copy(update={"resources": ()})


def _short(bundle: BundleReport) -> BundleReport:
    return bundle.model_copy(update={"resources": (), "message": bundle.message[:_SHORT]})
