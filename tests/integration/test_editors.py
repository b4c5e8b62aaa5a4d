"""fleet.yaml in an editor: what its language server completes, explains and finds wrong by our schema."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.language_server import Editor, editing

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "fleet-yaml.schema.json"
DEMO = sorted((ROOT / "services/cli/src/fleet/cli/demo").rglob("fleet.yaml"))


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    async with editing(tmp_path, SCHEMA) as running:
        yield running


def fields(*path: str) -> dict[str, Any]:
    """The fields that the schema has below a field."""
    schema = json.loads(SCHEMA.read_text())
    found = schema
    for name in path:
        found = _followed(schema, found["properties"][name])
    return dict(found["properties"])


def _followed(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "properties" not in node:
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        else:
            node = (
                node["items"]
                if "items" in node
                else next(one for one in node["anyOf"] if one.get("type") != "null")
            )
    return node


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("helm:\n  ", ("helm",)),
        ("targetCustomizations:\n- ", ("targetCustomizations",)),
        ("helm:\n  valuesFrom:\n  - ", ("helm", "valuesFrom")),
        ("correctDrift:\n  ", ("correctDrift",)),
    ],
)
async def test_every_field_is_offered_with_what_it_is_for(
    editor: Editor, text: str, path: tuple[str, ...]
) -> None:
    offered = await editor.completion(text)

    assert set(fields(*path)) <= set(offered)
    assert [name for name in fields(*path) if not offered[name].get("documentation")] == []


async def test_a_field_is_explained_where_it_stands(editor: Editor) -> None:
    shown = await editor.hover("helm:\n  releaseName: web\n", "releaseName")
    assert fields("helm")["releaseName"]["description"].split(".")[0] in shown


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("paused: true\nnosuch: 1\n", 2, "nosuch"),
        ("helm:\n  releaseName: web\n  nosuch: 1\n", 3, "nosuch"),
        ("paused: maybe\n", 1, "Incorrect type"),
        ("helm:\n  takeOwnership: true\n  valuesFiles: 1\n", 3, "Incorrect type"),
        ("dependsOn:\n- name: db\n  acceptedStates: [Redy]\n", 3, "Ready"),
        ("targetCustomizationMode: Never\n", 1, "FirstMatch"),
    ],
)
async def test_what_is_wrong_is_marked_on_its_line(editor: Editor, text: str, line: int, words: str) -> None:
    found = await editor.diagnostics(text)

    assert {at for at, _ in found} == {line}, found
    assert any(words in message for _, message in found), found


async def test_nothing_is_marked_in_the_files_of_the_demo(editor: Editor) -> None:
    assert DEMO
    for path in DEMO:
        assert await editor.diagnostics(path.read_text()) == [], path


async def test_the_first_line_of_a_file_names_the_schema(tmp_path: Path) -> None:
    async with editing(tmp_path) as editor:
        wrong = "paused: maybe\n"
        assert await editor.diagnostics(wrong) == []
        named = f"# yaml-language-server: $schema={SCHEMA}\n{wrong}"
        assert [line for line, _ in await editor.diagnostics(named)] == [2]
