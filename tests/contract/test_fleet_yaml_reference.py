"""The reference of fleet.yaml: made from the source, complete, and as strict as the reader."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.fields import FIELDS, field_at
from fleet.bundler.domain.schema import paths
from fleet.bundler.reference import files
from fleet.yaml import read_first
from support.command import fleet
from support.trees import CONFIG_MAP, read

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads(files()["fleet-yaml.schema.json"])


@pytest.mark.parametrize("name", files())
def test_what_is_committed_is_what_the_source_says(name):
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == files()[name], "run: python -m fleet.bundler.reference docs"


async def test_the_command_prints_the_schema():
    done = await fleet("schema", "fleet.yaml")
    assert (done.code, json.loads(done.out)) == (0, SCHEMA)


def test_every_field_of_the_model_is_explained_and_nothing_else():
    assert [path for path in paths() if field_at(path) is None] == []
    said = [field_at(path) for path in paths()] + [field_at(f"{path}[]") for path in paths()]
    assert [name for name, field in FIELDS.items() if not any(field is one for one in said)] == []


def test_the_schema_is_one():
    Draft7Validator.check_schema(SCHEMA)


TAKEN = [
    "",
    "namespace: a\nlabels: {a: b}\nname: x\n",
    "helm:\n  chart: ''\n  values: {a: [1, {b: c}]}\n  timeoutSeconds: 60\n  atomic:\n",
    "targetCustomizations:\n- clusterSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}\n",
    "rolloutStrategy: {maxUnavailable: 10%, maxNew: 5, partitions: [{name: a, maxUnavailable: 1}]}\n",
    "dependsOn:\n- name: a\n  acceptedStates: [Ready, Modified]\n",
    "overrideTargets: []\ntargetCustomizationMode: AllMatches\n",
    "diff:\n  comparePatches:\n  - kind: A\n    operations: [{op: remove, path: /a}]\n",
]
REFUSED = [
    "labels: {version: 1}\n",
    "helm: []\n",
    "helm: {timeoutSeconds: soon}\n",
    "helm: {values: a}\n",
    "helm: {version: 1.0}\n",
    "helm: {releaseName: A_}\n",
    "targetCustomizations: {}\n",
    "dependsOn:\n- name: a\n  acceptedStates: [Nope]\n",
    "targetCustomizationMode: Sometimes\n",
    "paused: 'yes'\n",
]


def problems(text: str) -> list[str]:
    return [
        error.message for error in Draft7Validator(SCHEMA).iter_errors(read_first(text.encode()).value or {})
    ]


@pytest.mark.parametrize("text", TAKEN)
def test_what_the_reader_takes_fits_the_schema(text):
    assert read({"fleet.yaml": text, "a.yaml": CONFIG_MAP})
    assert problems(text) == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_reader_refuses_does_not(text):
    with pytest.raises(BadInput):
        read({"fleet.yaml": text, "a.yaml": CONFIG_MAP})
    assert problems(text)


@pytest.mark.parametrize("text", ["helm: {valuefiles: []}\n", "namspace: a\n"])
def test_an_unknown_field_is_an_error_in_an_editor(text):
    assert "Additional properties are not allowed" in problems(text)[0]
