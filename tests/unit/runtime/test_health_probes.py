"""Health over HTTP means something: which part is waited for, and why."""

import aiohttp
import pytest

from fleet.runtime import Health, counter
from fleet.runtime.address import Address
from fleet.runtime.probes import serve_probes


def test_a_service_that_has_not_said_what_it_needs_is_not_ready() -> None:
    assert not Health().is_ready


def test_a_service_is_ready_when_every_part_is() -> None:
    health = Health()
    health.ready("bus")
    health.waiting("feed", "reading 1 of 2 streams")
    assert not health.is_ready
    health.ready("feed")
    assert health.is_ready


def test_a_probe_is_asked_each_time_and_overrules_what_was_said() -> None:
    health, reasons = Health(), ["", "connection lost"]
    health.waiting("bus", "connecting")
    health.probe("bus", lambda: reasons[0])
    assert health.is_ready
    reasons.pop(0)
    assert dict(health.parts()) == {"bus": "connection lost"}


async def test_the_probes_answer_over_http() -> None:
    health = Health()
    health.waiting("feed", "reading CLUSTERS")
    counter("fleet_test_probes", "Counts this test.").inc()
    async with serve_probes(health, Address("127.0.0.1", 0)) as at, aiohttp.ClientSession() as client:
        async with client.get(f"http://{at}/healthz") as answer:
            assert answer.status == 200
        async with client.get(f"http://{at}/readyz") as answer:
            assert answer.status == 503
            assert await answer.json() == {"ready": False, "parts": {"feed": "reading CLUSTERS"}}
        health.ready("feed")
        async with client.get(f"http://{at}/readyz") as answer:
            assert answer.status == 200
        async with client.get(f"http://{at}/metrics") as answer:
            text = await answer.text()
    assert "fleet_test_probes_total 1.0" in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("text", ["", "8080", "host:", ":80", "host:http", "host:65536", "host:-1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["127.0.0.1:0", "[::1]:8080", "example.com:65535"])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert str(Address.parse(text)) == text
