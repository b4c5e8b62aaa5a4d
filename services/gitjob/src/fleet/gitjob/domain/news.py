"""Whether what was found in git is something that nobody was told yet."""

from fleet.events import GitCommitDetected, event_id
from fleet.gitjob.domain.watch import Watch


def detected(watch: Watch, *, commit: str, repo: str) -> GitCommitDetected:
    """The event for a GitRepo that stands at a commit; `repo` is the URL without credentials."""
    return GitCommitDetected(
        workspace=watch.key.workspace,
        gitrepo=watch.key.name,
        uid=watch.uid,
        generation=watch.generation,
        force_sync_generation=watch.force,
        repo=repo,
        branch=watch.wanted,
        commit=commit,
    )


def is_news(found: GitCommitDetected, last: GitCommitDetected | None) -> bool:
    """Whether to publish: another commit, or the spec or forceSyncGeneration has changed (fleet.md 7.3).

    What was found for an older generation than the last one published is never news: whoever published
    that has seen a newer spec than we have.
    """
    if last is None or last.uid != found.uid:
        return True
    if last.generation > found.generation:
        return False
    return (found.generation, found.force_sync_generation, found.commit) != (
        last.generation,
        last.force_sync_generation,
        last.commit,
    )


def id_of(found: GitCommitDetected, *, after: int) -> str:
    """The event's id: the same finding after the same message (its sequence, 0 for none) has the same one."""
    return event_id(
        found.type_name(),
        found.workspace,
        found.gitrepo,
        found.uid,
        found.generation,
        found.force_sync_generation,
        found.commit,
        after,
    )
