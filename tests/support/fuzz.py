"""Mutations of fleet.yaml, and what became of each: a bundle, or which clear error.

Everything comes from a `random.Random` with a seed, so that what was found once is found again.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from fleet.bundler.domain.chartneeds import Charts, no_charts
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.model import FLEET_YAML
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import read_tree, stored_form
from fleet.bundler.domain.tree import Tree
from fleet.bundler.domain.typed import Struct
from fleet.yaml import write

Value = Any

SELECTOR = {
    "matchLabels": {"env": "prod"},
    "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
}
BASES: tuple[dict[str, Value], ...] = (
    {"namespace": "web", "labels": {"team": "a"}, "keepResources": True},
    {
        "defaultNamespace": "web",
        "helm": {
            "chart": "chart",
            "releaseName": "web",
            "values": {
                "image": {"tag": "1.0", "pull": True},
                "hosts": ["a", "b"],
                "replicas": 3,
                "ratio": 0.5,
            },
            "valuesFiles": ["values.yaml", "dev/values.yaml"],
            "templateValues": {"name": "${ .ClusterName }"},
            "valuesFrom": [{"configMapKeyRef": {"name": "a", "namespace": "b", "key": "c"}}],
            "timeoutSeconds": 60,
            "maxHistory": 5,
            "atomic": True,
        },
    },
    {
        "targetCustomizations": [
            {"name": "dev", "clusterSelector": SELECTOR, "helm": {"values": {"a": 1}, "releaseName": "dev"}},
            {"name": "prod", "clusterGroup": "prod", "doNotDeploy": True, "yaml": {"overlays": ["dev"]}},
            {"clusterName": "one", "namespaceLabels": {"a": "b"}, "correctDrift": {"enabled": True}},
        ],
        "targetCustomizationMode": "AllMatches",
        "overrideTargets": [{"clusterGroupSelector": SELECTOR}],
    },
    {
        "dependsOn": [{"name": "db", "acceptedStates": ["Ready", "Modified"]}, {"selector": SELECTOR}],
        "diff": {
            "comparePatches": [
                {"kind": "Deployment", "apiVersion": "apps/v1", "name": "a", "jsonPointers": ["/spec"]},
                {"kind": "Service", "operations": [{"op": "remove", "path": "/a", "value": "b"}]},
            ]
        },
        "ignore": {"conditions": [{"type": "Ready", "status": "False"}]},
        "downstreamResources": [{"kind": "Secret", "name": "a"}],
    },
    {
        "kustomize": {"dir": "overlays/dev"},
        "rolloutStrategy": {
            "maxUnavailable": "25%",
            "autoPartitionSize": 10,
            "maxNew": 5,
            "partitions": [{"name": "a", "maxUnavailable": 1, "clusterSelector": SELECTOR}],
        },
        "paused": True,
        "namespaceAnnotations": {"a": "b"},
    },
)

_TEXTS = (
    *(
        "",
        " ",
        "yes",
        "null",
        "0o17",
        "1e3",
        ".inf",
        "2001-01-01",
        "12:30:45",
        "Ready",
        "AllMatches",
        "*",
        "[",
        "\\",
    ),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "a//b/../c",
        "values.yaml",
        "dev",
        ".",
        "..",
        "chart",
        "oci://h/c",
        "<<",
    ),
    *(
        "https://user:p@ss/w:rd@h:1/a%2Fb.tgz",
        "git::ssh://git@[::1]:x/r//../b?ref=a",
        "git::git@h:o/r//a?depth=0",
        "file://../chart",
        "http://[h",
    ),
    *(
        "\u00e9",
        "\u2028",
        "\U0001f600",
        "\ufeff",
        "a\nb",
        "a" * 300,
        "${ .X }",
        "Web",
        "web.",
        "-",
        "25%",
        "\x7f",
        "\x85",
    ),
)
_NUMBERS = (0, 1, -1, 3, 1 << 31, 1 << 53, 1 << 63, -(1 << 64), 10**30, 0.5, -0.0, 1e300, 5e-324)


def _field_names(struct: Struct, seen: set[int]) -> Iterator[str]:
    for name, kind in struct.fields.items():
        yield name
        inner = getattr(kind, "of", kind)
        if isinstance(inner, Struct) and id(inner) not in seen:
            seen.add(id(inner))
            yield from _field_names(inner, seen)


_WATCHED: tuple[tuple[str, Callable[[str], Value]], ...] = (
    ("name", lambda text: text),
    ("targetCustomizationMode", lambda text: text),
    ("dependsOn", lambda text: [{"name": "a", "acceptedStates": ["Ready", text]}]),
    ("dependsOn", lambda text: [{"name": "a"}, {"acceptedStates": [text]}]),
    ("helm", lambda text: {"releaseName": text}),
    ("helm", lambda text: {"chart": "chart", "valuesFiles": ["values.yaml", text]}),
    ("helm", lambda text: {"chart": text}),
    ("helm", lambda text: {"chart": "a", "repo": text, "version": text}),
    ("helm", lambda text: {"chart": "a", "repo": f"https://{text}"}),
    ("helm", lambda text: {"chart": f"https://{text}/a.tgz?checksum={text}"}),
    ("targetCustomizations", lambda text: [{"helm": {"valuesFiles": [text]}}]),
    ("targetCustomizations", lambda text: [{"helm": {"chart": text, "releaseName": "a"}}]),
    ("imageScans", lambda text: [{"tagName": text}]),
    ("targets", lambda text: [{"name": text, "helm": {"releaseName": text}}]),
)
FIELDS = tuple(sorted(set(_field_names(FLEET_YAML, set()))))


def fleet_yaml(rng: random.Random) -> bytes:
    """One mutated file: its structure always, its text in a third of the cases."""
    document: Value = json.loads(json.dumps(rng.choice(BASES)))
    if rng.random() < 0.3:
        document.update(json.loads(json.dumps(rng.choice(BASES))))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        document = mutated(rng, document)
    if rng.random() < 0.3:
        document = _aimed(rng, document)
    text = _text(rng, document).encode(errors="surrogatepass")
    return damaged(rng, text) if rng.random() < 0.35 else text


def damaged(rng: random.Random, text: bytes) -> bytes:
    """Change the text itself in one place, or all of it."""
    return rng.choice(_IN_TEXT)(rng, text)


def _text(rng: random.Random, document: Value) -> str:
    flow = json.dumps(document, ensure_ascii=False)
    return flow if rng.random() < 0.4 or "[[[[" in flow or flow.count("{") > 60 else write(document)


def _aimed(rng: random.Random, document: Value) -> Value:
    """Set a field that a rule watches to some text or other."""
    if not isinstance(document, dict):
        return document
    field, make = rng.choice(_WATCHED)
    return document | {field: make(rng.choice(_TEXTS))}


def mutated(rng: random.Random, document: Value) -> Value:
    """Change one place, however deep, into something else."""
    holder, key = rng.choice([*_places(document), (None, None)])
    value = document if holder is None else holder[key]
    changed = rng.choice(_IN_STRUCTURE)(rng, value)
    if holder is None:
        return changed
    if isinstance(holder, dict) and rng.random() < 0.15:
        del holder[key]
        key = rng.choice((*FIELDS, key.upper(), key[:-1] or "x", key + "s"))
    holder[key] = changed
    return document


def _places(value: Value) -> list[tuple[Value, Any]]:
    found: list[tuple[Value, Any]] = []
    todo = [value]
    for holder in todo:
        keys = (
            list(holder)
            if isinstance(holder, dict)
            else range(len(holder))
            if isinstance(holder, list)
            else ()
        )
        found += [(holder, key) for key in keys]
        todo += [holder[key] for key in keys]
    return found


def _anything(rng: random.Random) -> Value:
    return rng.choice(
        (
            rng.choice(_TEXTS),
            rng.choice(_NUMBERS),
            rng.random() < 0.5,
            None,
            [],
            {},
            [rng.choice(_TEXTS)],
            {rng.choice(FIELDS): rng.choice(_TEXTS)},
            json.loads(json.dumps(rng.choice(BASES))),
        )
    )


def _grown(rng: random.Random, value: Value) -> Value:
    if isinstance(value, dict):
        return {**value, rng.choice((*FIELDS, "unknown")): _anything(rng)}
    if isinstance(value, list):
        return [*value, _anything(rng)] if rng.random() < 0.7 else value * 20
    return value


def _nested(rng: random.Random, value: Value) -> Value:
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 90, 120))):
        value = [value] if rng.random() < 0.5 else {rng.choice(FIELDS): value}
    return value


_Change = Callable[[random.Random, Value], Value]
_IN_STRUCTURE: tuple[_Change, ...] = (
    lambda rng, _: _anything(rng),
    lambda rng, value: rng.choice(_TEXTS) if isinstance(value, str) else _anything(rng),
    lambda rng, value: rng.choice(_NUMBERS) if isinstance(value, int | float) else _grown(rng, value),
    _grown,
    _grown,
    _nested,
)


def _cut(rng: random.Random, text: bytes) -> bytes:
    return text[: rng.randrange(len(text) + 1)]


def _spliced(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text) + 1)
    piece = rng.choice(
        (b"\t", b"\xff", b"\x00", b": ", b"- ", b"&a ", b"*a ", b"'", b"#", b"!!int ", b"? ", b"\xc2\x85")
    )
    return text[:at] + piece + text[at + rng.choice((0, 1)) :]


def _lines_changed(rng: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    n = rng.randrange(len(lines))
    return b"".join(
        rng.choice((lines[:n] + lines[n + 1 :], lines[: n + 1] + lines[n:], lines[n:] + lines[:n]))
    )


_IN_TEXT: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _cut,
    _spliced,
    _spliced,
    _lines_changed,
    lambda _, text: text.replace(b"\n", b"\r\n"),
    lambda _, text: b"\xef\xbb\xbf" + text,
    lambda _, text: text.decode(errors="replace").encode("utf-16"),
    lambda rng, text: rng.choice((b"%YAML 1.2\n---\n", b"---\n", b"--- {}\n---\n", b"# x\n")) + text,
    lambda _, text: b"x: &x {a: 1}\nhelm: {values: {<<: *x, b: *x}}\n" + text,
)


def outcome(tree: Tree, order: Order, charts: Charts = no_charts) -> str:
    """Read a tree: `bundle`, or what is wrong with it, its names and numbers left out.

    Raises:
        AssertionError: the error says no place, or one that is not there.
    """
    try:
        for bundle in map(stored_form, read_tree(tree, order, charts=charts).bundles):
            assert bundle.manifest
            assert bundle.options
    except BadInput as error:
        return refusal(tree, error)
    return "bundle"


def refusal(tree: Tree, error: BadInput) -> str:
    """What is wrong with a tree, as `outcome` says it. Raises AssertionError as that does."""
    _check_place(tree, str(error), error.path, error.line)
    return _kind(error.reason)


def _check_place(tree: Tree, text: str, path: str, line: int) -> None:
    assert text.isprintable(), ascii(text)
    assert len(text) < 2500, text
    if not path:
        assert "spec." in text or "following paths" in text, f"it does not say where: {text}"
    if line:
        lines = tree.read(path).decode(errors="replace").splitlines()
        assert line <= len(lines) + 1, text


def _kind(reason: str) -> str:
    bare = re.sub(r'"[^"]*"|\(.*\)|[0-9]+|\[.*\]', "", reason, flags=re.DOTALL)
    return " ".join(bare.split())[:60]
