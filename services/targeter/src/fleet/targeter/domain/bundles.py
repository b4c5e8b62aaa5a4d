"""The bundles that are acted on, and what is known of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from pyroaring import BitMap

from fleet.events import BundleRendered, Stored
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.matching import Choice, Shares, Targeting
from fleet.targeter.domain.options import Options, Plan
from fleet.targeter.domain.selectors import Term
from fleet.targeter.domain.sets import BundleKey, OwnerKey


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

    `staged` says who is to have it, by what applies there; `plans` what that is. While `error` is set the
    bundle is held: what runs of it stays as it is. `behind` has the targeted clusters that do not have
    the newest version because something is paused.
    """

    stored: Stored[BundleRendered]
    targeting: Targeting | None = None
    options: BundleOptions | None = None
    error: str = ""
    plans: dict[Choice, Plan] = field(default_factory=dict)
    staged: Shares = field(default_factory=dict)
    behind: BitMap = field(default_factory=BitMap)

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

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Where its clusters may be."""
        return (self.record.workspace,)

    def targeted(self) -> BitMap:
        """All clusters that are to have it."""
        return BitMap.union(NOTHING, *self.staged.values())


def bundle_from(stored: Stored[BundleRendered], options: BundleOptions | str) -> Bundle:
    """A bundle ready to be placed, or held with the reason.

    `options` is what was opened, or why that could not be done.
    """
    bundle = Bundle(stored)
    try:
        bundle.targeting = Targeting.parse(stored.event.spec)
        if isinstance(options, str):
            raise TargetingError("", options)
        if len(options.targets) < len(bundle.targeting.regular) + len(bundle.targeting.customizations):
            raise TargetingError("targets", "there are more targets than options for them")
        _check_dependencies(stored.event)
        bundle.options = options
    except TargetingError as error:
        bundle.error = str(error)
    return bundle


def _check_dependencies(record: BundleRendered) -> None:
    found = record.spec.get("dependsOn") or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise TargetingError("dependsOn", "is not a list of objects")


class BundleBook:
    """All bundles that are acted on, and which of them a change of a cluster can touch."""

    def __init__(self) -> None:
        self._bundles: dict[BundleKey, Bundle] = {}
        self._of_owner: dict[OwnerKey, set[BundleKey]] = {}
        self._of_workspace: dict[str, set[BundleKey]] = {}
        self._readers: dict[tuple[str, Term], set[BundleKey]] = {}
        self._group_readers: dict[str, set[BundleKey]] = {}

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
        return bundle

    def touched(self, workspace: str, terms: Iterable[Term], *, groups: bool) -> set[BundleKey]:
        """The bundles whose placement of a cluster may change with these terms, or with its groups."""
        found = set[BundleKey]().union(*(self._readers.get((workspace, term), ()) for term in terms))
        return found | self._group_readers.get(workspace, set()) if groups else found

    def in_workspace(self, workspace: str) -> set[BundleKey]:
        """All bundles that a cluster of this workspace could have."""
        return set(self._of_workspace.get(workspace, ()))

    def _places(self, bundle: Bundle) -> Iterator[tuple[dict[Any, set[BundleKey]], Any]]:
        targeting = bundle.targeting
        for workspace in bundle.workspaces:
            yield self._of_workspace, workspace
            if targeting is None:
                continue
            yield from ((self._readers, (workspace, term)) for term in targeting.terms())
            if targeting.by_group:
                yield self._group_readers, workspace
