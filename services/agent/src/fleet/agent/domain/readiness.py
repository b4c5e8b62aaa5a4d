"""Is a live object ready? Fleet's summarizers, in their order, each adding to what the earlier ones found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fleet.agent.domain.conditions import Condition, conditions_of
from fleet.agent.domain.kstatus import compute, has_rule
from fleet.agent.domain.objects import Kind, Object, block

_INITIAL_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Summary:
    """A state in one word; ready means neither error nor still on the way."""

    state: str = ""
    error: bool = False
    transitioning: bool = False
    messages: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing is wrong and nothing is awaited."""
        return not self.error and not self.transitioning

    def __str__(self) -> str:
        """Fleet's text, the missing bracket of a pure error included."""
        text = ", ".join(self.messages)
        if self.transitioning:
            return f"[progressing{',error' if self.error else ''}] {text}".rstrip()
        return f"error] {text}".rstrip() if self.error else self.state


def summarize(item: Object, age: float) -> Summary:
    """Judge a live object.

    Args:
        item: the object, without the conditions that the options tell to ignore.
        age: seconds since it was made.
    """
    conditions = conditions_of(item)
    summary = Summary()
    for step in _STEPS:
        summary = step(item, conditions, age, summary)
    messages = dict.fromkeys(text for text in (message.strip() for message in summary.messages) if text)
    return replace(summary, state=(summary.state or "active").lower(), messages=tuple(messages))


def _own_summary(item: Object, _c: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    """Some kinds (Fleet's, Rancher's) sum themselves up in `status.display` or `status.summary`."""
    status = block(item, "status")
    own = status.get("display") or status.get("summary")
    if not isinstance(own, Mapping):
        return summary
    message = own.get("message")
    texts = [message] if isinstance(message, str) else message if isinstance(message, list) else []
    return Summary(
        state=str(own.get("state") or ""),
        error=own.get("error") is True,
        transitioning=own.get("transitioning") is True,
        messages=tuple(str(text) for text in texts if text),
    )


_FALLBACK_ERRORS: Mapping[str, tuple[str, ...]] = {"Stalled": ("True",), "Failed": ("True",)}
_ERRORS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind("v1", "Node"): dict.fromkeys(
        ("OutOfDisk", "MemoryPressure", "DiskPressure", "NetworkUnavailable"), ("True",)
    ),
    Kind("apps/v1", "Deployment"): {"ReplicaFailure": ("True",), "Progressing": ("False",)},
    Kind("apps/v1", "ReplicaSet"): {"ReplicaFailure": ("True",)},
    Kind("helm.cattle.io/v1", "HelmChart"): {"Failed": ("True",)},
}


def _errors(item: Object, conditions: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    kind = Kind(str(item.get("apiVersion", "")), str(item.get("kind", "")))
    mapping = _ERRORS.get(kind, _FALLBACK_ERRORS)
    for condition in conditions:
        if condition.reason == "Error" or condition.status in mapping.get(condition.type, ()):
            summary = replace(
                summary,
                error=True,
                state=summary.state or "error",
                messages=(*summary.messages, condition.message),
            )
    return summary


_FALSE_IS_ERROR = frozenset(
    {
        "Active",
        "AddonDeploy",
        "AgentDeployed",
        "BackingNamespaceCreated",
        "Built",
        "CertsGenerated",
        "ConfigOK",
        "Created",
        "CreatorMadeOwner",
        "DefaultNamespaceAssigned",
        "DefaultNetworkPolicyCreated",
        "DefaultProjectCreated",
        "DockerProvisioned",
        "Deployed",
        "Drained",
        "Downloaded",
        "etcd",
        "Inactive",
        "Initialized",
        "Installed",
        "NodesCreated",
        "Pending",
        "PodScheduled",
        "Provisioned",
        "Reconciled",
        "Refreshed",
        "Registered",
        "Removed",
        "Saved",
        "Updated",
        "Updating",
        "Upgraded",
        "Waiting",
        "InitialRolesPopulated",
        "ScalingActive",
        "AbleToScale",
        "RunCompleted",
        "Processed",
    }
)
_TRUE_IS_TRANSITIONING = frozenset({"Reconciling"})
_FALSE_IS_TRANSITIONING: Mapping[str, str] = {
    "Completed": "activating",
    "Ready": "unavailable",
    "Available": "updating",
    "BootstrapReady": "",
    "InfrastructureReady": "",
    "NodeHealthy": "",
}


def _transitions(_item: Object, conditions: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    for condition in conditions:
        if condition.type not in _FALSE_IS_ERROR:
            continue
        if condition.status == "False":
            summary = _noted(summary, condition, condition.type, error=True)
        elif condition.status == "Unknown" and not summary.state:
            summary = _noted(summary, condition, condition.type)
    for condition in conditions:
        if not summary.state and condition.type in _TRUE_IS_TRANSITIONING and condition.status == "True":
            summary = _noted(summary, condition, condition.type)
    for condition in conditions:
        if summary.state or condition.type not in _FALSE_IS_TRANSITIONING:
            continue
        state = _FALSE_IS_TRANSITIONING[condition.type] or condition.reason or condition.type
        if condition.status == "False":
            summary = _noted(summary, condition, state)
        elif condition.status == "Unknown":
            summary = _noted(summary, condition, state, error=True)
    return summary


def _noted(summary: Summary, condition: Condition, state: str, *, error: bool = False) -> Summary:
    return replace(
        summary,
        state=state,
        error=summary.error or error,
        transitioning=summary.transitioning or not error,
        messages=(*summary.messages, condition.message),
    )


def _active(item: Object, _c: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    flag = str(block(item, "spec").get("active", "")).lower()
    if summary.state or flag not in ("true", "false"):
        return summary
    return replace(summary, state="active" if flag == "true" else "inactive")


def _phase(item: Object, _c: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    phase = block(item, "status").get("phase")
    if not isinstance(phase, str) or not phase:
        return summary
    if phase in ("Succeeded", "Bound"):
        return replace(summary, state=phase, transitioning=False)
    if has_rule(item):  # its phase is only a part of what the standard rules look at
        return summary
    return replace(summary, state=summary.state or phase)


def _initializing(item: Object, conditions: tuple[Condition, ...], age: float, summary: Summary) -> Summary:
    group = Kind(str(item.get("apiVersion", "")), "").group
    if summary.state or conditions or not group.endswith("cattle.io") or age >= _INITIAL_PATIENCE:
        return summary
    if not isinstance(block(item, "status").get("conditions"), list):
        return summary
    return replace(summary, state="initializing", transitioning=True)


def _removing(item: Object, _c: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    if block(item, "metadata").get("removed"):
        return replace(summary, state="removing", transitioning=True)
    return summary


_PROGRESS_STATES: Mapping[str, str] = {
    "InProgress": "in-progress",
    "Failed": "failed",
    "Terminating": "removing",
    "Current": "active",
}


def _progress(item: Object, _c: tuple[Condition, ...], age: float, summary: Summary) -> Summary:
    """The standard rules decide where nothing before did; what is being deleted is never ready."""
    result = compute(item, age)
    if summary.state and result.progress != "Terminating":
        return summary
    return replace(
        summary,
        state=_PROGRESS_STATES[result.progress],
        error=summary.error or result.progress == "Failed",
        transitioning=summary.transitioning or result.progress in ("InProgress", "Terminating"),
        messages=(*summary.messages, result.message) if result.progress != "Current" else summary.messages,
    )


def _load_balancer(item: Object, _c: tuple[Condition, ...], _age: float, summary: Summary) -> Summary:
    if item.get("kind") != "Service" or block(item, "spec").get("type") != "LoadBalancer":
        return summary
    status = block(item, "status")
    if (status.get("loadBalancer") or {}).get("ingress"):
        return summary
    return replace(
        summary, state="pending", transitioning=True, messages=("Load balancer is being provisioned",)
    )


_Step = Callable[[Object, tuple[Condition, ...], float, Summary], Summary]
_STEPS: tuple[_Step, ...] = (
    _own_summary,
    _errors,
    _transitions,
    _active,
    _phase,
    _initializing,
    _removing,
    _progress,
    _load_balancer,
)
