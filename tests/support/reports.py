"""What agents say of the manifests that they have."""

from collections.abc import Iterable

from fleet.events import (
    BundleReport,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    Heartbeat,
    ResourceReport,
)


def a_report(
    manifest: DeploymentTargeted,
    *,
    applied: Iterable[str] | None = None,
    troubles: Iterable[BundleReport] = (),
    uid: str | None = None,
) -> DeploymentReported:
    """What a cluster says after it acted on a manifest; without more, that all is Ready."""
    return DeploymentReported(
        workspace=manifest.workspace,
        cluster=manifest.cluster,
        uid=uid or manifest.uid,
        epoch=manifest.epoch,
        generation=manifest.generation,
        digest=manifest.digest,
        entries=tuple(manifest.entries if applied is None else applied),
        not_ready=tuple(troubles),
    )


def a_trouble(
    entry: Entry, state: str, message: str = "", resources: Iterable[ResourceReport] = (), seconds: int = 0
) -> BundleReport:
    """What a cluster says about a bundle that is not Ready."""
    return BundleReport.model_validate(
        {
            "namespace": entry.namespace,
            "bundle": entry.bundle,
            "entry": entry.digest(),
            "state": state,
            "message": message,
            "seconds": seconds,
            "resources": tuple(resources),
        }
    )


def a_beat(manifest: DeploymentTargeted, *, digest: str | None = None) -> Heartbeat:
    """A sign of life of a cluster that has this manifest, or the one of another digest."""
    return Heartbeat(
        workspace=manifest.workspace,
        cluster=manifest.cluster,
        uid=manifest.uid,
        epoch=manifest.epoch,
        generation=manifest.generation,
        digest=manifest.digest if digest is None else digest,
    )
