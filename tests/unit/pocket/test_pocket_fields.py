"""Sets of fields: written and read back, found and removed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleet.pocket.fieldset import (
    MISSING,
    SELF,
    decode,
    dotted,
    encode,
    fields_of,
    is_key,
    remove_at,
    value_at,
)
from fleet.pocket.typetable import struct

DEPLOYMENT = struct("apps.v1.Deployment")
word = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
variable = st.fixed_dictionaries({"name": word, "value": word})
port = st.fixed_dictionaries({"containerPort": st.integers(1, 9)}, optional={"protocol": st.just("UDP")})
container = st.fixed_dictionaries(
    {"name": word, "image": word},
    optional={
        "args": st.lists(word, max_size=2),
        "env": st.lists(variable, max_size=3, unique_by=lambda v: v["name"]),
        "ports": st.lists(port, max_size=2, unique_by=lambda p: (p["containerPort"], p.get("protocol"))),
    },
)
pod = st.fixed_dictionaries({"containers": st.lists(container, max_size=3, unique_by=lambda c: c["name"])})
deployment = st.fixed_dictionaries(
    {
        "apiVersion": st.just("apps/v1"),
        "kind": st.just("Deployment"),
        "metadata": st.fixed_dictionaries({"name": word}, optional={"labels": st.dictionaries(word, word)}),
        "spec": st.fixed_dictionaries(
            {"replicas": st.integers(0, 5), "template": st.fixed_dictionaries({"spec": pod})}
        ),
    }
)


@given(deployment)
def test_fields_written_are_the_fields_read(obj: dict[str, Any]) -> None:
    fields = fields_of(obj, DEPLOYMENT)
    assert frozenset(decode(encode(fields))) == fields


@given(deployment)
def test_every_field_leads_to_its_value(obj: dict[str, Any]) -> None:
    for path in fields_of(obj, DEPLOYMENT):
        assert value_at(obj, path) is not MISSING


@given(deployment)
def test_removing_every_field_but_keys_leaves_nothing_but_identity(obj: dict[str, Any]) -> None:
    whole_items_first = sorted(fields_of(obj, DEPLOYMENT), key=lambda path: (path[-1] != SELF, -len(path)))
    for path in whole_items_first:
        if value_at(obj, path) is not MISSING and not is_key(path):
            remove_at(obj, path)
    assert set(obj) <= {"apiVersion", "kind", "metadata"}
    assert set(obj.get("metadata", {})) <= {"name"}


def test_paths_are_shown_as_people_write_them() -> None:
    path = ("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")
    assert dotted(path) == '.spec.containers[name="web"].image'
    assert dotted(("f:metadata", "f:finalizers", 'v:"x"')) == '.metadata.finalizers[="x"]'
