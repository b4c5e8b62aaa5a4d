"""Cluster and ClusterGroup."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fleet.cli.objects.model import Integer, SpecModel
from fleet.cli.objects.selector import LabelSelector


class SecretName(SpecModel):
    """The name of a Secret."""

    name: str | None = None


class EnvVar(SpecModel):
    """An environment variable of the agent; `valueFrom` is Kubernetes' own."""

    name: str
    value: str | None = None
    value_from: dict[str, Any] | None = None


class Toleration(SpecModel):
    """A toleration of the agent."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None
    toleration_seconds: Integer | None = None


class PriorityClass(SpecModel):
    """The priority class that is made for the agent."""

    value: Integer | None = None
    preemption_policy: str | None = None


class DisruptionBudget(SpecModel):
    """The pod disruption budget that is made for the agent."""

    min_available: str | None = None
    max_unavailable: str | None = None


class SchedulingCustomization(SpecModel):
    """How the agent is scheduled."""

    priority_class: PriorityClass | None = None
    pod_disruption_budget: DisruptionBudget | None = None


class ClusterSpec(SpecModel):
    """Fleet's Cluster, every field; affinity and resources are Kubernetes' own."""

    paused: bool | None = None
    client_id: str | None = Field(default=None, alias="clientID")
    kube_config_secret: str | None = None
    kube_config_secret_namespace: str | None = None
    redeploy_agent_generation: Integer | None = None
    agent_env_vars: list[EnvVar] | None = None
    agent_namespace: str | None = None
    private_repo_url: str | None = Field(default=None, alias="privateRepoURL")
    template_values: dict[str, Any] | None = None
    agent_tolerations: list[Toleration] | None = None
    agent_affinity: dict[str, Any] | None = None
    agent_resources: dict[str, Any] | None = None
    host_network: bool | None = None
    agent_scheduling_customization: SchedulingCustomization | None = None
    agent_pull_secrets: list[SecretName] | None = None


class ClusterGroupSpec(SpecModel):
    """Fleet's ClusterGroup; without a selector it has no members."""

    selector: LabelSelector | None = None
