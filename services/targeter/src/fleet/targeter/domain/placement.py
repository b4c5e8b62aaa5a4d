"""From what is declared to what every cluster runs: stage a bundle's newest version, then let it out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyroaring import BitMap

from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.classes import ManifestClasses
from fleet.targeter.domain.clusters import ClusterBook
from fleet.targeter.domain.entries import EntryBook, entry_for
from fleet.targeter.domain.errors import TargetingError
from fleet.targeter.domain.index import NOTHING
from fleet.targeter.domain.matching import place
from fleet.targeter.domain.options import Plan, plan_for
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

    Raises TargetingError where options cannot be merged; nothing is staged then.
    """
    assert bundle.targeting is not None
    found = place(bundle.targeting, clusters.index, bundle.workspaces, within)
    if within is not None:
        for choice, members in bundle.staged.items():
            found[choice] = (members - within) | found.get(choice, NOTHING)
    staged = {choice: members for choice, members in found.items() if members}
    for choice in staged:
        if choice not in bundle.plans:
            bundle.plans[choice] = _plan(bundle, choice, name)
    bundle.staged = staged


def promote(
    bundle: Bundle,
    classes: ManifestClasses,
    entries: EntryBook,
    clusters: ClusterBook,
    within: BitMap | None = None,
) -> Moves:
    """Let a bundle's newest version out to every targeted cluster that is not paused, all at once.

    A cluster that is paused, or has its bundle paused, keeps the version that it has and is told that it
    is paused; one that is not targeted any more loses the bundle.
    """
    targeted = bundle.targeted()
    paused = targeted if bundle.paused else targeted & clusters.paused
    given, had = BitMap(), classes.running(bundle.key)
    for choice, members in bundle.staged.items():
        digest = entries.add(entry_for(bundle.record, bundle.plans[choice]))
        given |= classes.assign(bundle.key, digest, _only(members - paused, within))
    given |= _hold(bundle.key, classes, entries, _only(paused, within))
    taken = classes.assign(bundle.key, None, _only(had - targeted, within))
    bundle.behind = _behind(bundle, paused, classes, entries)
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
        members & BitMap.union(NOTHING, *newest.get(bundle.plans[choice].deployment_id, ()))
        for choice, members in bundle.staged.items()
    )
    return paused - BitMap.union(NOTHING, *has)


def _plan(bundle: Bundle, choice: Iterable[int], name: Namer) -> Plan:
    assert bundle.options is not None
    workspace = bundle.record.workspace
    try:
        return plan_for(
            bundle.options.base,
            bundle.options.targets,
            choice,
            content=bundle.record.content,
            name=lambda plaintext: name(workspace, plaintext),
        )
    except (AttributeError, TypeError, ValueError) as error:
        where = ", ".join(f"targets[{position}]" for position in choice)
        # The values themselves may be secret: only the kind of mistake is told.
        raise TargetingError(where, f"its options cannot be merged ({type(error).__name__})") from None


def _only(members: BitMap, within: BitMap | None) -> BitMap:
    return members if within is None else members & within
