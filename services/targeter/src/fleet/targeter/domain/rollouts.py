"""What is said about a rollout: which clusters have which version of a bundle, and which are to have it."""

import base64
from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from fleet.events import Cohort, RolloutAdvanced
from fleet.targeter.domain.bundles import Bundle
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.sets import BundleKey

Version = tuple[str, str, str]
"""Deployment id, content and options."""


def rollout(estate: Estate, key: BundleKey, *, complete: bool) -> RolloutAdvanced | None:
    """The cohorts of a bundle as they are now; None for a bundle that was never heard of."""
    known = estate.sets.record(key)
    if known is None:
        return None
    return RolloutAdvanced(
        workspace=key[0],
        bundle=key[1],
        uid=known.event.uid,
        members_sequence=estate.clusters.last_number,
        cohorts=_cohorts(_promoted(estate, key)),
        staged=_cohorts(_waiting(estate.bundles.get(key))),
        complete=complete,
    )


def same_rollout(one: RolloutAdvanced | None, other: RolloutAdvanced) -> bool:
    """Whether the two say the same, whatever numbers were given out since."""
    return one is not None and one.model_copy(update={"members_sequence": other.members_sequence}) == other


def _promoted(estate: Estate, key: BundleKey) -> Iterator[tuple[Version, BitMap]]:
    for digest, members in estate.manifests.classes.holders(key).items():
        if entry := estate.manifests.entries.get(digest):
            yield (entry.deployment_id, entry.content, entry.options), members


def _waiting(bundle: Bundle | None) -> Iterator[tuple[Version, BitMap]]:
    if bundle is None or bundle.error or not bundle.behind:
        return
    for cohort, members in bundle.staged.items():
        if waiting := members & bundle.behind:
            plan = bundle.plans[cohort]
            yield (plan.deployment_id, plan.content, plan.options), waiting


def _cohorts(found: Iterable[tuple[Version, BitMap]]) -> tuple[Cohort, ...]:
    """The clusters by what they get, in a fixed order."""
    cohorts: dict[Version, BitMap] = {}
    for version, members in found:
        cohorts[version] = cohorts.get(version, BitMap()) | members
    return tuple(_cohort(version, members) for version, members in sorted(cohorts.items()))


def _cohort(version: Version, members: BitMap) -> Cohort:
    deployment_id, content, options = version
    packed = BitMap(members)
    packed.run_optimize()
    return Cohort(
        deployment_id=deployment_id,
        content=content,
        options=options,
        members=base64.b64encode(packed.serialize()).decode(),
    )
