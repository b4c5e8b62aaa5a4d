"""What an object is to show when a reading came to nothing, or waits."""

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.guard import Loss
from fleet.bundler.domain.outcome import Failure, Outcome
from fleet.bundler.domain.records import Reading
from fleet.bundler.domain.sets import OlderThanStored
from fleet.bundler.errors import ReadingFailed
from fleet.bus import Refused
from fleet.git import GitError

_SUPERSEDED = Failure(
    "Superseded",
    "the bundles of a later commit are stored already, so those of this one are not; if this stays, "
    "change the repository or spec.forceSyncGeneration so that a new commit is announced",
)


def failure_of(error: BadInput | GitError | ReadingFailed, at: str) -> Failure:
    """Why a commit could not be read; `at` names the repository and the commit."""
    if isinstance(error, BadInput):
        return Failure("InvalidContent", f"{at} {error}")
    if isinstance(error, ReadingFailed):
        return Failure("ReadingFailed", f"{at}: {error}")
    return Failure("FetchFailed", str(error))


def not_stored(error: OlderThanStored | Refused) -> Failure:
    """Why what was read is not stored."""
    return Failure("NotStored", str(error)) if isinstance(error, Refused) else _SUPERSEDED


def waiting(reading: Reading, failure: Failure, loss: Loss) -> Outcome:
    """That a commit waits for an approval, and of what."""
    at = {"commit": reading.commit, "commitSequence": reading.commit_sequence}
    return Outcome(failure=failure, waiting=at | {"removes": len(loss.gone), "of": loss.present})
