"""Clusters and BundleDeployments as Kubernetes objects, computed when somebody asks (fleet.md 1.4, 1.5)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.events import API_VERSION, BundleReport, Entry, manifest_of, timestamp
from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.clusters import Cluster
from fleet.targeter.domain.entries import object_labels
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.hops import locate
from fleet.targeter.domain.names import cluster_namespace
from fleet.targeter.domain.rollup import Rollups
from fleet.targeter.domain.sets import BundleKey
from fleet.targeter.domain.states import BundleState
from fleet.targeter.domain.summaries import modified_status, non_ready_status, spelled

AGENT_NAMESPACE = "cattle-fleet-system"
"""Where an agent lives that no Cluster says otherwise of."""

_UNAVAILABLE = (
    BundleState.ERR_APPLIED,
    BundleState.WAIT_APPLIED,
    BundleState.PENDING,
    BundleState.NOT_READY,
)
_OWNERS = {
    "GitRepo": ("readyGitRepos", "desiredReadyGitRepos"),
    "HelmOp": ("readyHelmOps", "desiredReadyHelmOps"),
}


class Objects:
    """Builds the objects; what it reads is an estate, and it changes nothing."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._rollups = Rollups(estate)

    def cluster(self, cluster: Cluster) -> dict[str, Any]:
        """A Cluster with Fleet's status; `status.hop` says where the first bundle waits that is not Ready."""
        summary = self._rollups.cluster_summary(cluster)
        seen = self._estate.ledger.last_seen(cluster.key, cluster.uid)
        message = summary.message("Bundle") if seen else "WaitCheckIn: the agent has not been heard of yet"
        found = manifest_of(cluster.record)
        status: dict[str, Any] = {
            "namespace": cluster_namespace(*cluster.key),
            "summary": summary.to_json(),
            "display": {
                "readyBundles": f"{summary.ready}/{summary.desired}",
                "state": summary.state if seen else "WaitCheckIn",
            },
            "agent": {
                "lastSeen": _time(seen) if seen else None,
                "namespace": cluster.record.spec.get("agentNamespace") or AGENT_NAMESPACE,
            },
            **self._owner_counts(cluster),
        }
        status["conditions"] = [_condition("Ready", not message, message)]
        if summary.listed:
            first = next(k for k in self._rollups.deployments(cluster) if k[1] == summary.listed[0].name)
            status["hop"] = locate(self._estate, cluster, first).to_json() | {"bundle": first[1]}
        found["metadata"]["resourceVersion"] = str(cluster.stored.sequence)
        return found | {"status": status}

    def deployment(self, cluster: Cluster, key: BundleKey) -> dict[str, Any]:
        """A BundleDeployment in the cluster's namespace, named after the bundle."""
        bundle = self._estate.bundles.get(key)
        entry = self._entry(cluster, key)
        state = self._rollups.deployment_state(key, cluster.ordinal)
        trouble = self._trouble(cluster, entry, state)
        return {
            "apiVersion": API_VERSION,
            "kind": "BundleDeployment",
            "metadata": {
                "name": key[1],
                "namespace": cluster_namespace(*cluster.key),
                "labels": self._labels(cluster, entry, bundle),
            },
            "spec": self._spec(cluster, bundle, entry),
            "status": self._status(cluster, key, entry, state, trouble),
        }

    def _spec(self, cluster: Cluster, bundle: Bundle | None, entry: Entry | None) -> dict[str, Any]:
        staged = entry.deployment_id if entry else ""
        if bundle and not bundle.error:
            plans = (bundle.plans[choice] for choice, m in bundle.staged.items() if cluster.ordinal in m)
            staged = next((plan.deployment_id for plan in plans), staged)
        held = cluster.paused or (bundle is not None and bundle.paused)
        found: dict[str, Any] = {"stagedDeploymentID": staged, "paused": entry.paused if entry else held}
        if entry:
            found |= {"deploymentID": entry.deployment_id, "dependsOn": list(entry.depends_on)}
        return {name: value for name, value in found.items() if value not in (False, [], "")}

    def _status(
        self,
        cluster: Cluster,
        key: BundleKey,
        entry: Entry | None,
        state: BundleState,
        trouble: BundleReport | None,
    ) -> dict[str, Any]:
        ready = state is BundleState.READY
        message = _message(trouble)
        applied = self._applied(cluster, key, entry, trouble)
        deployed = state is not BundleState.ERR_APPLIED
        status: dict[str, Any] = {
            "appliedDeploymentID": applied,
            "ready": state not in _UNAVAILABLE,
            "nonModified": state is not BundleState.MODIFIED,
            "display": {
                "deployed": "True" if deployed else f"Error: {message}",
                "monitored": "True",
                "state": state.value,
            },
            "conditions": [
                _condition("Deployed", deployed, "" if deployed else message, "" if deployed else "Error"),
                _condition("Monitored", True, ""),
                _condition("Ready", ready, "" if ready else message or state.value),
            ],
        }
        if trouble and (modified := modified_status(trouble.resources)):
            status["modifiedStatus"] = modified
        if trouble and (unready := non_ready_status(trouble.resources)):
            status["nonReadyStatus"] = unready
        if not ready:
            status["hop"] = locate(self._estate, cluster, key).to_json()
        if not applied:
            status["display"] |= {"deployed": "", "monitored": ""} if deployed else {"monitored": ""}
        return status

    def _entry(self, cluster: Cluster, key: BundleKey) -> Entry | None:
        slots = dict(self._estate.manifests.classes.manifest(cluster.ordinal).slots)
        return self._estate.manifests.entries.get(slots.get(key, ""))

    def _trouble(self, cluster: Cluster, entry: Entry | None, state: BundleState) -> BundleReport | None:
        report = self._estate.ledger.report(cluster.key, cluster.uid)
        found = report.troubles.get(entry.digest()) if report and entry else None
        return found if found and found.state == state.value else None

    def _applied(
        self, cluster: Cluster, key: BundleKey, entry: Entry | None, trouble: BundleReport | None
    ) -> str:
        """The deployment id that the cluster says it has, of this entry or of one before it."""
        report = self._estate.ledger.report(cluster.key, cluster.uid)
        if report is None:
            return ""
        known = (self._estate.manifests.entries.get(digest) for digest in report.applied)
        ids = [e.deployment_id for e in known if e and (e.namespace, e.bundle) == key]
        if entry and entry.deployment_id in ids:
            return entry.deployment_id
        return trouble.deployment_id if trouble else next(iter(ids), "")

    def _labels(self, cluster: Cluster, entry: Entry | None, bundle: Bundle | None) -> Mapping[str, str]:
        return object_labels(cluster.key, entry.labels if entry else {}, bundle.record if bundle else None)

    def _owner_counts(self, cluster: Cluster) -> dict[str, int]:
        """As in Fleet a repository counts as ready if any of its bundles is (quirk 24)."""
        counts = dict.fromkeys((field for fields in _OWNERS.values() for field in fields), 0)
        ready: dict[tuple[str, str], bool] = {}
        for key in self._rollups.deployments(cluster):
            bundle = self._estate.bundles.get(key)
            if bundle and bundle.record.owner.kind in _OWNERS:
                owner = (bundle.record.owner.kind, bundle.record.owner.uid)
                state = self._rollups.deployment_state(key, cluster.ordinal)
                ready[owner] = ready.get(owner, False) or state is BundleState.READY
        for (kind, _), is_ready in ready.items():
            counts[_OWNERS[kind][1]] += 1
            counts[_OWNERS[kind][0]] += is_ready
        return counts


def _message(trouble: BundleReport | None) -> str:
    if trouble is None:
        return ""
    return trouble.message or "; ".join(spelled(resource) for resource in trouble.resources[:1])


def _condition(kind: str, good: bool, message: str, reason: str = "") -> dict[str, str]:
    found = {"type": kind, "status": "True" if good else "False", "reason": reason, "message": message}
    return {name: value for name, value in found.items() if value}


def _time(seconds: int) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
