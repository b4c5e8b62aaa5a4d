"""What is news to the rest of the system, and what its event is called."""

import dataclasses

from fleet.events import ObjectMeta, Resource
from fleet.gitjob.domain.news import detected, id_of, is_news
from fleet.gitjob.domain.watch import Watch, watch_of

COMMIT = "a" * 40


def a_watch(**spec: object) -> Watch:
    metadata = ObjectMeta(name="shop", namespace="fleet-default", uid="u-1", generation=2)
    return watch_of(Resource(kind="gitrepo", metadata=metadata, spec={"repo": "/srv/shop", **spec}))


FOUND = detected(a_watch(), commit=COMMIT, repo="/srv/shop")


def test_the_first_commit_is_news() -> None:
    assert is_news(FOUND, None)


def test_the_same_commit_for_the_same_spec_is_not_news() -> None:
    assert not is_news(FOUND, FOUND)


def test_another_commit_is_news_also_when_it_is_an_older_one() -> None:
    other = FOUND.model_copy(update={"commit": "b" * 40})
    assert is_news(other, FOUND)
    assert is_news(FOUND, other)


def test_a_changed_spec_and_a_forced_sync_are_news_at_the_same_commit() -> None:
    assert is_news(FOUND.model_copy(update={"generation": 3}), FOUND)
    assert is_news(FOUND.model_copy(update={"force_sync_generation": 1}), FOUND)


def test_a_name_made_again_starts_anew() -> None:
    assert is_news(FOUND.model_copy(update={"uid": "u-2", "generation": 1}), FOUND)


def test_what_was_found_for_an_older_spec_is_not_news() -> None:
    newer = FOUND.model_copy(update={"generation": 3})
    assert not is_news(FOUND.model_copy(update={"commit": "b" * 40}), newer)


def test_the_id_follows_from_the_finding_and_what_came_before() -> None:
    assert id_of(FOUND, after=7) == id_of(FOUND, after=7)
    others = [
        id_of(FOUND, after=8),
        id_of(FOUND.model_copy(update={"commit": "b" * 40}), after=7),
        id_of(FOUND.model_copy(update={"uid": "u-2"}), after=7),
        id_of(FOUND.model_copy(update={"generation": 3}), after=7),
        id_of(FOUND.model_copy(update={"force_sync_generation": 1}), after=7),
    ]
    assert len({id_of(FOUND, after=7), *others}) == 6


def test_the_event_names_the_revision_where_there_is_one() -> None:
    assert FOUND.branch == "master"
    assert detected(a_watch(branch="main"), commit=COMMIT, repo="r").branch == "main"
    assert detected(a_watch(branch="main", revision="v1"), commit=COMMIT, repo="r").branch == "v1"


def test_a_watch_takes_its_defaults_from_fleet() -> None:
    watch = a_watch()
    assert (watch.branch, watch.interval, watch.polling, watch.problem) == ("master", 15.0, True, "")
    assert a_watch(pollingInterval="0").interval == 15.0
    assert a_watch(pollingInterval="0.5s").interval == 0.5
    assert not a_watch(disablePolling=True).polling


def test_a_spec_that_cannot_be_used_is_a_problem_and_no_crash() -> None:
    assert "pollingInterval" in a_watch(pollingInterval="1d").problem
    assert "forceSyncGeneration" in a_watch(forceSyncGeneration="soon").problem


def test_a_watch_does_not_show_its_spec_which_may_hold_a_password() -> None:
    watch = dataclasses.replace(a_watch(), spec={"repo": "https://user:hunter2@example.com/x"})
    assert "hunter2" not in repr(watch)
