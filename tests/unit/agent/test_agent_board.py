"""The board tells results from mere changes, and who depends on whom."""

from dataclasses import replace

from fleet.agent.board import Board
from fleet.agent.domain.plan import BundleKey
from fleet.agent.domain.standing import Standing

SHOP, OTHER = BundleKey("w", "shop"), BundleKey("w", "other")
READY = Standing("e1", "e1", "s", "Ready", since=1.0)


async def test_a_changed_state_is_a_result_and_a_changed_message_is_not() -> None:
    board = Board()
    board.post(SHOP, READY)
    assert board.result.is_set()
    board.result.clear()
    board.post(SHOP, replace(READY, state="NotReady", message="a"))
    assert board.result.is_set()
    board.result.clear()
    board.post(SHOP, replace(READY, state="NotReady", message="b"))
    assert not board.result.is_set()


async def test_the_same_standing_again_is_no_change() -> None:
    board = Board()
    board.post(SHOP, READY)
    board.changed.clear()
    board.post(SHOP, replace(READY, since=99.0))
    assert not board.changed.is_set()
    assert board.last(SHOP) == READY


async def test_others_hear_of_results() -> None:
    board, heard = Board(), []
    board.subscribe(heard.append)
    board.post(SHOP, READY)
    board.post(SHOP, READY)
    assert heard == [SHOP]


async def test_only_states_of_present_entries_count_for_dependencies() -> None:
    board = Board()
    board.post(SHOP, READY)
    board.post(OTHER, replace(READY, entry="e2", applied="e1", state="ErrApplied"))
    assert board.states({SHOP: "e1", OTHER: "e2"}) == {SHOP: "Ready"}
    assert board.states({SHOP: "e9"}) == {}


async def test_it_is_settled_when_nobody_is_at_work() -> None:
    board = Board()
    assert board.settled
    board.begin(SHOP)
    assert not board.settled
    board.finish(SHOP)
    assert board.settled


async def test_bundles_that_are_gone_are_forgotten() -> None:
    board = Board()
    board.post(SHOP, READY)
    board.post(OTHER, READY)
    board.keep([SHOP])
    assert list(board.standings()) == [SHOP]
    assert board.missing([SHOP, OTHER]) == [OTHER]
