"""One line for each thing that happens, as `fleet up` and `fleet events` print it."""

from __future__ import annotations

from functools import singledispatch
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


@singledispatch
def sentence(event: Event) -> str:
    """What an event says, for people, in one line without secrets."""
    return f"{event.kind_name()} on {event.subject()}"


@sentence.register
def _(event: Resource) -> str:
    return f"{RESOURCE_KINDS.get(event.kind, event.kind)} {_key(event)} {_declared(event)}"


@sentence.register
def _(event: ClusterRecord) -> str:
    labels = ",".join(f"{key}={value}" for key, value in sorted(event.metadata.labels.items()))
    return f"cluster {_key(event)} {_declared(event)}" + (f" ({labels})" if labels else "")


@sentence.register
def _(event: Member) -> str:
    return f"cluster {event.workspace}/{event.cluster} has its number"


@sentence.register
def _(event: GitCommitDetected) -> str:
    return f"commit {event.commit[:12]} detected on {event.branch} of {event.workspace}/{event.gitrepo}"


@sentence.register
def _(event: BundleRendered) -> str:
    return f"bundle {event.workspace}/{event.bundle} read at {event.commit[:12]}"


@sentence.register
def _(event: BundleRetired) -> str:
    return f"bundle {event.workspace}/{event.bundle} retired"


@sentence.register
def _(event: RolloutAdvanced) -> str:
    word = "complete" if event.complete else "advances"
    return f"rollout of {event.workspace}/{event.bundle} {word}"


@sentence.register
def _(event: DeploymentTargeted) -> str:
    count, changed = len(event.entries), len(event.inline)
    bundles = f"{count} bundle{'' if count == 1 else 's'}"
    return f"cluster {event.workspace}/{event.cluster} shall run {bundles} ({changed} changed)"


@sentence.register
def _(event: DeploymentReported) -> str:
    where = f"cluster {event.workspace}/{event.cluster}"
    if not event.not_ready:
        count = len(event.entries)
        if not count:
            return f"{where} reports that it runs nothing"
        return f"{where} reports {count} bundle{'' if count == 1 else 's'} Ready"
    worst = event.not_ready[0]
    more = f" and {len(event.not_ready) - 1} more" if len(event.not_ready) > 1 else ""
    why = f": {_first_line(worst.message)}" if worst.message else ""
    return f"{where} reports {worst.state} {worst.namespace}/{worst.bundle}{more}{why}"


@sentence.register
def _(event: ViewPart) -> str:
    what = f"{RESOURCE_KINDS.get(event.kind, event.kind)} {event.workspace}/{event.name}"
    for found in event.conditions:
        if (found.type, found.status) in _TROUBLE:
            return f"{what}: {_first_line(found.message) or found.reason or found.type}"
    ready = next((found for found in event.conditions if found.type == "Ready"), None)
    if ready is None:
        return f"{what}: {event.part} {_WELL}"
    if ready.status == "True":
        return f"{what} is Ready"
    return f"{what} is not Ready: {_first_line(ready.message) or ready.reason or ready.status}"


@sentence.register
def _(event: DeadLetter) -> str:
    return (
        f"{event.service} rejected {event.event} (message {event.sequence} of {event.stream}): {event.reason}"
    )


@sentence.register
def _(event: LeaseTaken) -> str:
    word = "gave up" if event.released else "took"
    return f"{event.holder} {word} the lease {event.name} (epoch {event.epoch})"


@sentence.register
def _(event: Heartbeat) -> str:
    return f"cluster {event.workspace}/{event.cluster} is alive"


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


def _key(event: Resource | ClusterRecord) -> str:
    return f"{event.workspace}/{event.name}"


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _declared(event: Resource | ClusterRecord) -> str:
    if event.deleted:
        return "deleted"
    return f"declared, generation {event.metadata.generation}"
