"""The guard against losing bundles: a commit that drops too many of a repository's waits for a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.bundler.domain.outcome import Failure, some_of
from fleet.events import APPROVED_COMMIT, approval

REMOVED_SHARE = Decimal(1)
"""From which share of the present bundle names on, where no Policy says it: all of them."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a commit takes away: the names that are gone, of how many that are `present`."""

    gone: tuple[str, ...]
    present: int

    def reaches(self, share: Decimal) -> bool:
        """Whether that is this share of the present names, or more. Nothing lost reaches no share."""
        return bool(self.gone) and len(self.gone) >= share * self.present


def removed_share(policies: Iterable[Mapping[str, Any]]) -> Decimal:
    """The strictest `guard.removedShare` of a workspace's Policies; what is no share there counts nothing."""
    return min((REMOVED_SHARE, *filter(None, map(_share, policies))))


def _share(policy: Mapping[str, Any]) -> Decimal | None:
    guard = policy.get("guard")
    found = guard.get("removedShare") if isinstance(guard, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        share = Decimal(str(found))
    except InvalidOperation:
        return None
    return share if 0 < share <= 1 else None


def is_approved(annotations: Mapping[str, str], commit: str, sequence: int) -> bool:
    """Whether a person let this very commit take away what it does, as it was detected at this sequence.

    The same commit again, under another spec or after later ones, may take away something else.
    """
    return bool(commit) and annotations.get(APPROVED_COMMIT) == approval(commit, sequence)


def held(loss: Loss, share: Decimal, *, name: str, workspace: str, at: str) -> Failure:
    """What to show while a commit waits; `at` names the repository and the commit."""
    return Failure(
        "ApprovalNeeded",
        f"{at}: it removes {len(loss.gone)} of {loss.present} bundles ({some_of(loss.gone)}), and from a "
        f"share of {share.normalize():f} on that needs approval (guard.removedShare of the Policy). "
        f"Nothing changes until somebody runs `fleet approve gitrepo/{name} -n {workspace}`, or a "
        "commit removes fewer",
    )
