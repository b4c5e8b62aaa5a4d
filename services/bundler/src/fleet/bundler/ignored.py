"""Logs what a commit brings that is ignored; its object shows all that is ignored in the repository."""

from collections.abc import Iterable

import structlog

from fleet.bundler.domain.outcome import SHOWN_WARNINGS
from fleet.bundler.domain.warnings import ReadWarning
from fleet.events import GitCommitDetected, Stored

_log = structlog.get_logger("fleet.bundler")


def log_ignored(commit: Stored[GitCommitDetected], news: Iterable[ReadWarning]) -> None:
    """Log each warning that is new with a commit once, as many as an object shows; the others are counted."""
    sorted_news = sorted(news, key=str)
    told = [str(warning) for warning in sorted_news[:SHOWN_WARNINGS]]
    if rest := sorted_news[SHOWN_WARNINGS:]:
        told.append(f"and {sum(one.count for one in rest)} more")
    for warning in told:
        _log.warning(
            "ignored in a repository",
            workspace=commit.event.workspace,
            name=commit.event.gitrepo,
            commit=commit.event.commit,
            correlation_id=commit.envelope.correlation_id,
            warning=warning,
        )
