"""What `wait` waits for, and what an object stands at while it does not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.cli.domain.columns import condition
from fleet.cli.errors import Usage

_SHA = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Goal:
    """`ready`, `deleted` or `commit`; for the last, `commit` is a commit's id or its first characters."""

    word: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the goal is reached; if not, `standing` says what the object stands at and why."""

    reached: bool
    standing: str = ""


def parse_goal(text: str) -> Goal:
    """Read the argument of `--for`. Raises Usage where it is none of the three."""
    word, _, value = text.partition("=")
    if text in ("ready", "deleted"):
        return Goal(word)
    if word == "commit" and _SHA.fullmatch(value.lower()):
        return Goal(word, value.lower())
    raise Usage(f"--for={text}: write ready, deleted, or commit=SHA with at least 4 hexadecimal digits")


def verdict(goal: Goal, item: Mapping[str, Any] | None) -> Verdict:
    """Judge an object as it is now; None is an object that is not there."""
    if goal.word == "deleted":
        return Verdict(item is None, "it is still there" + _why_not_gone(item))
    if item is None:
        return Verdict(False, "there is no such object")
    if goal.word == "commit" and not _stands_at(item, goal.commit):
        commit = item.get("status", {}).get("commit") or "none yet"
        return Verdict(False, f"its commit is {commit}; {_ready(item).standing or 'it is Ready there'}")
    return _ready(item)


def _stands_at(item: Mapping[str, Any], commit: str) -> bool:
    """Whether this commit is the one that was found, read and handed to the clusters."""
    status = item.get("status", {})
    read = status.get("reading", {}).get("commit", "")
    return str(status.get("commit", "")).startswith(commit) and str(read).startswith(commit)


def _ready(item: Mapping[str, Any]) -> Verdict:
    """Ready is True for the present generation, and every deployment that is wanted is ready."""
    status = item.get("status", {})
    ready = condition(item, "Ready")
    if ready.get("status") != "True":
        return Verdict(False, _stalled(item) or _reason(ready, status))
    generation = item["metadata"].get("generation", 0)
    observed = status.get("observedGeneration", generation)
    if observed < generation:
        return Verdict(False, f"generation {generation} is not looked at yet, {observed} was the last")
    summary = status.get("summary", {})
    if summary.get("ready", 0) < summary.get("desiredReady", 0):
        return Verdict(False, f"{summary.get('ready', 0)} of {summary['desiredReady']} deployments are ready")
    return Verdict(True)


def _stalled(item: Mapping[str, Any]) -> str:
    """Why nothing goes on by itself or only slowly, with the word for it; empty where it is not so."""
    stalled = condition(item, "Stalled")
    if stalled.get("status") != "True":
        return ""
    return "Stalled: " + ": ".join(filter(None, (stalled.get("reason"), stalled.get("message"))))


def _reason(ready: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    if not ready:
        return "nothing has been said about it yet"
    why = (
        ready.get("message")
        or status.get("display", {}).get("message")
        or ready.get("reason")
        or "no reason given"
    )
    return f"Ready is {ready.get('status')}: {why}"


def _why_not_gone(item: Mapping[str, Any] | None) -> str:
    if item is None or not item["metadata"].get("deletionTimestamp"):
        return ", and nobody has deleted it"
    return f", deleted at {item['metadata']['deletionTimestamp']}; its bundles are not all gone yet"
