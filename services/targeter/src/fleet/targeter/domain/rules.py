"""What a workspace's administrators decide about its bundles: where they may go, and with which limits.

BundleNamespaceMapping (fleet.md 1.11), GitRepoRestriction and Policy as far as they change what a cluster is
told (fleet.md 3.2).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fleet.events import Resource, Stored
from fleet.targeter.domain.errors import InvalidSelector
from fleet.targeter.domain.selectors import Selector
from fleet.targeter.domain.systemkeys import FLEET

KINDS = frozenset({"bundlenamespacemapping", "gitreporestriction", "policy"})
"""The kinds in RESOURCES that are rules."""

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_REPOSITORY = f"{FLEET}repo-name"

Options = Mapping[str, Any]


class RuleBook:
    """The rules of all workspaces, as declared. One whose selectors cannot be read maps nothing."""

    def __init__(self) -> None:
        self._specs: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}

    def put(self, stored: Stored[Resource]) -> None:
        """Take over a rule, or its end."""
        record = stored.event
        self.declare(record.kind, record.workspace, record.name, None if record.deleted else record.spec)

    def declare(self, kind: str, workspace: str, name: str, spec: Mapping[str, Any] | None) -> None:
        """Set a rule's spec; None ends it."""
        specs = self._specs.setdefault((kind, workspace), {})
        if spec is None:
            specs.pop(name, None)
        else:
            specs[name] = spec

    def maps(self, workspace: str) -> bool:
        """Whether bundles of this workspace may go to others."""
        return bool(self._specs.get(("bundlenamespacemapping", workspace)))

    def workspaces(
        self, workspace: str, labels: Mapping[str, str], others: Iterable[tuple[str, Mapping[str, str]]]
    ) -> tuple[str, ...]:
        """Where the clusters of a bundle with these labels may be: its workspace, and those mapped to it.

        `others` are the workspaces there are, with the labels of their namespaces.
        """
        selectors = [pair for spec in self._of("bundlenamespacemapping", workspace) if (pair := _pair(spec))]
        selecting = [namespaces for bundles, namespaces in selectors if bundles.matches(labels)]
        mapped = {name for name, own in others if any(selector.matches(own) for selector in selecting)}
        return tuple(sorted({workspace, *mapped}))

    def overrides(self, workspace: str, labels: Mapping[str, str]) -> dict[str, Any]:
        """The options that a bundle with these labels gets whatever it says itself."""
        found: dict[str, Any] = {}
        if labels.get(_REPOSITORY):
            restrictions = self._of("gitreporestriction", workspace)
            selector = merged_selectors(r.get("allowedTargetNamespaceSelector") for r in restrictions)
            if selector is not None:
                found["allowedTargetNamespaceSelector"] = selector
        policies = self._of("policy", workspace)
        required = any(policy.get("requireServiceAccount") for policy in policies)
        if required and not any(policy.get("allowNamespaceCreation") for policy in policies):
            found["createNamespace"] = False
        return found

    def _of(self, kind: str, workspace: str) -> list[Mapping[str, Any]]:
        specs = self._specs.get((kind, workspace), {})
        return [specs[name] for name in sorted(specs)]


def namespace_labels(workspace: str) -> dict[str, str]:
    """The one label that Kubernetes itself gives to every namespace."""
    return {NAMESPACE_LABEL: workspace}


def merged_selectors(selectors: Iterable[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """All selectors in one: of a label in several the last value counts, equal expressions count once."""
    given = [selector for selector in selectors if selector is not None]
    if not given:
        return None
    labels: dict[str, str] = {}
    expressions: list[Any] = []
    for selector in given:
        labels |= selector.get("matchLabels") or {}
        expressions += [e for e in selector.get("matchExpressions") or () if e not in expressions]
    found: dict[str, Any] = {"matchLabels": labels, "matchExpressions": expressions}
    return {field: value for field, value in found.items() if value}


def _pair(spec: Mapping[str, Any]) -> tuple[Selector, Selector] | None:
    try:
        bundles = Selector.parse(spec.get("bundleSelector"))
        namespaces = Selector.parse(spec.get("namespaceSelector"))
    except InvalidSelector:
        return None
    return (bundles, namespaces) if bundles is not None and namespaces is not None else None
