"""ARCHITECTURE.md is true: its arrows are events, its nodes are folders, and the code sends what they say."""

import ast
import re
from pathlib import Path

import pytest

from fleet.events import CATALOGUE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ARROW = re.compile(r"^\s*(\w+) -- (\w+) --> (\w+)$", re.MULTILINE)
ARROWS = ARROW.findall(TEXT)
EVENTS = {cls.__name__ for cls in CATALOGUE.values()}
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))
HOUSEKEEPING = {"DeadLetter", "LeaseTaken", "LastSeen"}


READING = {"on", "follow", "present"}
"""The calls that an event class is handed to by whoever hears it; agents and beats are parsed by hand."""
ENCODED = "put_encoded"
WRITING = {"publish", "put", "atomic", "tell", ENCODED}


def calls_in(service: str) -> list[ast.Call]:
    """Every call in the code of a service."""
    sources = (ROOT / "services" / service / "src").rglob("*.py")
    return [call for path in sources for call in calls_of(path.read_text(encoding="utf-8"))]


def calls_of(code: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]


def made_by(calls: list[ast.Call]) -> set[str]:
    """The events that are constructed, or sent as bytes that were encoded before."""
    words = [call.func for call in calls]
    words += [
        call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == ENCODED
    ]
    return {word.id for word in words if isinstance(word, ast.Name)} & EVENTS


def heard_by(calls: list[ast.Call]) -> set[str]:
    """The events that are subscribed to, or parsed."""
    found: set[str] = set()
    for call in calls:
        if not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr in READING:
            found |= {word.id for word in call.args if isinstance(word, ast.Name)}
        elif call.func.attr == "parse" and isinstance(call.func.value, ast.Name):
            found.add(call.func.value.id)
    return found & EVENTS


def test_the_picture_has_every_event_that_passes_between_services() -> None:
    assert {label for _, label, _ in ARROWS} == EVENTS - HOUSEKEEPING


@pytest.mark.parametrize("service", SERVICES)
def test_the_events_that_a_service_makes_are_its_arrows(service: str) -> None:
    calls = calls_in(service)
    made = made_by(calls) - HOUSEKEEPING

    assert made == {label for sender, label, _ in ARROWS if sender == service}
    assert not made or any(isinstance(c.func, ast.Attribute) and c.func.attr in WRITING for c in calls)


@pytest.mark.parametrize(("sender", "label", "receiver"), ARROWS, ids=lambda word: word)
def test_the_service_at_the_end_of_an_arrow_hears_its_event(sender: str, label: str, receiver: str) -> None:
    assert label in heard_by(calls_in(receiver)), f"from {sender}"


def test_an_event_that_is_only_imported_or_named_is_neither_made_nor_heard() -> None:
    calls = calls_of(
        "from fleet.events import Member\n"
        "def place(member: Member) -> None: isinstance(member, Member); log(Member)\n"
    )

    assert (made_by(calls), heard_by(calls)) == (set(), set())
    assert made_by(calls_of("bus.publish(Member(uid='1'))")) == {"Member"}
    assert heard_by(calls_of("bus.follow(Member); Heartbeat.parse(b'')")) == {"Member", "Heartbeat"}


def test_the_map_names_every_folder_that_there_is() -> None:
    mapped = set(re.findall(r"^\| `((?:libs|services)/\w+)` \|", TEXT, re.MULTILINE))
    there = {
        f"{top}/{folder.name}"
        for top in ("libs", "services")
        for folder in (ROOT / top).iterdir()
        if (folder / "pyproject.toml").exists()
    }

    assert mapped == there


def test_every_invariant_has_a_planted_fault() -> None:
    section = TEXT.split("## Invariants", 1)[1].split("\n## ", 1)[0]
    stated = set(re.findall(r"^(\d+)\. ", section, re.MULTILINE))
    planted = {
        number
        for patch in (ROOT / "tests" / "faults").glob("*.patch")
        for number in re.findall(r"^invariant: (\d+)$", patch.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert planted == stated


@pytest.mark.parametrize(
    "page", ["README.md", "ARCHITECTURE.md", "docs/compatibility.md", "docs/adr/README.md"]
)
def test_links_between_the_documents_lead_somewhere(page: str) -> None:
    source = ROOT / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)", source.read_text(encoding="utf-8"))

    assert [link for link in links if not (source.parent / link).exists()] == []
