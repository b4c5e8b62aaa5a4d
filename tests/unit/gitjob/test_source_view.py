"""What the part `source` of a GitRepo's status says after a look, and when it is written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fleet.events import ViewPart
from fleet.gitjob.domain.source import Failed, Found, is_due, source_view
from fleet.gitjob.domain.watch import Key, Watch

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
WATCH = Watch(key=Key("fleet-default", "shop"), uid="u-1", generation=3, force=2)
FOUND = Found("a" * 40, "https://example.com/shop")
GONE = Failed("https://example.com/shop (master): no such reference.")


def after(
    outcome: Found | Failed, *, before: ViewPart | None = None, seconds: float = 0, watch: Watch = WATCH
) -> ViewPart:
    return source_view(watch, outcome, now=NOW + timedelta(seconds=seconds), before=before)


def said(view: ViewPart) -> dict[str, tuple[str, str]]:
    return {condition.type: (condition.status, condition.message) for condition in view.conditions}


def test_a_commit_is_shown_with_the_generation_it_was_found_for() -> None:
    view = after(FOUND)
    assert view.status == {
        "commit": "a" * 40,
        "pollingCommit": "a" * 40,
        "gitJobStatus": "Current",
        "updateGeneration": 2,
        "lastPollingTriggered": "2026-01-01T12:00:00Z",
        "detectedAt": "2026-01-01T12:00:00Z",
    }
    assert (view.uid, view.observed_generation) == ("u-1", 3)
    assert said(view) == {"Accepted": ("True", ""), "GitPolling": ("True", "")}


def test_it_is_shown_since_when_a_commit_is_known_for_a_generation() -> None:
    first = after(FOUND)
    assert after(FOUND, before=first, seconds=90).status["detectedAt"] == "2026-01-01T12:00:00Z"
    assert after(GONE, before=first, seconds=90).status["detectedAt"] == "2026-01-01T12:00:00Z"
    other = after(Found("b" * 40, FOUND.repo), before=first, seconds=90)
    again = after(FOUND, before=first, seconds=90, watch=replace(WATCH, generation=4))
    forced = after(FOUND, before=first, seconds=90, watch=replace(WATCH, force=3))
    assert {view.status["detectedAt"] for view in (other, again, forced)} == {"2026-01-01T12:01:30Z"}


def test_a_failure_is_told_and_keeps_the_commit_that_was_found_before() -> None:
    view = after(GONE, before=after(FOUND), seconds=15)
    assert view.status["commit"] == "a" * 40
    assert view.status["gitJobStatus"] == "Failed"
    assert said(view) == {"Accepted": ("True", ""), "GitPolling": ("False", GONE.message)}


def test_a_spec_that_cannot_work_is_not_accepted() -> None:
    view = after(Failed("nonsense", accepted=False))
    assert said(view) == {"Accepted": ("False", "nonsense"), "GitPolling": ("False", "nonsense")}


def test_the_status_of_an_object_with_another_uid_is_not_inherited() -> None:
    other = after(FOUND).model_copy(update={"uid": "u-0"})
    assert "commit" not in after(GONE, before=other).status


def test_nothing_is_said_of_polling_where_it_is_disabled_and_nothing_failed() -> None:
    watch = Watch(key=WATCH.key, uid="u-1", generation=3, polling=False)
    assert "GitPolling" not in said(after(FOUND, watch=watch))
    assert said(after(GONE, watch=watch))["GitPolling"][0] == "False"


def test_a_condition_keeps_its_time_while_it_says_the_same() -> None:
    first = after(GONE)
    second = after(GONE, before=first, seconds=30)
    assert second.conditions == first.conditions
    third = after(FOUND, before=second, seconds=60)
    times = {condition.type: condition.last_update_time for condition in third.conditions}
    assert times == {"Accepted": "2026-01-01T12:00:00Z", "GitPolling": "2026-01-01T12:01:00Z"}


def test_a_view_is_due_when_it_says_something_else_or_is_a_minute_old() -> None:
    first = after(FOUND)
    assert is_due(first, None)
    assert not is_due(after(FOUND, before=first, seconds=59), first)
    assert is_due(after(FOUND, before=first, seconds=60), first)
    assert is_due(after(GONE, before=first, seconds=1), first)
    assert is_due(after(Found("b" * 40, FOUND.repo), before=first, seconds=1), first)
