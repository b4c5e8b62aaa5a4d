"""The committed schemas and examples are the contract: generated again, they are the same."""

import json
from pathlib import Path

import jsonschema
import pytest

from fleet.events import CATALOGUE, Event, decode
from fleet.events.schemas import files

EVENTS = Path(__file__).parents[2] / "libs" / "events"


def test_the_committed_files_are_the_generated_ones() -> None:
    generated = files()
    committed = {
        str(path.relative_to(EVENTS)): path.read_bytes()
        for folder in ("schemas", "examples")
        for path in (EVENTS / folder).iterdir()
    }

    assert committed == generated, "run: .venv/bin/python -m fleet.events.schemas libs/events"


@pytest.mark.parametrize("cls", CATALOGUE.values(), ids=lambda cls: cls.__name__)
def test_every_example_fits_its_schema_and_reads_back(cls: type[Event]) -> None:
    schema = json.loads((EVENTS / f"schemas/{cls.__name__}.json").read_text())
    example = json.loads((EVENTS / f"examples/{cls.__name__}.json").read_text())

    jsonschema.validate(example["body"], schema)
    event = decode(example["headers"], json.dumps(example["body"]).encode())

    assert isinstance(event, cls)
    assert event.subject() == example["subject"]
    assert json.loads(event.encode()) == example["body"]
