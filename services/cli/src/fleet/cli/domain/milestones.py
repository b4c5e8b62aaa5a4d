"""How far the latest commit of a GitRepo came, from the few values of its status, however many clusters."""

from __future__ import annotations

from fleet.cli.domain.narration import counted, trouble_of
from fleet.events import ViewPart


def milestone(view: ViewPart) -> str:
    """What a part of a GitRepo's status says about its commit, in one line; empty where it says nothing."""
    if trouble := trouble_of(view):
        return trouble
    match view.part:
        case "reading":
            return _read(view)
        case "rollup":
            return _handed_out(view)
    return ""


def _read(view: ViewPart) -> str:
    reading = view.status.get("reading", {})
    if not reading.get("commit"):
        return ""
    return f"commit {reading['commit'][:12]} read: {counted(reading.get('set', {}).get('size', 0), 'bundle')}"


def _handed_out(view: ViewPart) -> str:
    clusters = view.status.get("desiredReadyClusters", 0)
    summary = view.status.get("summary", {})
    wanted = summary.get("desiredReady", 0)
    if not wanted:
        return "no cluster is targeted"
    targeted = f"{counted(wanted, 'deployment')} on {counted(clusters, 'cluster')} targeted"
    ready = summary.get("ready", 0)
    return f"{targeted}, {'all' if ready == wanted else ready} Ready"
