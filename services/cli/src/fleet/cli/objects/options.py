"""The option block that bundles, their targets and HelmOps share (Fleet's `BundleDeploymentOptions`)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fleet.cli.objects.model import Integer, ReleaseName, SpecModel, Strings
from fleet.cli.objects.selector import LabelSelector


class KeyReference(SpecModel):
    """One key of a Secret or ConfigMap."""

    name: str | None = None
    namespace: str | None = None
    key: str | None = None


class ValuesFrom(SpecModel):
    """Where further Helm values come from."""

    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None


class HelmOptions(SpecModel):
    """How a chart is found and installed."""

    chart: str | None = None
    repo: str | None = None
    version: str | None = None
    release_name: ReleaseName | None = None
    values_files: Strings | None = None
    values: dict[str, Any] | None = None
    template_values: dict[str, str] | None = None
    values_from: list[ValuesFrom] | None = None
    timeout_seconds: Integer | None = None
    force: bool | None = None
    take_ownership: bool | None = None
    max_history: Integer | None = None
    wait_for_jobs: bool | None = None
    atomic: bool | None = None
    disable_pre_process: bool | None = None
    disable_dns: bool | None = Field(default=None, alias="disableDNS")
    skip_schema_validation: bool | None = None
    disable_dependency_update: bool | None = None


class KustomizeOptions(SpecModel):
    """Which directory of the bundle Kustomize builds."""

    dir: str | None = None


class YAMLOptions(SpecModel):
    """Overlay directories, applied in order."""

    overlays: Strings | None = None


class PatchOperation(SpecModel):
    """One JSON patch operation of a comparison."""

    op: str | None = None
    path: str | None = None
    value: str | None = None


class ComparePatch(SpecModel):
    """What is left out when a live object is compared."""

    api_version: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    json_pointers: Strings | None = None
    operations: list[PatchOperation] | None = None


class DiffOptions(SpecModel):
    """Exceptions from drift detection."""

    compare_patches: list[ComparePatch] | None = None


class IgnoreOptions(SpecModel):
    """Status conditions that do not count for readiness."""

    conditions: list[dict[str, str]] | None = None


class CorrectDrift(SpecModel):
    """Whether and how drift is corrected."""

    enabled: bool | None = None
    force: bool | None = None
    keep_fail_history: bool | None = None


class DownstreamResource(SpecModel):
    """A Secret or ConfigMap that is copied to the clusters."""

    kind: str | None = None
    name: str | None = None


class OverwrittenResource(SpecModel):
    """A resource that a sibling bundle had before (internal)."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class DeploymentOptions(SpecModel):
    """How one bundle is deployed to one cluster."""

    default_namespace: str | None = None
    namespace: str | None = None
    kustomize: KustomizeOptions | None = None
    helm: HelmOptions | None = None
    yaml: YAMLOptions | None = None
    service_account: str | None = None
    create_namespace: bool | None = None
    force_sync_generation: Integer | None = None
    diff: DiffOptions | None = None
    keep_resources: bool | None = None
    delete_namespace: bool | None = None
    ignore: IgnoreOptions | None = None
    correct_drift: CorrectDrift | None = None
    namespace_labels: dict[str, str] | None = None
    namespace_annotations: dict[str, str] | None = None
    delete_crd_resources: bool | None = Field(default=None, alias="deleteCRDResources")
    downstream_resources: list[DownstreamResource] | None = None
    overwrites: list[OverwrittenResource] | None = None
    allowed_target_namespace_selector: LabelSelector | None = None
