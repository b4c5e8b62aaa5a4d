"""A report tells everything that is not Ready, within its limit, and only when something is new."""

import pytest

from fleet.agent.domain.drift import Drift
from fleet.agent.domain.objects import Ref
from fleet.agent.domain.plan import BundleKey
from fleet.agent.domain.readiness import Summary
from fleet.agent.domain.report import MAX_BYTES, compose, is_result, same_news
from fleet.agent.domain.standing import MAX_MESSAGE, MAX_RESOURCES, Standing, failed, observed
from fleet.events import DeploymentTargeted, ResourceReport

MANIFEST = DeploymentTargeted(
    workspace="w", cluster="c", uid="u", epoch=3, generation=4, digest="d", entries=("e1", "e2")
)
SHOP = BundleKey("w", "shop")


def ref(name: str) -> Ref:
    return Ref("apps/v1", "Deployment", "web", name)


def looked(
    summaries: dict[Ref, Summary] | None = None, drifts: tuple[Drift, ...] = (), note: str = ""
) -> Standing:
    return observed(
        entry="e1", deployment_id="s-1:2", summaries=summaries or {}, drifts=drifts, now=10.0, note=note
    )


BUSY = Summary("updating", transitioning=True, messages=("Available: 0/1",))


def test_what_is_ready_is_listed_by_its_entry_only() -> None:
    report = compose(MANIFEST, {SHOP: looked({ref("a"): Summary("active")})}, now=20.0)
    assert (report.entries, report.not_ready) == (("e1",), ())
    assert (report.epoch, report.generation, report.digest) == (3, 4, "d")


def test_not_ready_goes_before_modified_and_names_the_first_object() -> None:
    standing = looked({ref("b"): BUSY, ref("a"): BUSY}, (Drift(ref("c"), "missing"),))
    assert standing.state == "NotReady"
    assert standing.message == "deployment.apps web/a [progressing] Available: 0/1"
    assert [(one.name, one.state) for one in standing.resources] == [
        ("a", "updating"),
        ("b", "updating"),
        ("c", "missing"),
    ]


def test_modified_shows_the_patch() -> None:
    standing = looked(drifts=(Drift(ref("a"), "modified", '{"spec":1}'),))
    assert (standing.state, standing.message) == ("Modified", 'deployment.apps web/a modified {"spec":1}')


def test_a_note_goes_first() -> None:
    assert looked(drifts=(Drift(ref("a"), "missing"),), note="fought").message == "fought"


def test_at_most_ten_of_each_sort_are_spelled_out() -> None:
    summaries = {ref(f"n{n:02}"): BUSY for n in range(12)}
    drifts = tuple(Drift(ref(f"m{n:02}"), "missing") for n in range(12))
    assert len(looked(summaries, drifts).resources) == 2 * MAX_RESOURCES


def test_long_messages_are_cut() -> None:
    standing = failed(
        entry="e", applied="", deployment_id="", state="ErrApplied", message="x" * 5000, now=0.0
    )
    assert len(standing.message) == MAX_MESSAGE
    assert standing.message.endswith("…")


def test_a_failed_bundle_is_told_with_what_is_applied_all_the_same() -> None:
    standing = failed(
        entry="e2", applied="e1", deployment_id="s-1:2", state="ErrApplied", message="no", now=10.0
    )
    report = compose(MANIFEST, {SHOP: standing}, now=15.9)
    (trouble,) = report.not_ready
    assert report.entries == ("e1",)
    assert (trouble.entry, trouble.state, trouble.seconds, trouble.deployment_id) == (
        "e2",
        "ErrApplied",
        5,
        "s-1:2",
    )


def test_a_state_counts_its_seconds_from_when_it_began() -> None:
    first = looked({ref("a"): BUSY})
    later = observed(entry="e1", deployment_id="s", summaries={ref("b"): BUSY}, drifts=(), now=99.0)
    assert later.following(first).since == 10.0
    assert looked().following(later).since == 10.0
    assert later.following(None).since == 99.0


def many(count: int, message: str, resources: int) -> dict[BundleKey, Standing]:
    one = ResourceReport(
        api_version="v1", kind="Pod", namespace="web", name="x" * 60, state="s", message="y" * 200
    )
    return {
        BundleKey("w", f"bundle-{n:04}"): Standing(
            f"{n:032}", f"{n:032}", "s-1:2", "NotReady", message, (one,) * resources
        )
        for n in range(count)
    }


@pytest.mark.parametrize(
    ("count", "message", "resources"), [(100, "m" * 1000, 10), (300, "m" * 900, 0), (40, "m", 10)]
)
def test_a_report_keeps_its_limit_and_still_names_every_bundle(
    count: int, message: str, resources: int
) -> None:
    report = compose(MANIFEST, many(count, message, resources), now=0.0)
    assert len(report.encode()) <= MAX_BYTES
    if count <= 200:
        assert len(report.not_ready) == count


def test_resources_stay_where_there_is_room() -> None:
    report = compose(MANIFEST, many(60, "m", 10), now=0.0)
    assert any(bundle.resources for bundle in report.not_ready)
    assert any(not bundle.resources for bundle in report.not_ready)
    assert len(report.encode()) <= MAX_BYTES


def test_time_alone_is_no_news() -> None:
    standings = {SHOP: looked({ref("a"): BUSY})}
    before, after = compose(MANIFEST, standings, 10.0), compose(MANIFEST, standings, 99.0)
    assert before != after
    assert same_news(before, after)
    assert not same_news(None, after)
    assert not same_news(before, compose(MANIFEST, {}, 10.0))


def test_a_result_is_a_change_of_state_or_of_what_is_applied() -> None:
    before = {SHOP: looked({ref("a"): BUSY})}
    assert is_result({}, SHOP, looked())
    assert is_result(before, SHOP, looked())
    assert not is_result(before, SHOP, looked({ref("b"): BUSY}))
