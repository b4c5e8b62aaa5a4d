"""What the hub sealed is read, and what cannot be read is refused without showing it."""

import base64
import gzip
import json

import pytest

from fleet.agent.domain import files
from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File, read_files
from fleet.agent.domain.options import read_options


def content(*resources: dict[str, str]) -> bytes:
    return json.dumps({"resources": list(resources)}).encode()


def test_files_are_sorted_and_decoded() -> None:
    packed = base64.b64encode(gzip.compress(b"\x00binary")).decode()
    found = read_files(
        content(
            {"name": "z.yaml", "content": "a: 1\n"},
            {"name": "b.bin", "content": packed, "encoding": "base64+gz"},
            {"name": "a.bin", "content": base64.b64encode(b"x").decode(), "encoding": "base64"},
        )
    )
    assert found == (File("a.bin", b"x"), File("b.bin", b"\x00binary"), File("z.yaml", b"a: 1\n"))


@pytest.mark.parametrize(
    "broken",
    [
        b"no json",
        b"[]",
        content({"content": "nameless"}),
        content({"name": "a", "content": "%%", "encoding": "base64"}),
        content({"name": "a", "content": "YQ==", "encoding": "base64+gz"}),
        content({"name": "a", "content": "", "encoding": "rot13"}),
    ],
)
def test_broken_content_is_refused(broken: bytes) -> None:
    with pytest.raises(BadContent):
        read_files(broken)


def test_a_file_that_grows_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_INFLATED", 1000)
    packed = base64.b64encode(gzip.compress(b"0" * 2000)).decode()
    with pytest.raises(BadContent, match="more than"):
        read_files(content({"name": "bomb", "content": packed, "encoding": "base64+gz"}))


def test_options_have_fleets_defaults() -> None:
    options = read_options(b"{}")
    assert options.release_namespace == "default"
    assert options.release_name("my-bundle") == "my-bundle"
    assert options.max_history == 2
    assert options.create_namespace
    assert not options.replace_objects


def test_a_forced_namespace_wins_over_the_default_one() -> None:
    assert read_options(b'{"namespace": "a", "defaultNamespace": "b"}').release_namespace == "a"
    assert read_options(b'{"defaultNamespace": "b"}').release_namespace == "b"


def test_nulls_and_fields_of_newer_hubs_are_left_out() -> None:
    options = read_options(b'{"helm": null, "diff": {"comparePatches": null}, "fromTheFuture": 1}')
    assert options.helm.values == {}
    assert options.diff.compare_patches == ()


def test_names_with_capitals_in_the_middle_are_fleets() -> None:
    options = read_options(b'{"deleteCRDResources": true, "helm": {"disableDNS": true, "releaseName": "r"}}')
    assert options.delete_crd_resources
    assert options.helm.disable_dns
    assert options.release_name("bundle") == "r"


@pytest.mark.parametrize("field", ["force", "correctDrift"])
def test_force_replaces_objects(field: str) -> None:
    block = {"helm": {"force": True}} if field == "force" else {"correctDrift": {"force": True}}
    assert read_options(json.dumps(block).encode()).replace_objects


def test_a_wrong_option_is_named_and_its_value_is_not() -> None:
    with pytest.raises(BadContent, match=r"helm\.timeoutSeconds") as caught:
        read_options(b'{"helm": {"timeoutSeconds": "hunter2"}}')
    assert "hunter2" not in str(caught.value)
