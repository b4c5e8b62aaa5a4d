"""An object means the same to the command, to the bundler and to the agent."""

import orjson
import pytest

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.yamldocs import read_values
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.model import HELM
from fleet.bundler.domain.yamltext import parse
from fleet.cli.objects.documents import read_documents
from fleet.cli.objects.faults import InvalidObjects


def to_the_bundler(text: str) -> bytes:
    document = parse(text.encode(), "values.yaml")
    return orjson.dumps(HELM.fields["values"].read(document, (), document.value, lenient=False))


def to_the_agent(text: str) -> bytes:
    return orjson.dumps(read_values(text, "values.yaml"))


def to_the_command(text: str) -> bytes:
    (document,) = read_documents(text, "values.yaml")
    return orjson.dumps(document.value)


@pytest.mark.parametrize("read", [to_the_bundler, to_the_agent, to_the_command])
@pytest.mark.parametrize(
    ("text", "json"),
    [
        ("a: [0o17, 017, 08, 0x1F, 0b11, 1_000]", b'{"a":[15,15,8,31,3,1000]}'),
        ("a: [1e3, 1.0, .5, 1e400, 12:30:45, 2020-01-01]",
         b'{"a":[1000,1,0.5,"1e400","12:30:45","2020-01-01"]}'),
        ("a: [y, off, ~, 'no', !!str 1, !foo 1]", b'{"a":[true,false,null,"no","1","1"]}'),
        ("n: {1: a, 1.5: b, yes: c}", b'{"false":{"1":"a","1.5":"b","true":"c"}}'),
        ("a: &a {x: 1}\nb: {x: 2, <<: *a}\nc: {<<: *a, x: 2}", b'{"a":{"x":1},"b":{"x":1},"c":{"x":2}}'),
    ],
)  # fmt: skip
def test_a_text_means_the_same_in_three_places(read, text, json):
    assert read(text) == json


@pytest.mark.parametrize("read", [to_the_bundler, to_the_agent, to_the_command])
@pytest.mark.parametrize(
    "text", ["a: .nan", "~: 1", "a: !!int x", "%YAML 1.2\n---\na: 1", "<<: 5", "a: " + "[" * 101]
)
def test_what_means_nothing_is_refused_in_three_places(read, text):
    with pytest.raises((BadInput, BadContent, InvalidObjects)):
        read(text)
