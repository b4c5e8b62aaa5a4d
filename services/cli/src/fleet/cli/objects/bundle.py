"""Bundle and HelmOp: what is deployed, as a user writes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fleet.cli.objects.model import Duration, Integer, IntOrString, SpecModel, Strings
from fleet.cli.objects.options import DeploymentOptions
from fleet.cli.objects.selector import ClusterTarget, LabelSelector


class Partition(SpecModel):
    """A part of the targets that is rolled out together."""

    name: str | None = None
    max_unavailable: IntOrString | None = None
    cluster_name: str | None = None
    cluster_selector: LabelSelector | None = None
    cluster_group: str | None = None
    cluster_group_selector: LabelSelector | None = None


class RolloutStrategy(SpecModel):
    """How many clusters may change at once."""

    max_unavailable: IntOrString | None = None
    max_unavailable_partitions: IntOrString | None = None
    auto_partition_size: IntOrString | None = None
    auto_partition_threshold: Integer | None = None
    max_new: Integer | None = None
    partitions: list[Partition] | None = None


class BundleResource(SpecModel):
    """One file of a bundle."""

    name: str | None = None
    content: str | None = None
    encoding: str | None = None


class BundleTarget(DeploymentOptions):
    """Which clusters, and the options that differ there."""

    name: str | None = None
    cluster_name: str | None = None
    cluster_selector: LabelSelector | None = None
    cluster_group: str | None = None
    cluster_group_selector: LabelSelector | None = None
    do_not_deploy: bool | None = None


class BundleDependency(SpecModel):
    """A bundle that must be ready before this one is deployed."""

    name: str | None = None
    selector: LabelSelector | None = None
    accepted_states: Strings | None = None


class HelmOpAccess(SpecModel):
    """How the agent reaches a chart's repository (internal)."""

    helm_op_secret_name: str | None = None
    helm_op_insecure_skip_tls_verify: bool | None = Field(default=None, alias="helmOpInsecureSkipTLSVerify")
    helm_op_ca_bundle: str | None = Field(default=None, alias="helmOpCABundle")


class BundleSpec(DeploymentOptions):
    """Fleet's Bundle, every field."""

    paused: bool | None = None
    target_customization_mode: Literal["FirstMatch", "AllMatches"] | None = None
    contents_id: str | None = None
    values_hash: str | None = None
    helm_op_options: HelmOpAccess | None = None
    rollout_strategy: RolloutStrategy | None = None
    resources: list[BundleResource] | None = None
    targets: list[BundleTarget] | None = None
    target_restrictions: list[ClusterTarget] | None = None
    depends_on: list[BundleDependency] | None = None


class HelmOpSpec(BundleSpec):
    """Fleet's HelmOp: a bundle made of a chart."""

    labels: dict[str, str] | None = None
    polling_interval: Duration | None = None
    helm_secret_name: str | None = None
    insecure_skip_tls_verify: bool | None = Field(default=None, alias="insecureSkipTLSVerify")
