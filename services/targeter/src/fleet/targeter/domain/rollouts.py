"""What is said about a rollout: which clusters have which version of a bundle."""

import base64

from pyroaring import BitMap

from fleet.events import Cohort, RolloutAdvanced
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.sets import BundleKey


def rollout(estate: Estate, key: BundleKey, *, complete: bool) -> RolloutAdvanced | None:
    """The promoted cohorts of a bundle as they are now; None for a bundle that was never heard of."""
    known = estate.sets.record(key)
    if known is None:
        return None
    cohorts: dict[tuple[str, str, str], BitMap] = {}
    for digest, members in estate.manifests.classes.holders(key).items():
        if entry := estate.manifests.entries.get(digest):
            plan = (entry.deployment_id, entry.content, entry.options)
            cohorts[plan] = cohorts.get(plan, BitMap()) | members
    return RolloutAdvanced(
        workspace=key[0],
        bundle=key[1],
        uid=known.event.uid,
        members_sequence=estate.clusters.last_number,
        cohorts=tuple(_cohort(plan, members) for plan, members in sorted(cohorts.items())),
        complete=complete,
    )


def same_rollout(one: RolloutAdvanced | None, other: RolloutAdvanced) -> bool:
    """Whether the two say the same, whatever numbers were given out since."""
    return one is not None and one.model_copy(update={"members_sequence": other.members_sequence}) == other


def _cohort(plan: tuple[str, str, str], members: BitMap) -> Cohort:
    deployment_id, content, options = plan
    packed = BitMap(members)
    packed.run_optimize()
    return Cohort(
        deployment_id=deployment_id,
        content=content,
        options=options,
        members=base64.b64encode(packed.serialize()).decode(),
    )
