"""dependsOn: which bundles of this cluster must be in which state first (Fleet's rules and messages)."""

from collections.abc import Iterable, Mapping
from typing import Any

from fleet.agent.domain.errors import Waiting
from fleet.agent.domain.plan import BundleKey, key_of
from fleet.events import Entry

READY = "Ready"
_NAME_LABEL = "fleet.cattle.io/bundle-name"
_NAMESPACE_LABEL = "fleet.cattle.io/bundle-namespace"


def check_dependencies(entry: Entry, entries: Iterable[Entry], states: Mapping[BundleKey, str]) -> None:
    """Return when all that this bundle depends on is there.

    Args:
        entry: the bundle about to be deployed.
        entries: everything that this cluster's manifest names.
        states: the state of each for its present entry; one that is missing is not there yet.

    Raises:
        Waiting: a dependency is not on this cluster, or not in an accepted state.
    """
    others = list(entries)
    unready: list[str] = []
    for wanted in entry.depends_on:
        found = [other for other in others if _selects(wanted, other, entry.namespace)]
        if not found:
            raise Waiting(
                f"list bundledeployments: no bundles matching labels {_spelled(wanted, entry.namespace)}"
                f" in namespace {entry.namespace}"
            )
        accepted = wanted.get("acceptedStates") or [READY]
        unready += [
            other.bundle for other in found if states.get(key_of(other), "WaitApplied") not in accepted
        ]
    if unready:
        names = " ".join(sorted(set(unready)))
        raise Waiting(f"dependent bundle(s) are not ready: [{names}]")


def _selects(wanted: Mapping[str, Any], other: Entry, namespace: str) -> bool:
    name, selector = wanted.get("name"), wanted.get("selector")
    if not name and selector is None:
        return False
    if name and (other.bundle, other.namespace) != (name, namespace):
        return False
    return selector is None or matches(selector, other.labels)


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a Kubernetes label selector selects these labels; the empty one selects everything."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(rule, labels) for rule in selector.get("matchExpressions") or [])


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = rule.get("key", ""), rule.get("operator"), rule.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels


def _spelled(wanted: Mapping[str, Any], namespace: str) -> str:
    """The selector as Kubernetes prints it: by key, and each operator in its own way."""
    selector = wanted.get("selector") or {}
    equal = dict(selector.get("matchLabels") or {})
    if name := wanted.get("name"):
        equal |= {_NAME_LABEL: name, _NAMESPACE_LABEL: namespace}
    parts = [(key, f"{key}={value}") for key, value in equal.items()]
    parts += [(rule.get("key", ""), _rule(rule)) for rule in selector.get("matchExpressions") or []]
    return ",".join(text for _, text in sorted(parts, key=lambda part: part[0]))


def _rule(rule: Mapping[str, Any]) -> str:
    key, operator = rule.get("key", ""), rule.get("operator")
    values = ",".join(sorted(rule.get("values") or []))
    if operator in ("In", "NotIn"):
        return f"{key} {str(operator).lower()} ({values})"
    return f"!{key}" if operator == "DoesNotExist" else str(key)
