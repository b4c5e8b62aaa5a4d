"""The targeter's part of what people see of a Bundle, a GitRepo and a ClusterGroup (fleet.md 4.4, 4.5)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from pyroaring import BitMap

from fleet.events import Condition, ViewPart
from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.clusters import Cluster
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.hops import held, locate
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.preparing import failed_for
from fleet.targeter.domain.progress import progress
from fleet.targeter.domain.sets import BundleKey, OwnerKey
from fleet.targeter.domain.states import RANK, BundleState, behind
from fleet.targeter.domain.summaries import LISTED, NonReady, Summary, added, trouble_of
from fleet.targeter.domain.work import ViewKey

States = Mapping[BundleState, BitMap]
NameOf = Callable[[Cluster], str]
StateOf = Callable[[BundleState], BundleState]

_LOOKED_AT = 20_000
"""Of more clusters than this that are not Ready, those with the lowest numbers stand for all in lists."""


class Rollups:
    """Reads an estate: counts by popcount, names at most ten examples, changes nothing."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def part(self, key: ViewKey) -> ViewPart | None:
        """The present part of an object's view, its conditions without times; None where it has none."""
        kind, workspace, name = key
        if kind == "bundle":
            return self._bundle_part((workspace, name))
        if kind == "clustergroup":
            return self._group_part(workspace, name)
        return self._owner_part(key)

    def bundle_ready(self, bundle: Bundle) -> Condition:
        """The Ready condition of a Bundle."""
        if error := self.error_of(bundle):
            return _condition("False", error, reason="Error")
        return _ready(self.bundle_summary(bundle), "Cluster")

    def error_of(self, bundle: Bundle) -> str:
        """Why a bundle is held, or cannot be given to the first cluster for which its options fail."""
        if bundle.error:
            return bundle.error
        for cluster in self._first(bundle.refused())[:1]:
            return failed_for(cluster.view(), bundle.failure_of(cluster.ordinal))
        return ""

    def bundle_summary(self, bundle: Bundle) -> Summary:
        """A bundle's deployments by cluster. What is held back counts as waiting here, as in Fleet."""
        return self._summary(bundle, self._regrouped(bundle, _from_bundle), _full_name)

    def deployment_summary(self, bundle: Bundle) -> Summary:
        """A bundle's deployments as its GitRepo and the clusters count them."""
        return self._summary(bundle, self.deployment_states(bundle), lambda _: bundle.record.bundle)

    def deployment_states(self, bundle: Bundle) -> States:
        """The clusters in each state that is not Ready, as the deployments themselves show it."""
        return self._regrouped(bundle, behind)

    def deployment_state(self, key: BundleKey, ordinal: int) -> BundleState:
        """The state of one deployment."""
        state = self._estate.standing.readiness.state(key, ordinal)
        bundle = self._estate.bundles.get(key)
        if bundle is None or ordinal not in bundle.behind:
            return state
        if ordinal not in self._estate.manifests.classes.running(key):
            told = ordinal in self._estate.turns.stopped(bundle)
            return BundleState.NOT_READY if told else BundleState.PENDING
        return behind(state)

    def deployments(self, cluster: Cluster) -> list[BundleKey]:
        """The bundles of one cluster: those it runs, and those that are held back from it."""
        running = {key for key, _ in self._estate.manifests.classes.manifest(cluster.ordinal).slots}
        held_back = {b.key for b in self._estate.bundles if cluster.ordinal in b.behind}
        return sorted(running | held_back)

    def cluster_summary(self, cluster: Cluster) -> Summary:
        """One cluster's deployments by bundle."""
        keys = self.deployments(cluster)
        counts: dict[BundleState, int] = {}
        listed: list[NonReady] = []
        for key in keys:
            state = self.deployment_state(key, cluster.ordinal)
            if state is not BundleState.READY:
                counts[state] = counts.get(state, 0) + 1
                listed.append(self._non_ready(key[1], key, cluster, state))
        return Summary(len(keys), counts, tuple(listed[:LISTED]))

    def _bundle_part(self, key: BundleKey) -> ViewPart | None:
        bundle = self._estate.bundles.get(key)
        if bundle is None:
            return None
        states = self._regrouped(bundle, _from_bundle)
        summary = self._summary(bundle, states, _full_name)
        status: dict[str, Any] = {
            "summary": summary.to_json(),
            "display": {"readyClusters": f"{summary.ready}/{summary.desired}", "state": summary.state},
        }
        if not bundle.error:
            status |= progress(self._estate.turns, bundle, lambda part: self._part_summary(states, part))
        return ViewPart(
            kind="bundle",
            workspace=key[0],
            name=key[1],
            part="rollup",
            uid=bundle.record.uid,
            observed_generation=bundle.record.generation,
            status=status | self._hop([bundle]),
            conditions=(self.bundle_ready(bundle),),
        )

    def _owner_part(self, key: ViewKey) -> ViewPart | None:
        declared = self._estate.declared.get(key)
        owner: OwnerKey = (key[1], declared.event.metadata.uid if declared else "")
        acted = self._estate.adopted.get(owner)
        if declared is None or acted is None:
            return None
        bundles = self._estate.bundles.of_owner(owner)
        summary = added(self.deployment_summary(bundle) for bundle in bundles)
        desired = BitMap.union(NOTHING, *(self._desired(bundle) for bundle in bundles))
        unready = BitMap.union(NOTHING, *(m for b in bundles for m in self.deployment_states(b).values()))
        status = {
            "rollup": {"set": acted.model_dump(by_alias=True)},
            "summary": summary.to_json(),
            "display": self._owner_display(bundles, summary),
            "desiredReadyClusters": len(desired),
            "readyClusters": len(desired - unready),
        }
        return ViewPart(
            kind=key[0],
            workspace=key[1],
            name=key[2],
            part="rollup",
            uid=owner[1],
            status=status | self._hop(bundles),
            conditions=(self._owner_ready(bundles, summary),),
        )

    def _owner_ready(self, bundles: list[Bundle], summary: Summary) -> Condition:
        """As in Fleet the first bundle by uid that is not Ready speaks for all."""
        for bundle in sorted(bundles, key=lambda bundle: bundle.record.uid):
            ready = self.bundle_ready(bundle)
            if ready.status != "True":
                return ready
        return _ready(summary, "Bundle")

    def _owner_display(self, bundles: list[Bundle], summary: Summary) -> dict[str, Any]:
        worst = max(summary.listed, key=lambda entry: RANK[entry.state], default=None)
        error = next((error for bundle in bundles if (error := self.error_of(bundle))), "")
        message = error or (worst.message if worst else "")
        return {
            "readyBundleDeployments": f"{summary.ready}/{summary.desired}",
            "state": summary.state,
            "message": message,
            "error": bool(message),
        }

    def _group_part(self, workspace: str, name: str) -> ViewPart | None:
        stored = self._estate.clusters.group((workspace, name))
        group = next((g for g in self._estate.clusters.index.groups([workspace]) if g.name == name), None)
        if stored is None or group is None:
            return None
        bundles = [b for b in self._estate.bundles if workspace in b.workspaces]
        unready = group.members & BitMap.union(
            NOTHING, *(m for bundle in bundles for m in self.deployment_states(bundle).values())
        )
        summary = self._group_summary(bundles, group.members, unready)
        names = [cluster.record.name for cluster in self._first(unready)]
        total = len(group.members)
        display = {
            "readyClusters": f"{total - len(unready)}/{total}" + (f" ({','.join(names)})" if names else ""),
            "readyBundles": f"{summary.ready}/{summary.desired}",
            "state": summary.state,
        }
        status: dict[str, Any] = {"clusterCount": total, "nonReadyClusterCount": len(unready)}
        status |= {"nonReadyClusters": names, "summary": summary.to_json(), "display": display}
        error = self._estate.clusters.group_error((workspace, name))
        ready = _condition("False", error, reason="Error") if error else _ready(summary, "Bundle")
        return ViewPart(
            kind="clustergroup",
            workspace=workspace,
            name=name,
            part="rollup",
            uid=stored.event.metadata.uid,
            observed_generation=stored.event.metadata.generation,
            status=status,
            conditions=(ready,),
        )

    def _group_summary(self, bundles: list[Bundle], members: BitMap, unready: BitMap) -> Summary:
        desired = sum(len(self._desired(bundle) & members) for bundle in bundles)
        counts: dict[BundleState, int] = {}
        for bundle in bundles:
            for state, found in self.deployment_states(bundle).items():
                counts[state] = counts.get(state, 0) + len(found & members)
        examples = (entry for c in self._first(unready) for entry in self.cluster_summary(c).listed)
        return Summary(desired, {s: n for s, n in counts.items() if n}, tuple(examples)[:LISTED])

    def _summary(self, bundle: Bundle, states: States, name: NameOf) -> Summary:
        listed = (
            self._non_ready(name(cluster), bundle.key, cluster, state)
            for cluster, state in self._examples(states)
        )
        return Summary(len(self._desired(bundle)), _counts(states), tuple(listed))

    def _part_summary(self, states: States, members: BitMap) -> Summary:
        """A partition's deployments; what is wrong with them stands in the summary of all."""
        here = {state: found & members for state, found in states.items()}
        listed = (NonReady(_full_name(cluster), state) for cluster, state in self._examples(here))
        return Summary(len(members), _counts(here), tuple(listed))

    def _examples(self, states: States) -> Iterator[tuple[Cluster, BundleState]]:
        """The first by name that are in any of these states, as many as are listed."""
        for cluster in self._first(BitMap.union(NOTHING, *states.values())):
            yield cluster, next(state for state, members in states.items() if cluster.ordinal in members)

    def _non_ready(self, name: str, key: BundleKey, cluster: Cluster, state: BundleState) -> NonReady:
        report = self._estate.ledger.report(cluster.key, cluster.uid)
        slots = dict(self._estate.manifests.classes.manifest(cluster.ordinal).slots)
        trouble = report.troubles.get(slots.get(key, "")) if report else None
        return trouble_of(name, state, trouble)

    def _desired(self, bundle: Bundle) -> BitMap:
        """Who has, or is to have, a deployment; of a bundle that is held, who runs it."""
        return self._estate.manifests.classes.running(bundle.key) if bundle.error else bundle.targeted()

    def _regrouped(self, bundle: Bundle, seen: StateOf) -> States:
        """The states, with what is held back shown as `seen` says.

        What never came is Pending, or where there is a deployment that is only told nothing, NotReady.
        """
        states = self._estate.standing.readiness.states(bundle.key)
        if not bundle.behind:
            return states
        running = self._estate.manifests.classes.running(bundle.key)
        ready = bundle.behind - BitMap.union(NOTHING, *states.values())
        found = {state: members - bundle.behind for state, members in states.items()}
        for state, members in (*states.items(), (BundleState.READY, ready & running)):
            if here := members & bundle.behind:
                found[seen(state)] = found.get(seen(state), NOTHING) | here
        never = bundle.behind - running
        stopped = never & self._estate.turns.stopped(bundle) if never else never
        for state, members in (
            (seen(BundleState.NOT_READY), stopped),
            (BundleState.PENDING, never - stopped),
        ):
            found[state] = found.get(state, NOTHING) | members
        return {state: members for state, members in found.items() if members}

    def _first(self, members: BitMap) -> list[Cluster]:
        """The first by name, as many as are listed."""
        first = self._estate.clusters.order.first(members[:_LOOKED_AT], LISTED)
        found = [cluster for ordinal in first if (cluster := self._estate.clusters.at(ordinal))]
        return sorted(found, key=lambda cluster: (cluster.record.name, cluster.record.workspace))

    def _hop(self, bundles: Iterable[Bundle]) -> dict[str, Any]:
        """Where the first deployment waits that is not Ready; nothing when all are."""
        for bundle in bundles:
            if bundle.error:
                return {"hop": held(bundle).to_json() | {"bundle": bundle.record.bundle}}
            states = self.deployment_states(bundle)
            for cluster in self._first(BitMap.union(NOTHING, *states.values()))[:1]:
                hop = locate(self._estate, cluster, bundle.key).to_json()
                return {"hop": hop | {"bundle": bundle.record.bundle, "cluster": "/".join(cluster.key)}}
        return {}


def _full_name(cluster: Cluster) -> str:
    return "/".join(cluster.key)


def _counts(states: States) -> dict[BundleState, int]:
    return {state: len(members) for state, members in states.items() if members}


def _from_bundle(state: BundleState) -> BundleState:
    return state if state is BundleState.ERR_APPLIED else BundleState.WAIT_APPLIED


def _ready(summary: Summary, kind: str) -> Condition:
    message = summary.message(kind)
    return _condition("False", message) if message else _condition("True", "")


def _condition(status: Literal["True", "False"], message: str, *, reason: str = "") -> Condition:
    return Condition(type="Ready", status=status, reason=reason, message=message)
