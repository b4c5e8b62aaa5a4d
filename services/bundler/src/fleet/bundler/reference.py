"""Writes the reference of fleet.yaml: `python -m fleet.bundler.reference docs`."""

import json
import sys
from pathlib import Path

from fleet.bundler.domain.reference import page
from fleet.bundler.domain.schema import json_schema


def files() -> dict[str, str]:
    """The files of the reference by name, with their text."""
    return {"fleet-yaml.md": page(), "fleet-yaml.schema.json": schema_text()}


def schema_text() -> str:
    """The JSON Schema as it is committed and printed."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
