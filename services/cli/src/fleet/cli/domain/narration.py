"""One line for each thing that happens, as `fleet up` and `fleet events` print it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fleet.cli.domain.printable import printable_line
from fleet.events import (
    BundleRendered,
    BundleRetired,
    ClusterRecord,
    DeadLetter,
    DeploymentReported,
    DeploymentTargeted,
    Event,
    GitCommitDetected,
    Heartbeat,
    LeaseTaken,
    LookAsked,
    Member,
    Resource,
    RolloutAdvanced,
    Stored,
    ViewPart,
)
from fleet.events.records import RESOURCE_KINDS

_TROUBLE = frozenset(
    {("Accepted", "False"), ("GitPolling", "False"), ("Polled", "False"), ("Stalled", "True")}
)
_WELL = "without trouble"
_NAMED = 3


def sentence(event: Event) -> str:
    """What an event says, for people, in one line without secrets."""
    if type(event) in SENTENCES:
        return SENTENCES[type(event)](event)
    return f"{event.kind_name()} on {event.subject()}"


def _declared(event: Resource) -> str:
    return f"{_kind(event.kind)} {event.workspace}/{event.name} {_outcome(event)}"


def _registered(event: ClusterRecord) -> str:
    labels = ",".join(f"{key}={value}" for key, value in sorted(event.metadata.labels.items()))
    return f"cluster {event.workspace}/{event.name} {_outcome(event)}" + (f" ({labels})" if labels else "")


def _outcome(event: Resource | ClusterRecord) -> str:
    return "deleted" if event.deleted else f"declared, generation {event.metadata.generation}"


def _rolled_out(event: RolloutAdvanced) -> str:
    what = f"rollout of {event.workspace}/{event.bundle}"
    if event.staged:
        return f"{what} {'out as far as it may be: other clusters wait' if event.complete else 'advances'}"
    if event.cohorts:
        return f"{what} {'promoted to all its clusters' if event.complete else 'advances'}"
    return f"{what} over: " + ("no cluster shall run it" if event.complete else "it leaves its clusters")


def _rendered(event: BundleRendered) -> str:
    """A bundle that was not read out of a repository has no commit."""
    where = f"at {event.commit:.12}" if event.commit else "as it was applied"
    return f"bundle {event.workspace}/{event.bundle} read {where}"


def _targeted(event: DeploymentTargeted) -> str:
    where = f"cluster {event.workspace}/{event.cluster} shall run"
    if not event.entries:
        return f"{where} nothing"
    changed = sorted(entry.bundle for entry in event.inline.values())
    which = f" (new or changed: {_some(changed)})" if changed else ""
    return f"{where} {counted(len(event.entries), 'bundle')}{which}"


def _reported(event: DeploymentReported) -> str:
    where = f"cluster {event.workspace}/{event.cluster} reports"
    if event.not_ready:
        worst, *others = event.not_ready
        more = f" and {len(others)} more" if others else ""
        why = f": {_first_line(worst.message)}" if worst.message else ""
        return f"{where} {worst.state} {worst.namespace}/{worst.bundle}{more}{why}"
    if not event.entries:
        return f"{where} that it runs nothing"
    return f"{where} {counted(len(event.entries), 'bundle')} Ready"


def _viewed(event: ViewPart) -> str:
    what = f"{_kind(event.kind)} {event.workspace}/{event.name}"
    if trouble := trouble_of(event):
        return f"{what}: {trouble}"
    ready = next((found for found in event.conditions if found.type == "Ready"), None)
    if ready is None:
        return f"{what}: {event.part} {_WELL}"
    if ready.status == "True":
        return f"{what} is Ready"
    return f"{what} is not Ready: {_first_line(ready.message) or ready.reason or ready.status}"


def trouble_of(view: ViewPart) -> str:
    """What keeps a part of an object's status from being well, in one line; empty where nothing does."""
    for found in view.conditions:
        if (found.type, found.status) in _TROUBLE:
            return _first_line(found.message) or found.reason or found.type
    return ""


def _leased(event: LeaseTaken) -> str:
    word = "gave up" if event.released else "took"
    return f"{event.holder} {word} the lease {event.name} (epoch {event.epoch})"


def _kind(word: str) -> str:
    return RESOURCE_KINDS.get(word, word)


def counted(count: int, noun: str) -> str:
    """A number with its noun, such as `1 bundle` and `2 bundles`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


SENTENCES: Mapping[type[Event], Callable[[Any], str]] = {
    Resource: _declared,
    ClusterRecord: _registered,
    Member: "cluster {0.workspace}/{0.cluster} has its number".format,
    GitCommitDetected: "commit {0.commit:.12} detected on {0.branch} of {0.workspace}/{0.gitrepo}".format,
    LookAsked: "git is asked for news of {0.workspace}/{0.gitrepo}".format,
    BundleRendered: _rendered,
    BundleRetired: "bundle {0.workspace}/{0.bundle} left {0.owner.kind} {0.owner.name}".format,
    RolloutAdvanced: _rolled_out,
    DeploymentTargeted: _targeted,
    DeploymentReported: _reported,
    ViewPart: _viewed,
    DeadLetter: "{0.service} rejected {0.event} (message {0.sequence} of {0.stream}): {0.reason}".format,
    LeaseTaken: _leased,
    Heartbeat: "cluster {0.workspace}/{0.cluster} is alive".format,
}
"""How an event of each class is told."""


class Teller:
    """Tells what happens, and the same about the same thing only once."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def tell(self, event: Event) -> str | None:
        """The sentence for an event; None for a report or a status that says what was said last."""
        said = printable_line(sentence(event))
        if not isinstance(event, DeploymentReported | ViewPart):
            return said
        before = self._told.get(event.subject())
        self._told[event.subject()] = said
        usual = before is None and said.endswith(_WELL)
        return None if usual or before == said else said


def line(stored: Stored[Any]) -> str:
    """A stored event as one line with its time."""
    return f"{stored.time.astimezone():%H:%M:%S} {printable_line(sentence(stored.event))}"


def cloud_event(stored: Stored[Any]) -> dict[str, Any]:
    """A stored event in CloudEvents' JSON form, with where it is stored as extensions."""
    envelope = stored.envelope
    optional = {
        "correlationid": envelope.correlation_id,
        "causationid": envelope.causation_id,
        "traceparent": envelope.traceparent,
    }
    return {
        "specversion": "1.0",
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "time": envelope.time,
        "subject": stored.subject,
        "stream": stored.event.STREAM,
        "sequence": str(stored.sequence),
        **{key: value for key, value in optional.items() if value},
        "datacontenttype": "application/json",
        "data": stored.event.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
