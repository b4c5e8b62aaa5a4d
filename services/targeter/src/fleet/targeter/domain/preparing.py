"""A bundle's options as one cluster gets them: placeholders and value templates filled in (fleet.md 3.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.events import canonical
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.options import Options
from fleet.targeter.domain.systemkeys import own, system
from fleet.targeter.domain.templating import (
    ANNOTATIONS,
    LABELS,
    NAME,
    NAMESPACE,
    VALUES,
    Path,
    TemplateError,
    parsed,
)
from fleet.yaml import InvalidYaml, read_first, write

PLACEHOLDER = "global.fleet.clusterLabels."
"""How a value begins that is replaced by the cluster's label of that name."""

_DEEPEST = 50
_MANAGEMENT = "management.cattle.io/"

Reading = tuple[str | None, ...]
"""What one cluster has where options look at it; clusters with the same reading get the same options."""

UNLABELLED: Reading = ("",)
"""The reading of a cluster without labels that templates see: nothing is filled in there (quirk 9)."""


class CannotPrepare(Exception):
    """Options that cannot be filled in for a cluster; the text is Fleet's, without the cluster."""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What templates see of a cluster; `labels` are all it has, system ones included."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    values: Mapping[str, Any]

    def context(self) -> dict[str, Any]:
        """The dot of a template."""
        return {
            NAMESPACE: self.namespace,
            NAME: self.name,
            LABELS: {key: value for key, value in self.labels.items() if shown(key)},
            ANNOTATIONS: {key: value for key, value in self.annotations.items() if not system(key)},
            VALUES: _floats(self.values),
        }


def shown(key: str) -> bool:
    """Whether templates see a label: users' own, and those of Fleet and of Rancher's management."""
    return not system(key) or own(key) or key.startswith(_MANAGEMENT)


class Recipe:
    """Merged options, and which fields of a cluster they look at."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.reads: tuple[Path, ...] = tuple(sorted(_reads(options)))

    @property
    def labels_only(self) -> bool:
        """Whether nothing but single labels is looked at, so that sets of clusters decide, not clusters."""
        return all(path[0] == LABELS and len(path) > 1 for path in self.reads)

    def reading(self, view: ClusterView) -> Reading:
        """What a cluster has in the fields that are looked at."""
        context = view.context()
        if not context[LABELS]:
            return UNLABELLED
        return tuple(_read(context, path) for path in self.reads)

    def prepare(self, view: ClusterView) -> Options:
        """The options for a cluster. Raises CannotPrepare."""
        context, helm = view.context(), self.options.get("helm")
        if not context[LABELS]:
            return self.options
        if helm is None:
            return {**self.options, "helm": {}}
        return {**self.options, "helm": _prepared(helm, context)}


def failed_for(view: ClusterView, reason: str) -> str:
    """Fleet's words for options that cannot be prepared for a cluster."""
    return str(TargetingError("", f"cluster {view.name} in namespace {view.namespace}: {reason}"))


def _prepared(helm: Options, context: Mapping[str, Any]) -> dict[str, Any]:
    values, templates = helm.get("values") or {}, helm.get("templateValues")
    if not values and templates is None:
        return {**helm, "values": {}}
    found = _labelled(values, context[LABELS], 0)
    if not helm.get("disablePreProcess"):
        found = _rendered_values(found, context)
        found |= {key: _rendered(text, context) for key, text in sorted((templates or {}).items())}
    return {**helm, "values": found}


def _rendered_values(values: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    found = _rendered(write(values), context)
    if found is not None and not isinstance(found, dict):
        raise CannotPrepare("failed to interpret rendered template as helm values: they are not a map")
    return found or {}


def _rendered(text: str, context: Mapping[str, Any]) -> Any:
    try:
        template = parsed(text)
    except TemplateError as error:
        raise CannotPrepare(f"failed to parse helm values template: {error}") from None
    try:
        return read_first(template.render(context)).value
    except TemplateError as error:
        raise CannotPrepare(f"failed to render helm values template: {error}") from None
    except InvalidYaml as error:
        raise CannotPrepare(f"failed to interpret rendered template as helm values: {error}") from None


def _labelled(value: Any, labels: Mapping[str, str], depth: int) -> Any:
    """Replace placeholders in maps and in maps inside of lists; texts in lists stay as they are (Fleet)."""
    if depth > _DEEPEST:
        raise CannotPrepare(
            f"maximum recursion depth of {_DEEPEST} exceeded for cluster label prefix processing,"
            " too many nested values"
        )
    found: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, str) and item.startswith(PLACEHOLDER):
            found[key] = labels.get(item.removeprefix(PLACEHOLDER), "")
        elif isinstance(item, dict):
            found[key] = _labelled(item, labels, depth + 1)
        elif isinstance(item, list):
            found[key] = [_labelled(i, labels, depth + 1) if isinstance(i, dict) else i for i in item]
        else:
            found[key] = item
    return found


def _reads(options: Options) -> set[Path]:
    helm = options.get("helm") or {}
    values = helm.get("values") or {}
    found: set[Path] = {(LABELS, text.removeprefix(PLACEHOLDER)) for text in _placeholders(values)}
    if helm.get("disablePreProcess"):
        return found
    for text in (write(values), *(helm.get("templateValues") or {}).values()):
        try:
            found |= parsed(text).reads
        except TemplateError:
            continue  # the same for every cluster: rendering says what is wrong
    return {path for path in found if len(path) == 1 or path[:1] not in found}


def _placeholders(value: Any) -> set[str]:
    found: set[str] = set()
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str) and item.startswith(PLACEHOLDER):
            found.add(item)
        elif isinstance(item, dict):
            rest += item.values()
        elif isinstance(item, list):
            rest += item
    return found


def _floats(value: Any) -> Any:
    """Numbers as Go's JSON has them: `printf "%d"` of a templateValue fails there too."""
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _read(context: Mapping[str, Any], path: Path) -> str | None:
    value = context[path[0]]
    if len(path) > 1:
        if path[1] not in value:
            return None
        value = value[path[1]]
    return value if isinstance(value, str) else canonical(value).decode()
