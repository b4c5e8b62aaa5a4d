"""What an object is to show when a reading came to nothing, or waits."""

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.guard import Loss
from fleet.bundler.domain.outcome import Failure, Outcome
from fleet.bundler.domain.records import Reading
from fleet.bundler.errors import ReadingFailed
from fleet.git import GitError


def failure_of(error: BadInput | GitError | ReadingFailed, at: str) -> Failure:
    """Why a commit could not be read; `at` names the repository and the commit."""
    if isinstance(error, BadInput):
        return Failure("InvalidContent", f"{at} {error}")
    if isinstance(error, ReadingFailed):
        return Failure("ReadingFailed", f"{at}: {error}")
    return Failure("FetchFailed", str(error))


def waiting(reading: Reading, failure: Failure, loss: Loss) -> Outcome:
    """That a commit waits for an approval, and of what."""
    found = {"commit": reading.commit, "removes": len(loss.gone), "of": loss.present}
    return Outcome(failure=failure, waiting=found)
