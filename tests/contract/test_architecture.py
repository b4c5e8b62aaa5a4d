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
HOUSEKEEPING = {"DeadLetter", "LeaseTaken", "LastSeen"}


def names_in(service: str) -> set[str]:
    """Every name that the code of a service uses."""
    found: set[str] = set()
    for path in (ROOT / "services" / service / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
    return found


def test_the_picture_has_every_event_that_passes_between_services() -> None:
    assert {label for _, label, _ in ARROWS} == EVENTS - HOUSEKEEPING


@pytest.mark.parametrize(("sender", "label", "receiver"), ARROWS, ids=lambda word: word)
def test_both_ends_of_an_arrow_speak_of_its_event(sender: str, label: str, receiver: str) -> None:
    assert label in names_in(sender)
    assert label in names_in(receiver)


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
