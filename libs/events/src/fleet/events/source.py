"""What the watcher of git says."""

from typing import ClassVar

from fleet.events._base import Event


class GitCommitDetected(Event):
    """A GitRepo stands at this commit now; its id is the correlation id of all that follows from it.

    `repo` is the URL without credentials. `generation` and `force_sync_generation` are those of the
    GitRepo whose spec was polled: a changed spec is read again even where the commit is the same.
    """

    STREAM: ClassVar[str] = "COMMITS"
    SUBJECT: ClassVar[str] = "fleet.commit.{workspace}.{gitrepo}"

    workspace: str
    gitrepo: str
    uid: str
    generation: int
    force_sync_generation: int = 0
    repo: str
    branch: str
    commit: str


class LookAsked(Event):
    """There is reason to think that git has news for a GitRepo: a hint over core NATS, which may be lost."""

    SUBJECT: ClassVar[str] = "fleet.look.{workspace}.{gitrepo}"

    workspace: str
    gitrepo: str
