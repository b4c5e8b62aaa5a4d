"""From what is declared to what every cluster runs: stage a bundle's newest version, then let it out."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from pyroaring import BitMap

from fleet.targeter.domain.bundles import Bundle, CohortKey
from fleet.targeter.domain.classes import ManifestClasses
from fleet.targeter.domain.clusters import ClusterBook
from fleet.targeter.domain.cohorts import split
from fleet.targeter.domain.entries import EntryBook, entry_for
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.matching import Choice, place
from fleet.targeter.domain.options import merged_options, plan_for
from fleet.targeter.domain.preparing import CannotPrepare, Recipe
from fleet.targeter.domain.sets import BundleKey

Namer = Callable[[str, bytes], str]
"""The keyed name of a plaintext in a workspace."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What one pass over a bundle changed: who has another entry now, and who lost it."""

    given: BitMap
    taken: BitMap

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.given or self.taken)


def stage(bundle: Bundle, clusters: ClusterBook, name: Namer, within: BitMap | None = None) -> None:
    """Decide who is to have a bundle's newest version, for all clusters or those `within`.

    Clusters for which its options cannot be filled in are set apart, and what they have stays. Raises
    TargetingError where options cannot be merged; nothing is staged then.
    """
    assert bundle.targeting is not None
    shares = place(bundle.targeting, clusters.index, bundle.workspaces, within)
    for choice in shares:
        if choice not in bundle.recipes:
            bundle.recipes[choice] = _recipe(bundle, choice)
    found = {
        (choice, reading): part
        for choice, members in shares.items()
        for reading, part in split(bundle.recipes[choice], members, clusters)
    }
    for key, members in found.items():
        if key not in bundle.plans and key not in bundle.failures:
            _prepare(bundle, key, members, clusters, name)
    bundle.staged = _joined(bundle.staged, found, bundle.plans, within)
    bundle.failed = _joined(bundle.failed, found, bundle.failures, within)
    if len(bundle.plans) > len(bundle.staged):
        bundle.plans = {key: bundle.plans[key] for key in bundle.staged}
    if len(bundle.failures) > len(bundle.failed):
        bundle.failures = {key: bundle.failures[key] for key in bundle.failed}


def promote(
    bundle: Bundle,
    classes: ManifestClasses,
    entries: EntryBook,
    clusters: ClusterBook,
    within: BitMap | None = None,
) -> Moves:
    """Let a bundle's newest version out to every targeted cluster that is not paused, all at once.

    A cluster that is paused, or has its bundle paused, keeps the version that it has and is told that it
    is paused; one for which the options failed keeps it too; one that is not targeted any more loses the
    bundle.
    """
    targeted = bundle.targeted()
    paused = targeted if bundle.paused else targeted & clusters.paused
    given, had = BitMap(), classes.running(bundle.key)
    for key, members in bundle.staged.items():
        if within is not None and not members.intersect(within):
            continue
        if wanted := _only(members - paused, within):
            digest = entries.add(entry_for(bundle.record, bundle.plans[key]))
            given |= classes.assign(bundle.key, digest, wanted)
    given |= _hold(bundle.key, classes, entries, _only(paused, within))
    taken = classes.assign(bundle.key, None, _only(had - targeted, within))
    bundle.behind = _behind(bundle, paused, classes, entries) | bundle.refused()
    entries.prune(bundle.key, classes.holders(bundle.key))
    return Moves(given, taken)


def withdraw(key: BundleKey, classes: ManifestClasses, entries: EntryBook) -> Moves:
    """Take a bundle that its owner no longer has from every cluster."""
    taken = classes.assign(key, None, classes.running(key))
    entries.prune(key, {})
    return Moves(BitMap(), taken)


def _hold(key: BundleKey, classes: ManifestClasses, entries: EntryBook, paused: BitMap) -> BitMap:
    changed = BitMap()
    for digest, members in list(classes.holders(key).items()):
        entry = entries.get(digest)
        held = members & paused
        if held and entry is not None and not entry.paused:
            digest_held = entries.add(entry.model_copy(update={"paused": True}))
            changed |= classes.assign(key, digest_held, held)
    return changed


def _behind(bundle: Bundle, paused: BitMap, classes: ManifestClasses, entries: EntryBook) -> BitMap:
    if not paused:
        return BitMap()
    newest: dict[str, list[BitMap]] = {}
    for digest, members in classes.holders(bundle.key).items():
        if entry := entries.get(digest):
            newest.setdefault(entry.deployment_id, []).append(members)
    has = (
        members & BitMap.union(NOTHING, *newest.get(bundle.plans[key].deployment_id, ()))
        for key, members in bundle.staged.items()
    )
    return paused - BitMap.union(NOTHING, *has)


def _recipe(bundle: Bundle, choice: Choice) -> Recipe:
    assert bundle.options is not None
    try:
        merged = merged_options(bundle.options.base, bundle.options.targets, choice)
        return Recipe({**merged, **bundle.overrides})
    except (AttributeError, TypeError, ValueError) as error:
        where = ", ".join(f"targets[{position}]" for position in choice)
        # The values themselves may be secret: only the kind of mistake is told.
        raise TargetingError(where, f"its options cannot be merged ({type(error).__name__})") from None


def _prepare(bundle: Bundle, key: CohortKey, members: BitMap, clusters: ClusterBook, name: Namer) -> None:
    """Fill in the options of a cohort, by its first cluster: the others are like it in all that counts."""
    assert bundle.options is not None
    cluster = clusters.at(members[0])
    assert cluster is not None
    try:
        options = bundle.recipes[key[0]].prepare(cluster.view())
    except CannotPrepare as error:
        bundle.failures[key] = str(error)
        return
    workspace = bundle.record.workspace
    bundle.plans[key] = plan_for(
        options,
        bundle.options.targets,
        content=bundle.record.content,
        name=lambda plaintext: name(workspace, plaintext),
    )


def _joined(
    before: Mapping[CohortKey, BitMap],
    found: Mapping[CohortKey, BitMap],
    of: Container[CohortKey],
    within: BitMap | None,
) -> dict[CohortKey, BitMap]:
    """The cohorts that there are now: as found, and beyond `within` as before."""
    if within is None:
        return {key: members for key, members in found.items() if key in of}
    now = dict(before)
    for key in [key for key, members in before.items() if members.intersect(within)]:
        if rest := now.pop(key) - within:
            now[key] = rest
    for key, members in found.items():
        if key in of:
            now[key] = now.get(key, NOTHING) | members
    return now


def _only(members: BitMap, within: BitMap | None) -> BitMap:
    return members if within is None else members & within
