"""Logs what a commit brings that is ignored; its object shows all that is ignored in the repository."""

from collections.abc import Iterable

import structlog

from fleet.bundler.domain.outcome import SHOWN_WARNINGS
from fleet.bundler.domain.warnings import ReadWarning
from fleet.events import GitCommitDetected, Stored

_log = structlog.get_logger("fleet.bundler")


def log_ignored(commit: Stored[GitCommitDetected], news: Iterable[ReadWarning]) -> None:
    """Log each warning that is new with a commit once, as many as an object shows; the others are counted."""
    told = sorted(map(str, news))
    more = len(told) - SHOWN_WARNINGS
    if more > 0:
        told[SHOWN_WARNINGS:] = [f"and {more} more"]
    for warning in told:
        _log.warning(
            "ignored in a repository",
            workspace=commit.event.workspace,
            name=commit.event.gitrepo,
            commit=commit.event.commit,
            correlation_id=commit.envelope.correlation_id,
            warning=warning,
        )
