"""A01 and A02: what Fleet's API accepts as a duration."""

import pytest

from fleet.cli.objects.documents import read_documents
from fleet.cli.objects.faults import InvalidObjects
from fleet.cli.objects.manifests import manifests

FIELDS = [
    ("GitRepo", "pollingInterval"),
    ("GitRepo", "imageScanInterval"),
    ("HelmOp", "pollingInterval"),
    ("Schedule", "duration"),
]
REFUSED = ["1d", "1w", "1y", "7d12h", "abc", "5x", "-1h", "5000000h"]
ACCEPTED = ["15s", "5m", "2h", "1h30m", "300ms", "1.5h", "100µs", "0", "0s"]


def document(kind, field, value):
    repo = "repo: https://git.example.com/web" if kind == "GitRepo" else ""
    return f"""
apiVersion: fleet.cattle.io/v1alpha1
kind: {kind}
metadata: {{name: web}}
spec:
  {field}: "{value}"
  {repo}
"""


@pytest.mark.parametrize("value", REFUSED)
@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a01_what_is_no_go_duration_is_refused_with_the_rule(kind, field, value):
    with pytest.raises(InvalidObjects) as refused:
        manifests(read_documents(document(kind, field, value), "web.yaml"))
    (fault,) = refused.value.faults
    assert (fault.path, fault.line, fault.number) == (f"spec.{field}", 6, 1)
    assert f"{value!r} is not a duration" in fault.message
    assert "ns, us, µs, ms, s, m or h" in fault.message


@pytest.mark.parametrize("value", ACCEPTED)
@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a02_go_durations_are_accepted_and_kept_as_written(kind, field, value):
    (manifest,) = manifests(read_documents(document(kind, field, value), "web.yaml"))
    assert manifest.spec[field] == value


@pytest.mark.parametrize(
    ("value", "message"), [("", "must not be empty"), ("0" * 32 + "s", "must have at most 32 characters")]
)
def test_a_duration_has_1_to_32_characters(value, message):
    with pytest.raises(InvalidObjects, match=message):
        manifests(read_documents(document("GitRepo", "pollingInterval", value), "web.yaml"))
