"""What to read out of a tree and with which overrides: the part of a GitRepo that a reading depends on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fleet.bundler.domain.model import GIT_TARGET
from fleet.bundler.domain.typed import Flag, ListOf, Struct, Text, Whole
from fleet.bundler.domain.yamltext import Document

REPO_LABEL = "fleet.cattle.io/repo-name"
_DEPRECATED_LABEL = "fleet.cattle.io/created-by-display-name"

_DEFAULT_TARGET = {"name": "default", "clusterGroup": "default"}

_SPEC = Struct(
    {
        "repo": Text(),
        "branch": Text(),
        "paths": ListOf(Text()),
        "bundles": ListOf(Struct({"base": Text(), "options": Text()})),
        "targets": ListOf(GIT_TARGET),
        "targetNamespace": Text(),
        "serviceAccount": Text(),
        "paused": Flag(),
        "keepResources": Flag(),
        "deleteNamespace": Flag(),
        "correctDrift": Struct({"enabled": Flag(), "force": Flag(), "keepFailHistory": Flag()}),
        "forceSyncGeneration": Whole(),
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """One reading: the same tree and order always give the same bundles.

    `name` is the repository's, which bundle names begin with. `targets` is None where none are given
    from outside (the command line without a targets file).
    """

    name: str
    paths: tuple[str, ...] = ()
    bundles: tuple[tuple[str, str], ...] = ()
    targets: tuple[dict[str, Any], ...] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    target_namespace: str = ""
    service_account: str = ""
    paused: bool = False
    keep_resources: bool = False
    delete_namespace: bool = False
    correct_drift: dict[str, bool] = field(default_factory=dict)
    force_sync_generation: int = 0

    def to_json(self) -> dict[str, Any]:
        """The order as JSON values, for the way to the reading process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Order":
        """Give back what `to_json` was called on."""
        targets = data["targets"]
        return cls(
            **{
                **data,
                "paths": tuple(data["paths"]),
                "bundles": tuple((base, options) for base, options in data["bundles"]),
                "targets": None if targets is None else tuple(targets),
            }
        )


def order_for(name: str, spec: Mapping[str, Any], labels: Mapping[str, str]) -> Order:
    """What a GitRepo asks for. One without targets means the cluster group `default`, as in Fleet.

    Raises:
        BadInput: a field of the spec has the wrong type; with its name.
    """
    document = Document(dict(spec))
    found: dict[str, Any] = _SPEC.read(document, (), document.value, lenient=False)
    own = {key: value for key, value in labels.items() if key != _DEPRECATED_LABEL}
    drift = found.get("correctDrift", {})
    return Order(
        name=name,
        paths=tuple(found.get("paths", ())),
        bundles=tuple((one.get("base", ""), one.get("options", "")) for one in found.get("bundles", ())),
        targets=tuple(found.get("targets") or [_DEFAULT_TARGET]),
        labels=own | {REPO_LABEL: name},
        target_namespace=found.get("targetNamespace", ""),
        service_account=found.get("serviceAccount", ""),
        paused=found.get("paused", False),
        keep_resources=found.get("keepResources", False),
        delete_namespace=found.get("deleteNamespace", False),
        correct_drift=drift if drift.get("enabled") else {},
        force_sync_generation=found.get("forceSyncGeneration", 0),
    )
