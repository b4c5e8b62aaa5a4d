"""What an agent keeps of itself, and what it does to a namespace."""

import pytest

from fleet.agent.domain.acceptance import Floor
from fleet.agent.domain.journal import Begun, Journal, read_journal
from fleet.agent.domain.namespaces import namespace_patch

NAME = {"kubernetes.io/metadata.name": "web"}
SECURITY = {"pod-security.kubernetes.io/enforce": "baseline"}


def test_a_journal_survives_being_written_down() -> None:
    journal = Journal(Floor("uid", 3, 4, "d"), {"web/shop": Begun("upgrade", 3)})
    assert read_journal(journal.encode()) == journal


@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b"null", b'{"floor": 3}', b'{"floor": {"epoch": "x"}}', b'{"begun": {"a": {}}}']
)
def test_a_damaged_journal_counts_as_empty(damaged: bytes) -> None:
    assert read_journal(damaged) == Journal()


def namespace(labels: dict[str, str], annotations: dict[str, str] | None = None) -> dict[str, object]:
    return {"metadata": {"name": "web", "labels": labels, "annotations": annotations or {}}}


def test_labels_become_exactly_those_of_the_options_but_for_the_name_and_pod_security() -> None:
    present = namespace({**NAME, **SECURITY, "x": "y", "a": "old"})
    assert namespace_patch(present, {"a": "b"}, {}) == {"metadata": {"labels": {"x": None, "a": "b"}}}


def test_pod_security_labels_in_the_options_are_left_out() -> None:
    wanted = {"a": "b", "pod-security.kubernetes.io/enforce": "privileged"}
    assert namespace_patch(namespace({**NAME, **SECURITY, "a": "b"}), wanted, {}) == {}


def test_annotations_become_exactly_those_of_the_options() -> None:
    patch = namespace_patch(namespace(NAME, {"foreign": "1"}), {}, {"mine": "2"})
    assert patch == {"metadata": {"annotations": {"foreign": None, "mine": "2"}}}


def test_without_options_nothing_changes() -> None:
    assert namespace_patch(namespace({"x": "y"}, {"a": "b"}), {}, {}) == {}
