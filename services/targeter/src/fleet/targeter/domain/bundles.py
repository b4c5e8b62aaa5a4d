"""The bundles that are acted on, and what is known of each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from pyroaring import BitMap

from fleet.events import BundleRendered, Stored
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.matching import Choice, Targeting
from fleet.targeter.domain.options import Options, Plan
from fleet.targeter.domain.passes import Pass
from fleet.targeter.domain.preparing import Reading, Recipe
from fleet.targeter.domain.selectors import Term
from fleet.targeter.domain.sets import BundleKey, OwnerKey
from fleet.targeter.domain.strategy import Partition, Strategy
from fleet.targeter.domain.systemkeys import FLEET
from fleet.targeter.domain.templating import LABELS, Path

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

CohortKey = tuple[Choice, Reading]
"""Clusters that get the same: by the targets that apply, and by what their options look at."""


@dataclass(frozen=True, slots=True)
class BundleOptions:
    """What was sealed beside a bundle: its own options and, in the order of its targets, theirs."""

    base: Options
    targets: tuple[Options, ...]

    @classmethod
    def parse(cls, plaintext: bytes) -> "BundleOptions":
        """Read the opened content. Raises TargetingError where it is not what a bundler writes."""
        try:
            found: dict[str, Any] = orjson.loads(plaintext)
            targets = tuple(target or {} for target in found.get("targets") or ())
            return cls(found.get("options") or {}, targets)
        except (orjson.JSONDecodeError, AttributeError, TypeError):
            raise TargetingError("", "the bundle's options are not what a bundler writes") from None


@dataclass(slots=True)
class Bundle:
    """One bundle that is acted on.

    `staged` says who is to have it, by what applies there; `plans` what that is. `failed` has those for
    whom its options cannot be filled in, and `failures` why; they keep what they have. While `error` is
    set the whole bundle is held: what runs of it stays as it is. `behind` has the targeted clusters that are
    not told to run the newest version: something is paused or failed, or their turn has not come. `strategy`
    says whose turn it is, `parted` into which partitions it parts which clusters, `counted` what the last
    pass over them counted. `workspaces` are where its clusters may be, `overrides` the options that it gets
    whatever it says itself.
    """

    stored: Stored[BundleRendered]
    workspaces: tuple[str, ...]
    overrides: Options = field(default_factory=dict)
    targeting: Targeting | None = None
    options: BundleOptions | None = None
    strategy: Strategy = field(default_factory=Strategy)
    error: str = ""
    recipes: dict[Choice, Recipe] = field(default_factory=dict)
    plans: dict[CohortKey, Plan] = field(default_factory=dict)
    staged: dict[CohortKey, BitMap] = field(default_factory=dict)
    failures: dict[CohortKey, str] = field(default_factory=dict)
    failed: dict[CohortKey, BitMap] = field(default_factory=dict)
    behind: BitMap = field(default_factory=BitMap)
    parted: tuple[BitMap, list[Partition]] | None = None
    counted: Pass | None = None

    @property
    def record(self) -> BundleRendered:
        """What the bundler said."""
        return self.stored.event

    @property
    def key(self) -> BundleKey:
        """Workspace and name."""
        return self.record.workspace, self.record.bundle

    @property
    def owner(self) -> OwnerKey:
        """Workspace and uid of what it belongs to."""
        return self.record.workspace, self.record.owner.uid

    @property
    def paused(self) -> bool:
        """Whether nothing new of it is let out."""
        return self.record.spec.get("paused") is True

    def targeted(self) -> BitMap:
        """All clusters that are to have it."""
        return BitMap.union(NOTHING, *self.staged.values(), *self.failed.values())

    def refused(self) -> BitMap:
        """The clusters for which its options cannot be filled in."""
        return BitMap.union(NOTHING, *self.failed.values())

    def failure_of(self, ordinal: int) -> str:
        """Why its options cannot be filled in for a cluster; empty where they can."""
        return next((self.failures[key] for key, members in self.failed.items() if ordinal in members), "")

    def forget(self, ordinal: int) -> None:
        """A cluster is gone."""
        alone = BitMap([ordinal])
        self.staged = {key: rest for key, members in self.staged.items() if (rest := members - alone)}
        self.failed = {key: rest for key, members in self.failed.items() if (rest := members - alone)}
        self.behind -= alone
        self.parted = None

    def reads(self) -> frozenset[Path]:
        """What of a cluster its options look at, whichever targets apply."""
        return frozenset(path for recipe in self.recipes.values() for path in recipe.reads)


def bundle_from(
    stored: Stored[BundleRendered],
    options: BundleOptions | str,
    *,
    workspaces: tuple[str, ...] = (),
    overrides: Options | None = None,
) -> Bundle:
    """A bundle ready to be placed, or held with the reason.

    `options` is what was opened, or why that could not be done; without `workspaces` its own is meant.
    """
    bundle = Bundle(stored, workspaces or (stored.event.workspace,), overrides or {})
    try:
        bundle.targeting = Targeting.parse(stored.event.spec)
        bundle.strategy = Strategy.parse(stored.event.spec.get("rolloutStrategy"))
        if isinstance(options, str):
            raise TargetingError("", options)
        if len(options.targets) < len(bundle.targeting.regular) + len(bundle.targeting.customizations):
            raise TargetingError("targets", "there are more targets than options for them")
        _check_dependencies(stored.event)
        bundle.error = _version_error(stored.event, options)
        bundle.options = options
    except TargetingError as error:
        bundle.error = str(error)
    return bundle


def _check_dependencies(record: BundleRendered) -> None:
    found = record.spec.get("dependsOn") or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise TargetingError("dependsOn", "is not a list of objects")


def _version_error(record: BundleRendered, options: BundleOptions) -> str:
    """Why the chart of a HelmOp's bundle cannot be deployed yet: its version must be a single one."""
    version = (options.base.get("helm") or {}).get("version")
    if not record.labels.get(f"{FLEET}fleet-helm-name") or not isinstance(version, str) or not version:
        return ""
    if _VERSION.fullmatch(version):
        return ""
    reason = "Invalid characters in version" if version.count(".") > 1 else "Invalid Semantic Version"
    return f"chart version cannot be deployed; check HelmOp status for more details: {reason}"


class BundleBook:
    """All bundles that are acted on, and which of them a change of a cluster can touch."""

    def __init__(self) -> None:
        self._bundles: dict[BundleKey, Bundle] = {}
        self._of_owner: dict[OwnerKey, set[BundleKey]] = {}
        self._of_workspace: dict[str, set[BundleKey]] = {}
        self._readers: dict[tuple[str, Term], set[BundleKey]] = {}
        self._group_readers: dict[str, set[BundleKey]] = {}
        self._label_readers: dict[tuple[str, str], set[BundleKey]] = {}
        self._value_readers: dict[str, set[BundleKey]] = {}
        self._reading: dict[BundleKey, frozenset[Path]] = {}

    def __iter__(self) -> Iterator[Bundle]:
        return iter(self._bundles.values())

    def __contains__(self, key: BundleKey) -> bool:
        return key in self._bundles

    def get(self, key: BundleKey) -> Bundle | None:
        """A bundle, if it is acted on."""
        return self._bundles.get(key)

    def of_owner(self, owner: OwnerKey) -> list[Bundle]:
        """The owner's bundles, by name."""
        return [self._bundles[key] for key in sorted(self._of_owner.get(owner, ()))]

    def put(self, bundle: Bundle) -> None:
        """Act on a bundle from now on."""
        self.remove(bundle.key)
        self._bundles[bundle.key] = bundle
        self._reading[bundle.key] = frozenset()
        self._of_owner.setdefault(bundle.owner, set()).add(bundle.key)
        for table, name in self._places(bundle):
            table.setdefault(name, set()).add(bundle.key)

    def remove(self, key: BundleKey) -> Bundle | None:
        """Act on it no more; gives what was known."""
        bundle = self._bundles.pop(key, None)
        if bundle is None:
            return None
        for table, name in [*self._places(bundle), (self._of_owner, bundle.owner)]:
            table[name].discard(key)
            if not table[name]:
                del table[name]
        del self._reading[key]
        return bundle

    def reading(self, bundle: Bundle) -> None:
        """Take up what of clusters a bundle's options look at, which shows as it is placed."""
        now = bundle.reads()
        if now == self._reading[bundle.key]:
            return
        self._reading[bundle.key] = now
        for table, name in self._templated(bundle):
            table.setdefault(name, set()).add(bundle.key)

    def touched(self, workspace: str, terms: Iterable[Term], *, groups: bool, values: bool) -> set[BundleKey]:
        """The bundles whose placement of a cluster may change.

        With these terms, with its groups, or with its other `values` that templates see.
        """
        wanted = list(terms)
        found = set[BundleKey]().union(*(self._readers.get((workspace, term), ()) for term in wanted))
        for key in {key for key, _ in wanted}:
            found |= self._label_readers.get((workspace, key), set())
        if wanted:
            found |= self._label_readers.get((workspace, ""), set())
        if groups:
            found |= self._group_readers.get(workspace, set())
        if values:
            found |= self._value_readers.get(workspace, set())
        return found

    def in_workspace(self, workspace: str) -> set[BundleKey]:
        """All bundles that a cluster of this workspace could have."""
        return set(self._of_workspace.get(workspace, ()))

    def _places(self, bundle: Bundle) -> Iterator[tuple[dict[Any, set[BundleKey]], Any]]:
        targeting, strategy = bundle.targeting, bundle.strategy
        for workspace in bundle.workspaces:
            yield self._of_workspace, workspace
            if targeting is None:
                continue
            terms = targeting.terms() | strategy.terms()
            yield from ((self._readers, (workspace, term)) for term in terms)
            if targeting.by_group or strategy.by_group:
                yield self._group_readers, workspace
        yield from self._templated(bundle)

    def _templated(self, bundle: Bundle) -> Iterator[tuple[dict[Any, set[BundleKey]], Any]]:
        """Where it stands by its templates; under the empty label if they look at all labels."""
        reads = self._reading[bundle.key]
        for workspace in bundle.workspaces:
            labels = (path[1] if len(path) > 1 else "" for path in reads if path[0] == LABELS)
            yield from ((self._label_readers, (workspace, label)) for label in labels)
            if any(path[0] != LABELS for path in reads):
                yield self._value_readers, workspace
