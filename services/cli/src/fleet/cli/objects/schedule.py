"""Schedule: when clusters may change."""

from __future__ import annotations

from fleet.cli.objects.model import Duration, SpecModel
from fleet.cli.objects.selector import ClusterTarget


class ScheduleTargets(SpecModel):
    """The clusters that a schedule is for."""

    clusters: list[ClusterTarget] | None = None


class ScheduleSpec(SpecModel):
    """Fleet's Schedule: six cron fields with seconds, how long a window lasts, in which time zone."""

    schedule: str | None = None
    duration: Duration | None = None
    location: str | None = None
    targets: ScheduleTargets | None = None
