"""Everything the targeter knows, brought up to date event by event; decisions come out when asked."""

from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from fleet.events import BundleRendered, BundleSet, ClusterRecord, Member, Resource, Stored
from fleet.targeter.domain.bundles import Bundle, BundleBook, BundleOptions, bundle_from
from fleet.targeter.domain.clusters import Change, Cluster, ClusterBook
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.ledger import Ledger
from fleet.targeter.domain.manifests import Manifests
from fleet.targeter.domain.placement import Moves, Namer, promote, stage, withdraw
from fleet.targeter.domain.rules import RuleBook, namespace_labels
from fleet.targeter.domain.sets import BundleKey, Live, OwnerKey, Record, RepositorySets, bundle_set
from fleet.targeter.domain.standing import Standing
from fleet.targeter.domain.turns import Turns
from fleet.targeter.domain.work import Cause, ViewKey, Work

OptionsKey = tuple[str, str]
"""Sealed options of a bundle: its workspace, and their name there."""


class Estate:
    """Clusters, bundles, manifests and reports of all workspaces that this targeter leads.

    Events are taken in as they come, in any order between streams. `begin` is called once when every
    stream was read to its end; from then on `plan` brings what clusters are to run up to date, and
    `manifests.compose` gives the message for one cluster if it differs from the one that is written.
    `name` gives the keyed name of a plaintext in a workspace. `declared` has the objects that bundles
    belong to, `adopted` the set of each owner that is acted on.
    """

    def __init__(self, *, epoch: int, name: Namer) -> None:
        self.work = Work()
        self.ledger = Ledger()
        self.clusters = ClusterBook()
        self.sets = RepositorySets()
        self.rules = RuleBook()
        self.bundles = BundleBook()
        self.manifests = Manifests(epoch=epoch, clusters=self.clusters, ledger=self.ledger, work=self.work)
        self.standing = Standing(
            clusters=self.clusters,
            bundles=self.bundles,
            manifests=self.manifests,
            ledger=self.ledger,
            work=self.work,
        )
        self.turns = Turns(
            clusters=self.clusters, manifests=self.manifests, readiness=self.standing.readiness
        )
        self.declared: dict[ViewKey, Stored[Resource]] = {}
        self._name = name
        self.adopted: dict[OwnerKey, BundleSet] = {}
        self.planning = False
        self._begun = False
        self._owners: set[OwnerKey] = set()
        self._ruled: set[str] = set()
        self._workspaces: set[str] = set()
        self._touched: dict[BundleKey, BitMap | None] = {}
        self._options: dict[OptionsKey, BundleOptions | str] = {}

    def cluster(self, stored: Stored[ClusterRecord]) -> None:
        """Take over a cluster's record. One that is gone is counted no more; its manifest stays."""
        gone, changes = self.clusters.put(stored)
        if gone:
            self._forget(gone)
        self._changed(stored.event.workspace, changes)

    def member(self, member: Member, ordinal: int) -> None:
        """Take over a cluster's number."""
        self._changed(member.workspace, self.clusters.number(member, ordinal))

    def group(self, stored: Stored[Resource]) -> None:
        """Take over a ClusterGroup, or its end."""
        key = ("clustergroup", stored.event.workspace, stored.event.name)
        (self.work.end if stored.event.deleted else self.work.show)(key)
        self._changed(stored.event.workspace, [self.clusters.put_group(stored)])

    def owner(self, stored: Stored[Resource]) -> None:
        """Take over a GitRepo or what else bundles belong to; while declared it has a view."""
        record = stored.event
        key = (record.kind, record.workspace, record.name)
        if record.deleted:
            self.declared.pop(key, None)
            self.work.end(key)
        else:
            self.declared[key] = stored
            self.work.show(key)

    def rule(self, stored: Stored[Resource]) -> None:
        """Take over a BundleNamespaceMapping, a GitRepoRestriction or a Policy, or its end."""
        self.rules.put(stored)
        self._ruled.add(stored.event.workspace)

    def bundle(self, stored: Stored[Record]) -> None:
        """Take over what a bundler said; it is acted on when its owner's set is complete."""
        self._owners |= self.sets.put(stored)

    def acted(self, owner: OwnerKey, acted: BundleSet) -> None:
        """Say which set was acted on before a restart, as the owner's view has it."""
        self.sets.act(owner, acted)

    def wanted_options(self) -> set[OptionsKey]:
        """The sealed options that must be handed in before `plan` can act on everything."""
        complete = [live for owner in self._owners if (live := self.sets.complete(owner)) is not None]
        wanted = {_options_key(stored) for live in complete for stored in live.values()}
        return wanted - self._options.keys()

    def options(self, key: OptionsKey, opened: bytes | None, *, reason: str = "") -> None:
        """Hand in opened options, or None and why there are none."""
        try:
            self._options[key] = reason if opened is None else BundleOptions.parse(opened)
        except TargetingError as error:
            self._options[key] = error.reason

    def retry_options(self) -> bool:
        """Ask again for options that could not be opened; whether there are any."""
        failed = {key for key, found in self._options.items() if isinstance(found, str)}
        for key in failed:
            del self._options[key]
        self._owners |= {bundle.owner for bundle in self.bundles if _options_key(bundle.stored) in failed}
        return bool(failed)

    def begin(self) -> Iterator[None]:
        """Start from what the clusters were told last and what they said about it; a step at a time."""
        self._begun = True
        for workspace in {cluster.key[0] for cluster in self.clusters}:
            self.clusters.settle(workspace)
        yield from self.manifests.load()
        yield from self.standing.load()
        self._owners |= set(self.sets.owners())

    def plan(self) -> Iterator[None]:
        """Bring what clusters are to run up to date with everything that was taken in.

        It is done while it is iterated, a bundle at a time; `planning` is true until then. What is taken
        in meanwhile is for the next time.
        """
        self.planning = True
        self._apply_rules()
        for owner in sorted(self._owners):
            live = self.sets.complete(owner)
            if live is None or all(_options_key(stored) in self._options for stored in live.values()):
                self._owners.discard(owner)
                self._adopt(owner, live)
        touched, self._touched = self._touched, {}
        for key, within in touched.items():
            if bundle := self.bundles.get(key):
                self._place(bundle, within)
                yield
        replan, self.work.replan = self.work.replan, set()
        for key in replan:
            if bundle := self.bundles.get(key):
                self._advance(bundle)
                yield
        self._prune_options()
        self.planning = False

    def _place(self, bundle: Bundle, within: BitMap | None) -> None:
        self.standing.mark(bundle.key)
        if bundle.error:
            return
        plans = set(bundle.plans)
        try:
            stage(bundle, self.clusters, self._name, within)
        except TargetingError as error:
            bundle.error = str(error)
            return
        self.bundles.reading(bundle)
        turn = None if bundle.strategy.lets_all_out else NOTHING
        moves = self._promote(bundle, within, turn)
        if moves.any and (within is None or not bundle.plans.keys() <= plans):
            self.work.waves.add(bundle.key)
        self._moved(bundle.key, moves, bundle.stored if within is None else None)
        self._advance(bundle, NOTHING if within is None else within)

    def _advance(self, bundle: Bundle, changed: BitMap = NOTHING) -> None:
        """Let a bundle out to those whose turn it is now; those that `changed` get it for that reason."""
        self.work.replan.discard(bundle.key)
        if bundle.error or bundle.strategy.lets_all_out or not bundle.behind:
            return
        turn, counted = self.turns.passes(bundle)
        if counted != bundle.counted:
            bundle.counted = counted
            self.standing.mark(bundle.key)
        if turn:
            self.work.waves.add(bundle.key)
            moves = self._promote(bundle, turn, turn)
            self._moved(bundle.key, moves, None)
            self.work.because(turn - changed, bundle.stored)
            self.work.replan.discard(bundle.key)

    def _promote(self, bundle: Bundle, within: BitMap | None, turn: BitMap | None) -> Moves:
        manifests = self.manifests
        return promote(bundle, manifests.classes, manifests.entries, self.clusters, within, turn)

    def _changed(self, workspace: str, changes: Iterable[Change]) -> None:
        if not self._begun:
            return
        for change in (*changes, self.clusters.settle(workspace)):
            if not change.members:
                continue
            self.work.move(workspace, change.members)
            affected = self._affected(change)
            if change.cause and affected:
                self.work.because_of_change(change.members, change.cause)
            for key in affected:
                touched = self._touched.setdefault(key, BitMap())
                if touched is not None:
                    touched.update(change.members)

    def _affected(self, change: Change) -> set[BundleKey]:
        if change.everything:
            return self.bundles.in_workspace(change.workspace)
        return self.bundles.touched(
            change.workspace, change.terms, groups=change.groups, values=change.values
        )

    def _adopt(self, owner: OwnerKey, live: Live | None) -> None:
        """Act on a complete set from now on; of one that is not, what ran before goes on."""
        if live is None:
            return
        for name, stored in self.sets.records(owner).items():
            if name not in live:
                self._retire((owner[0], name), stored)
        for name, stored in live.items():
            present = self.bundles.get((owner[0], name))
            if present is None or present.stored.sequence != stored.sequence or present.error:
                self._act_on(stored)
        self.adopted[owner] = bundle_set(live)
        self.sets.act(owner, self.adopted[owner])
        if found := self.sets.owner(owner):
            self.work.show((found.kind.lower(), owner[0], found.name))

    def _act_on(self, stored: Stored[BundleRendered]) -> None:
        """Place a bundle anew, by what it says and what the rules say."""
        record = stored.event
        others = ((workspace, namespace_labels(workspace)) for workspace in self._workspaces)
        bundle = bundle_from(
            stored,
            self._options[_options_key(stored)],
            workspaces=self.rules.workspaces(record.workspace, record.labels, others),
            overrides=self.rules.overrides(record.workspace, record.labels),
        )
        self.bundles.put(bundle)
        self._touched[bundle.key] = None

    def _apply_rules(self) -> None:
        """Place bundles anew whose rules changed, or for whom there is a workspace that was not there."""
        workspaces = self.clusters.workspaces()
        if workspaces - self._workspaces:
            self._ruled |= {bundle.key[0] for bundle in self.bundles if self.rules.maps(bundle.key[0])}
        self._workspaces = workspaces
        ruled, self._ruled = self._ruled, set()
        for bundle in [bundle for bundle in self.bundles if bundle.key[0] in ruled]:
            if _options_key(bundle.stored) in self._options:
                self._act_on(bundle.stored)

    def _retire(self, key: BundleKey, cause: Stored[Record]) -> None:
        self.bundles.remove(key)
        self._touched.pop(key, None)
        self.work.end(("bundle", *key))
        self.work.waves.add(key)
        self._moved(key, withdraw(key, self.manifests.classes, self.manifests.entries), cause)

    def _moved(self, key: BundleKey, moves: Moves, cause: Cause | None) -> None:
        self.standing.given(key, moves.given, moves.same)
        self.standing.taken(key, moves.taken)
        changed = moves.given | moves.taken
        self.work.dirty |= changed
        if changed:
            self.work.shifted.add(key)
        if changed and cause:
            self.work.because(changed, cause)

    def _forget(self, cluster: Cluster) -> None:
        alone = BitMap([cluster.ordinal])
        self.work.move(cluster.key[0], alone)
        for bundle in self.bundles:
            if cluster.ordinal in bundle.targeted():
                bundle.forget(cluster.ordinal)
                self.work.replan.add(bundle.key)
                self.standing.mark(bundle.key)
        for key, _ in self.manifests.classes.manifest(cluster.ordinal).slots:
            self.standing.taken(key, alone)
        self.manifests.forget(cluster)

    def _prune_options(self) -> None:
        used = {_options_key(bundle.stored) for bundle in self.bundles}
        waiting = {
            _options_key(s) for owner in self._owners for s in (self.sets.complete(owner) or {}).values()
        }
        for key in self._options.keys() - used - waiting:
            del self._options[key]


def _options_key(stored: Stored[Record]) -> OptionsKey:
    record = stored.event
    return record.workspace, getattr(record, "options", "")
