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
    """What changed for a bundle: who has another entry now, and who lost it.

    `same` has those of `given` whose deployment is the same as before: nothing is deployed anew there.
    """

    given: BitMap
    taken: BitMap
    same: BitMap = NOTHING

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.given or self.taken)


def stage(bundle: Bundle, clusters: ClusterBook, name: Namer, within: BitMap | None = None) -> None:
    """Decide who is to have a bundle's newest version, for all clusters or those `within`.

    Clusters for which its options cannot be filled in are set apart, and what they have stays. Raises
    TargetingError where options cannot be merged, or a limit of the rollout cannot be read.
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
    if bundle.strategy.declared:
        bundle.parted = None
    bundle.strategy.check(len(bundle.targeted()))
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
    turn: BitMap | None = None,
) -> Moves:
    """Let a bundle's newest version out to the targeted clusters that are not paused.

    To all of them, or where `turn` is given to those in it and, whose turn it ever is, to those that would
    deploy nothing anew: they have this deployment already. A cluster that is paused, or has its bundle
    paused, keeps the version that it has and is told that it is paused; one for which the options failed
    keeps it too, and so does one whose turn has not come; one that is not targeted any more loses the bundle.
    """
    targeted = bundle.targeted()
    paused = targeted if bundle.paused else targeted & clusters.paused
    given, same, newest, had = BitMap(), BitMap(), BitMap(), classes.running(bundle.key)
    for key, members in bundle.staged.items():
        here = _only(members, within)
        if not here:
            continue
        plan = bundle.plans[key]
        has = here & _with(bundle.key, plan.deployment_id, classes, entries)
        newest |= has
        if wanted := here - paused if turn is None else (here - paused) & (has | turn):
            digest = entries.add(entry_for(bundle.record, plan))
            given |= classes.assign(bundle.key, digest, wanted)
            newest |= wanted
            same |= has
    held = _pause(bundle.key, classes, entries, _only(targeted, within), paused)
    taken = classes.assign(bundle.key, None, _only(had - targeted, within))
    behind = _only(targeted, within) - newest
    bundle.behind = behind if within is None else (bundle.behind - within) | behind
    entries.prune(bundle.key, classes.holders(bundle.key))
    return Moves(given | held, taken, (same & given) | held)


def withdraw(key: BundleKey, classes: ManifestClasses, entries: EntryBook) -> Moves:
    """Take a bundle that its owner no longer has from every cluster."""
    taken = classes.assign(key, None, classes.running(key))
    entries.prune(key, {})
    return Moves(BitMap(), taken)


def _with(key: BundleKey, deployment_id: str, classes: ManifestClasses, entries: EntryBook) -> BitMap:
    """The clusters that are told to run this deployment of a bundle, whatever else their entries say."""
    holders = classes.holders(key)
    digests = entries.of_deployment(key, deployment_id)
    return BitMap.union(NOTHING, *(holders[digest] for digest in digests if digest in holders))


def _pause(
    key: BundleKey, classes: ManifestClasses, entries: EntryBook, members: BitMap, paused: BitMap
) -> BitMap:
    """Tell those of some clusters that keep what they have whether they are paused; give who is told so."""
    changed, to_pause, to_resume = BitMap(), members & paused, members - paused
    for digest, holders in list(classes.holders(key).items()):
        entry = entries.get(digest)
        if entry and (wrong := holders & (to_resume if entry.paused else to_pause)):
            other = entries.add(entry.model_copy(update={"paused": not entry.paused}))
            changed |= classes.assign(key, other, wrong)
    return changed


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
