"""Drift: where the cluster is not what the release says, by Fleet's rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from fleet.agent.domain.difference import difference
from fleet.agent.domain.normalise import hides_missing, normalise
from fleet.agent.domain.objects import Object, Ref
from fleet.agent.domain.options import ComparePatch

Sort = Literal["missing", "not-owned", "extra", "modified"]
MISSING: Sort = "missing"
FOREIGN: Sort = "not-owned"
EXTRA: Sort = "extra"
MODIFIED: Sort = "modified"

_HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is not as the release has it; `patch` would mend a modified one."""

    ref: Ref
    sort: Sort
    patch: str = ""

    @property
    def suffix(self) -> str:
        """What is wrong, as Fleet says it."""
        if self.sort == MODIFIED:
            return f"modified {self.patch}"
        return "is not owned by us" if self.sort == FOREIGN else self.sort

    def __str__(self) -> str:
        """The object and what is wrong with it."""
        return f"{self.ref} {self.suffix}"


@dataclass(frozen=True, slots=True)
class Live:
    """What the cluster has: `owned` carries the bundle's mark, `others` are wanted but do not."""

    owned: Mapping[Ref, Object]
    others: Collection[Ref] = ()


def find_drift(
    wanted: Mapping[Ref, Object],
    live: Live,
    previous: Collection[Ref],
    patches: Iterable[ComparePatch],
) -> tuple[Drift, ...]:
    """Compare a release with the cluster.

    Args:
        wanted: the objects of the release, by reference.
        live: the objects of the cluster.
        previous: what the release's earlier revision had. Only this may be reported as `extra`: other
            objects with our label were copied by somebody who copies labels.
        patches: the option `diff.comparePatches`.

    Returns:
        The differences, sorted by apiVersion, kind, namespace and name.
    """
    rules = tuple(patches)
    scalers = [item for ref, item in wanted.items() if ref.kind == "HorizontalPodAutoscaler"]
    found: list[Drift] = []
    for ref, item in wanted.items():
        present = live.owned.get(ref)
        if present is None:
            if ref in live.others:
                found.append(Drift(ref, FOREIGN))
            elif not hides_missing(ref, rules):
                found.append(Drift(ref, MISSING))
            continue
        patch = difference(*normalise(item, present, ref, rules, scalers))
        if patch:
            found.append(Drift(ref, MODIFIED, _shown(ref, patch)))
    found += [Drift(ref, EXTRA) for ref in live.owned if ref not in wanted and ref in previous]
    return tuple(sorted(found, key=lambda drift: drift.ref))


def _shown(ref: Ref, patch: Object) -> str:
    if ref.kind == "Secret":
        patch = {
            key: _masked(value) if key in ("data", "stringData") else value for key, value in patch.items()
        }
    return orjson.dumps(patch, option=orjson.OPT_SORT_KEYS).decode()


def _masked(value: Any) -> Any:
    return dict.fromkeys(value, _HIDDEN) if isinstance(value, Mapping) else _HIDDEN
