"""When a stream must be looked at before the next write."""

from fleet.bus.witness import Floors


def test_a_stream_that_nobody_knows_anything_of_is_not_in_doubt() -> None:
    assert Floors().in_doubt("MEMBERS", 1) == 0


def test_what_a_record_names_is_in_doubt_until_the_server_shows_it() -> None:
    floors = Floors()
    floors.witness("MEMBERS", 7)
    floors.witness("MEMBERS", 5)
    assert floors.in_doubt("MEMBERS", 1) == 7
    floors.there("MEMBERS", 7, 1)
    assert floors.in_doubt("MEMBERS", 1) == 0


def test_a_new_connection_puts_everything_in_doubt_again() -> None:
    floors = Floors()
    floors.there("COMMITS", 9, 1)
    assert floors.in_doubt("COMMITS", 1) == 0
    assert floors.in_doubt("COMMITS", 2) == 9


def test_what_came_late_from_an_old_connection_proves_nothing_about_the_new_one() -> None:
    floors = Floors()
    floors.there("COMMITS", 3, 2)
    floors.there("COMMITS", 9, 1)
    assert floors.in_doubt("COMMITS", 2) == 9


def test_streams_do_not_mix() -> None:
    floors = Floors()
    floors.witness("MEMBERS", 7)
    assert floors.in_doubt("COMMITS", 1) == 0
