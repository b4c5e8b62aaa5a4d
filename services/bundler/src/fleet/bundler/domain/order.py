"""What to read out of a tree and with which overrides: the part of a GitRepo that a reading depends on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.model import GIT_TARGET, SPEC_FILE
from fleet.bundler.domain.typed import Flag, ListOf, Struct, Text, Whole
from fleet.bundler.domain.yamltext import Document, parse

REPO_LABEL = "fleet.cattle.io/repo-name"
_DEPRECATED_LABEL = "fleet.cattle.io/created-by-display-name"

DEFAULT_TARGET = {"name": "default", "clusterGroup": "default"}
"""Where a bundle goes that nobody gave targets (fleet.md 2.7)."""

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

    `name` is the repository's, which bundle names begin with. `paths` are scanned, unless there are
    `bundles` (folder, options file): those are read and nothing below them. `options_file` is read instead
    of each folder's fleet.yaml. `targets` and `restrictions` come from the GitRepo or from a targets file;
    None where there is neither. `targets_wrong` says why a targets file cannot be used, which is an error of
    each bundle without `overrideTargets`. `labels` has the commit's too where bundles are to say it.
    `compress` asks for every file as base64+gz. `image_scans` allows `imageScans`, which are an error
    otherwise. `offline`: the bundles are only printed, so what only Kubernetes would refuse about them is a
    warning.
    """

    name: str
    paths: tuple[str, ...] = ()
    bundles: tuple[tuple[str, str], ...] = ()
    options_file: str = ""
    targets: tuple[dict[str, Any], ...] | None = None
    restrictions: tuple[dict[str, Any], ...] = ()
    targets_wrong: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    target_namespace: str = ""
    service_account: str = ""
    paused: bool = False
    keep_resources: bool = False
    delete_namespace: bool = False
    correct_drift: dict[str, bool] = field(default_factory=dict)
    force_sync_generation: int = 0
    compress: bool = False
    image_scans: bool = False
    offline: bool = False

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
                "restrictions": tuple(data["restrictions"]),
            }
        )


def driven_bundle(argument: str, separator: str) -> tuple[str, str]:
    """An argument of the command's user-driven scan, `base<separator>options` or `base`, in its two parts.

    Raises:
        BadInput: the separator is in it more than once.
    """
    parts = argument.split(separator) if separator else list(argument)
    if len(parts) > 2:
        said = f'more than one "{separator}"' if separator else "the separator is empty"
        raise BadInput(f'invalid bundle path: "{argument}" ({said}; see --driven-scan-sep)')
    return (parts[0], parts[1]) if len(parts) == 2 else (argument, "")


def read_targets_file(
    data: bytes, path: str
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The `targets` and `targetRestrictions` of a targets file, whose form is that of a BundleSpec.

    Raises:
        BadInput: it is no YAML or a field has the wrong type; with `path`, line and field.
    """
    document = parse(data, path)
    found = SPEC_FILE.read(document, (), document.value, lenient=True) or {}
    return tuple(found.get("targets", ())), tuple(found.get("targetRestrictions", ()))


def order_for(name: str, spec: Mapping[str, Any], labels: Mapping[str, str]) -> Order:
    """What a GitRepo asks for. One without targets means the cluster group `default`, as in Fleet.

    Raises:
        BadInput: a field of the spec has the wrong type; with its name.
    """
    document = Document(dict(spec))
    found: dict[str, Any] = _SPEC.read(document, (), document.value, lenient=False)
    own = {key: value for key, value in labels.items() if key != _DEPRECATED_LABEL}
    drift = found.get("correctDrift", {})
    targets = tuple(found.get("targets") or [DEFAULT_TARGET])
    return Order(
        name=name,
        paths=tuple(found.get("paths", ())),
        bundles=tuple((one.get("base", ""), one.get("options", "")) for one in found.get("bundles", ())),
        targets=targets,
        restrictions=targets,
        labels=own | {REPO_LABEL: name},
        target_namespace=found.get("targetNamespace", ""),
        service_account=found.get("serviceAccount", ""),
        paused=found.get("paused", False),
        keep_resources=found.get("keepResources", False),
        delete_namespace=found.get("deleteNamespace", False),
        correct_drift=drift if drift.get("enabled") else {},
        force_sync_generation=found.get("forceSyncGeneration", 0),
    )
