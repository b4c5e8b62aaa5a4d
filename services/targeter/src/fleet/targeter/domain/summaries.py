"""Fleet's BundleSummary and the text of a Ready condition, word for word (fleet.md 1.3 and 4.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.events import BundleReport, ResourceReport
from fleet.targeter.domain.states import BundleState, worst

LISTED = 10
"""How many deployments that are not Ready a summary names."""

SPELLED = 4
"""How many objects of each sort a Ready message spells out."""

_MODIFIED_FLAGS: Mapping[str, Mapping[str, bool]] = {
    "missing": {"missing": True},
    "not-owned": {"missing": True, "exist": True},
    "extra": {"delete": True},
    "modified": {},
}
_FLAGS = (
    ("[progressing,error]", {"transitioning": True, "error": True}),
    ("[progressing]", {"transitioning": True}),
    ("error]", {"error": True}),
)
"""How agents write, as Fleet does, what sort of not ready an object is; the missing bracket is Fleet's."""


@dataclass(frozen=True, slots=True)
class NonReady:
    """One deployment that is not Ready, as a summary lists it."""

    name: str
    state: BundleState
    message: str = ""
    resources: tuple[ResourceReport, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Fleet's NonReadyResource."""
        found: dict[str, Any] = {"name": self.name, "bundleState": self.state.value}
        if self.message:
            found["message"] = self.message
        if modified := modified_status(self.resources):
            found["modifiedStatus"] = modified
        if unready := non_ready_status(self.resources):
            found["nonReadyStatus"] = unready
        return found


@dataclass(frozen=True, slots=True)
class Summary:
    """How many deployments are in which state, and the first that are not Ready."""

    desired: int = 0
    counts: Mapping[BundleState, int] = field(default_factory=dict)
    listed: tuple[NonReady, ...] = ()

    @property
    def ready(self) -> int:
        """How many are Ready."""
        return self.desired - sum(self.counts.values())

    @property
    def state(self) -> str:
        """The worst state of those that are listed (Fleet's `display.state`); empty when all are Ready."""
        return worst([entry.state for entry in self.listed])

    def message(self, kind: str) -> str:
        """The Ready message: for each state its number and first example. Empty means Ready.

        `kind` is what the examples are: `Cluster` in a Bundle, `Bundle` elsewhere.
        """
        parts: list[str] = []
        for state, count in self.counts.items():
            example = next((entry for entry in self.listed if entry.state is state), None)
            if count and example:
                parts += _example(kind, state, count, example)
        return "; ".join(sorted(parts))

    def to_json(self) -> dict[str, Any]:
        """Fleet's BundleSummary; `ready` and `desiredReady` are always there."""
        found: dict[str, Any] = {"desiredReady": self.desired, "ready": self.ready}
        found.update((_field(state), count) for state, count in self.counts.items() if count)
        if self.listed:
            found["nonReadyResources"] = [entry.to_json() for entry in self.listed]
        return found


def added(summaries: Iterable[Summary]) -> Summary:
    """The sum of several; lists are joined and cut, in the order given."""
    desired, counts, listed = 0, dict[BundleState, int](), list[NonReady]()
    for summary in summaries:
        desired += summary.desired
        listed += summary.listed
        for state, count in summary.counts.items():
            counts[state] = counts.get(state, 0) + count
    return Summary(desired, counts, tuple(listed[:LISTED]))


def trouble_of(name: str, state: BundleState, report: BundleReport | None) -> NonReady:
    """List a deployment with what its cluster said about it, if that is about this state.

    A message that only repeats one of the objects is left out: those are spelled out beside it.
    """
    if report is None or report.state != state.value:
        return NonReady(name, state)
    repeated = report.message in map(spelled, report.resources)
    return NonReady(name, state, "" if repeated else report.message, report.resources)


def modified_status(resources: Sequence[ResourceReport]) -> list[dict[str, Any]]:
    """Fleet's ModifiedStatus of the objects that are not as deployed."""
    return [
        {**_reference(resource), **_MODIFIED_FLAGS[resource.state], **_patch(resource)}
        for resource in resources
        if resource.state in _MODIFIED_FLAGS
    ]


def non_ready_status(resources: Sequence[ResourceReport]) -> list[dict[str, Any]]:
    """Fleet's NonReadyStatus of the objects that are as deployed but not ready."""
    return [
        _reference(resource) | {"summary": _resource_summary(resource)}
        for resource in resources
        if resource.state not in _MODIFIED_FLAGS
    ]


def spelled(resource: ResourceReport) -> str:
    """One object as Fleet writes it, such as `service.v1 ns/name missing`."""
    group_version = resource.api_version.rpartition("/")[0] or resource.api_version
    where = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
    return f"{resource.kind.lower()}.{group_version} {where} {_suffix(resource)}"


def _example(kind: str, state: BundleState, count: int, example: NonReady) -> list[str]:
    detail = f": {example.message}" if example.message else ""
    modified = [r for r in example.resources if r.state in _MODIFIED_FLAGS][:SPELLED]
    unready = [r for r in example.resources if r.state not in _MODIFIED_FLAGS][:SPELLED]
    return [f"{state.value}({count}) [{kind} {example.name}{detail}]", *map(spelled, modified + unready)]


def _field(state: BundleState) -> str:
    return state.value[0].lower() + state.value[1:]


def _reference(resource: ResourceReport) -> dict[str, Any]:
    found = {"kind": resource.kind, "apiVersion": resource.api_version, "name": resource.name}
    return found | ({"namespace": resource.namespace} if resource.namespace else {})


def _patch(resource: ResourceReport) -> dict[str, str]:
    return {"patch": resource.message} if resource.state == "modified" and resource.message else {}


def _suffix(resource: ResourceReport) -> str:
    if resource.state == "not-owned":
        return "is not owned by us"
    if resource.state in ("missing", "extra"):
        return resource.state
    if resource.state == "modified":
        return f"modified {resource.message}".rstrip()
    return resource.message or resource.state


def _resource_summary(resource: ResourceReport) -> dict[str, Any]:
    found: dict[str, Any] = {"state": resource.state}
    for prefix, flags in _FLAGS:
        if resource.message.startswith(prefix):
            text = resource.message.removeprefix(prefix).strip()
            return found | flags | ({"message": [text]} if text else {})
    return found
