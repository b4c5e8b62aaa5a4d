"""What a stream's data means for the server."""

import pytest

from fleet.bus.streams import configuration
from fleet.events import STREAMS

STATE = [name for name, stream in STREAMS.items() if not stream.max_age and not stream.append_only]


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_is_bounded_and_on_disk(name: str) -> None:
    config = configuration(STREAMS[name])
    assert config["max_bytes"] > 0
    assert config["storage"] == "file"
    assert config["allow_direct"] is True


@pytest.mark.parametrize("name", STATE)
def test_a_full_stream_of_state_refuses_what_is_new_instead_of_dropping_what_it_has(name: str) -> None:
    assert configuration(STREAMS[name])["discard"] == "new"


def test_agents_can_neither_batch_nor_roll_up_nor_expire_in_the_stream_they_write_to() -> None:
    config = configuration(STREAMS["STATUS"])
    assert not config["allow_batched"]
    assert not config["allow_atomic"]
    forbidden = ("allow_rollup_hdrs", "allow_msg_ttl", "allow_msg_schedules", "allow_msg_counter")
    assert not any(config.get(word) for word in forbidden)


def test_content_is_written_once_and_the_audit_trail_is_never_deleted() -> None:
    assert configuration(STREAMS["CONTENT"])["discard_new_per_subject"] is True
    audit = configuration(STREAMS["AUDIT"])
    assert (audit["deny_delete"], audit["deny_purge"]) == (True, True)
    assert {"name": "COMMITS"} in audit["sources"]
    assert {"name": "DESIRED"} not in audit["sources"]


def test_replicas_are_what_the_installation_asks_for() -> None:
    assert configuration(STREAMS["COMMITS"], replicas=3)["num_replicas"] == 3
