"""What the flags of `fleet apply NAME PATH...` ask for, as an order to the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order, driven_bundle, read_targets_file
from fleet.bundler.domain.warnings import ReadWarning, warnings_of_targets

COMMIT_LABEL = "fleet.cattle.io/commit"


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that decide what a bundle looks like, under their own names.

    `output` is where the bundles are printed (`-` is stdout); empty where they are stored in the hub.
    """

    bundle_file: str = ""
    output: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    compress: bool = False
    service_account: str = ""
    sync_generation: int = 0
    target_namespace: str = ""
    paused: bool = False
    commit: str = ""
    keep_resources: bool = False
    delete_namespace: bool = False
    correct_drift: bool = False
    correct_drift_force: bool = False
    correct_drift_keep_fail_history: bool = False
    driven_scan: bool = False
    driven_scan_sep: str = ":"
    imagescan_enabled: bool = False


@dataclass(frozen=True, slots=True)
class TargetsFile:
    """What a targets file says and what of it is passed over, or why it cannot be used."""

    targets: tuple[dict[str, Any], ...] | None = None
    restrictions: tuple[dict[str, Any], ...] = ()
    wrong: str = ""
    warnings: tuple[ReadWarning, ...] = ()

    @classmethod
    def read(cls, name: str) -> TargetsFile:
        """The targets of the file with this name; of none where the name is empty."""
        if not name:
            return cls()
        try:
            data = Path(name).read_bytes()
            return cls(*read_targets_file(data, name), warnings=warnings_of_targets(data, name))
        except OSError as error:
            return cls(wrong=f"open {name}: {(error.strerror or '').lower()}")
        except BadInput as error:
            return cls(wrong=str(error))


def order_of(name: str, paths: Sequence[str], flags: Flags, targets: TargetsFile = TargetsFile()) -> Order:
    """The order for these flags.

    Raises:
        BadInput: a path of a user-driven scan has two separators.
    """
    driven = flags.driven_scan
    drift = {
        "enabled": flags.correct_drift,
        "force": flags.correct_drift_force,
        "keepFailHistory": flags.correct_drift_keep_fail_history,
    }
    return Order(
        name=name,
        paths=() if driven else tuple(paths),
        bundles=tuple(driven_bundle(path, flags.driven_scan_sep) for path in paths or ["."] if driven),
        options_file="" if driven else flags.bundle_file,
        targets=targets.targets,
        restrictions=targets.restrictions,
        targets_wrong=targets.wrong,
        labels=dict(flags.label) | ({COMMIT_LABEL: flags.commit} if flags.commit else {}),
        target_namespace=flags.target_namespace,
        service_account=flags.service_account,
        paused=flags.paused,
        keep_resources=flags.keep_resources,
        delete_namespace=flags.delete_namespace,
        correct_drift={key: value for key, value in drift.items() if value} if flags.correct_drift else {},
        force_sync_generation=flags.sync_generation,
        compress=flags.compress,
        image_scans=flags.imagescan_enabled,
        offline=bool(flags.output),
    )
