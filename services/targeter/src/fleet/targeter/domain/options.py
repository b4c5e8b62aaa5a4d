"""Deployment options: merged as Fleet merges them, and named so that equal ones are one (fleet.md 3.3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from fleet.events import canonical, deep_merge

Options = Mapping[str, Any]
"""A BundleDeploymentOptions as JSON, with Fleet's field names."""

_OVERRIDE = ("defaultNamespace", "namespace", "serviceAccount")
_HELM_OVERRIDE = ("repo", "chart", "version", "releaseName")
_HELM_OR = ("force", "atomic", "takeOwnership", "disablePreProcess", "waitForJobs", "disableDNS")
_BY_ALL_TARGETS = ("namespaceLabels", "namespaceAnnotations")
_NEVER_REDEPLOY = frozenset({"diff", "correctDrift"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What one share of a bundle's clusters gets.

    `deployment_id` changes mean redeploy; `options` names the merged options in CONTENT and changes also
    when only those change that are applied without a redeployment. `plaintext` is what is to be sealed.
    """

    deployment_id: str
    content: str
    options: str
    plaintext: bytes


def merged_options(base: Options, targets: Sequence[Options], choice: Iterable[int]) -> Options:
    """Merge the chosen targets' options onto each other in order, and the result onto the bundle's.

    That is Fleet's order, and it matters: of a list's equal keys the first in the result counts.
    """
    chosen = [targets[position] for position in choice]
    return merge(base, reduce(merge, chosen)) if chosen else dict(base)


def plan_for(
    options: Options, targets: Sequence[Options], *, content: str, name: Callable[[bytes], str]
) -> Plan:
    """Name what a share of a bundle's clusters gets: its options, finished for them, and the content.

    `name` gives the keyed name of a plaintext, so that a name tells nothing about a secret value. As in
    Fleet `diff` and `correctDrift` are outside of the deployment id, and so are the namespace labels and
    annotations of targets: those of all targets, chosen or not, are put over the bundle's own.
    """
    merged = dict(options)
    identity = canonical({key: value for key, value in merged.items() if key not in _NEVER_REDEPLOY})
    for field in _BY_ALL_TARGETS:
        found = _overlaid(merged.get(field), (target.get(field) for target in targets))
        if found:
            merged[field] = found
    plaintext = canonical(merged)
    manifest = f"s-{content}" if content else ""
    return Plan(f"{manifest}:{name(identity)}", content, name(plaintext), plaintext)


def merge(base: Options, custom: Options) -> dict[str, Any]:
    """Fleet's Merge: what a customization may say, and how. Fields not named here it cannot change."""
    merged = dict(base)
    _override(merged, custom, _OVERRIDE)
    if custom.get("helm") is not None:
        merged["helm"] = _merge_helm(base.get("helm") or {}, custom["helm"])
    if custom.get("kustomize") is not None:
        merged["kustomize"] = dict(base.get("kustomize") or {})
        _override(merged["kustomize"], custom["kustomize"], ("dir",))
    if custom.get("yaml") is not None:
        merged["yaml"] = _append(base.get("yaml") or {}, custom["yaml"], "overlays")
    if custom.get("diff") is not None:
        merged["diff"] = dict(base.get("diff") or {})
        _keyed(merged["diff"], custom["diff"], "comparePatches", _patch_key)
    _keyed(merged, custom, "downstreamResources", _resource_key)
    if (custom.get("forceSyncGeneration") or 0) > 0:
        merged["forceSyncGeneration"] = custom["forceSyncGeneration"]
    if custom.get("keepResources"):
        merged["keepResources"] = True
    if custom.get("correctDrift") is not None:
        merged["correctDrift"] = custom["correctDrift"]
    return merged


def _merge_helm(base: Options, custom: Options) -> dict[str, Any]:
    merged = dict(base)
    _override(merged, custom, _HELM_OVERRIDE)
    timeout = custom.get("timeoutSeconds") or 0
    if timeout > 0:
        merged["timeoutSeconds"] = timeout
    elif timeout < 0:
        merged.pop("timeoutSeconds", None)
    if custom.get("values") is not None:
        merged["values"] = deep_merge(base.get("values") or {}, custom["values"])
    if custom.get("templateValues") is not None:
        merged["templateValues"] = {**(base.get("templateValues") or {}), **custom["templateValues"]}
    _keyed(merged, custom, "valuesFrom", _source_key)
    merged.update((field, True) for field in _HELM_OR if custom.get(field))
    return merged


def _override(merged: dict[str, Any], custom: Options, fields: Iterable[str]) -> None:
    merged.update((field, custom[field]) for field in fields if custom.get(field))


def _append(base: Options, custom: Options, field: str) -> dict[str, Any]:
    both = [*(base.get(field) or ()), *(custom.get(field) or ())]
    return {**base, field: both} if both else dict(base)


def _keyed(
    merged: dict[str, Any], custom: Options, field: str, key: Callable[[Any], tuple[str, ...]]
) -> None:
    """Unite two lists: an entry with a key that is there takes its place, the others are appended.

    Of equal keys in the customization the first counts; an entry without a key is always appended.
    """
    if not custom.get(field):
        return
    found = list(merged.get(field) or ())
    places = {key(entry): place for place, entry in enumerate(found)}
    seen: set[tuple[str, ...]] = set()
    for entry in custom[field]:
        name = key(entry)
        if name in seen:
            continue
        if name:
            seen.add(name)
        if name and name in places:
            found[places[name]] = entry
        else:
            found.append(entry)
    merged[field] = found


def _patch_key(patch: Any) -> tuple[str, ...]:
    return tuple(patch.get(part) or "" for part in ("apiVersion", "kind", "namespace", "name"))


def _resource_key(resource: Any) -> tuple[str, ...]:
    return str(resource.get("kind") or "").lower(), resource.get("name") or ""


def _source_key(source: Any) -> tuple[str, ...]:
    kind = next((kind for kind in ("configMapKeyRef", "secretKeyRef") if source.get(kind) is not None), "")
    return (kind, *(source[kind].get(part) or "" for part in ("namespace", "name", "key"))) if kind else ()


def _overlaid(base: Any, over: Iterable[Any]) -> dict[str, str]:
    found: dict[str, str] = dict(base or {})
    for labels in over:
        found.update(labels or {})
    return found
