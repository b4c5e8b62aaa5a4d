"""Derive `data/types.json`, the table of built-in types, from what Kubernetes publishes about its API.

    python tools/builtin_types.py swagger.json FOLDER > src/fleet/pocket/data/types.json

`swagger.json` are the OpenAPI definitions; FOLDER holds the Go modules k8s.io/api and k8s.io/apimachinery,
whose `generated.proto` files number the fields and whose types say which empty ones are left out. Only facts
that a server needs are kept, one string a field; `fleet.pocket.typetable` documents the notation.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

SHORT = {
    "io.k8s.api.": "",
    "io.k8s.apimachinery.pkg.apis.": "",
    "io.k8s.apimachinery.pkg.": "",
    "io.k8s.apiextensions-apiserver.pkg.apis.": "",
    "io.k8s.kube-aggregator.pkg.apis.": "",
}
GROUPS = tuple(
    f"{name}."
    for name in (
        "admissionregistration.v1",
        "apps.v1",
        "autoscaling.v2",
        "autoscaling.v1.Scale",
        "batch.v1",
        "coordination.v1",
        "core.v1",
        "discovery.v1",
        "events.v1",
        "networking.v1",
        "node.v1",
        "policy.v1",
        "rbac.v1",
        "scheduling.v1",
        "storage.v1",
        "apiextensions.v1",
        "apiregistration.v1",
        "certificates.v1",
        "meta.v1.DeleteOptions",
        "authentication.v1",
        "authorization.v1",
    )
)
SCALARS = {
    "api.resource.Quantity": "q",
    "util.intstr.IntOrString": "x",
    "meta.v1.Time": "t",
    "meta.v1.MicroTime": "t",
    "runtime.RawExtension": "o",
    "meta.v1.FieldsV1": "o",
    "apiextensions.v1.JSON": "o",
    "apiextensions.v1.JSONSchemaProps": "o",
    "apiextensions.v1.CustomResourceDefinitionStatus": "o",
}
CODES = {"string": "s", "integer": "i", "boolean": "b", "number": "n", "object": "o"}


def short(name: str) -> str:
    """The definition's name without the Go packages that every name shares."""
    for prefix, by in SHORT.items():
        if name.startswith(prefix):
            return by + name.removeprefix(prefix)
    return name


def code(schema: dict[str, Any]) -> str:
    """The notation of one field."""
    if "$ref" in schema:
        name = short(schema["$ref"].rsplit("/", 1)[-1])
        text = SCALARS.get(name, "." + name)
    else:
        kind = schema.get("type", "object")
        kind = next(k for k in kind if k != "null") if isinstance(kind, list) else kind
        if kind == "array":
            text = "[" + code(schema["items"])
        elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            text = "{" + code(schema["additionalProperties"])
        else:
            text = "y" if schema.get("format") == "byte" else CODES[kind]
    return text + semantics(schema)


def semantics(schema: dict[str, Any]) -> str:
    """How lists and structs merge, as a suffix of the field's type."""
    listed, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    merge, strategy = (
        schema.get("x-kubernetes-patch-merge-key"),
        schema.get("x-kubernetes-patch-strategy", ""),
    )
    text = ""
    if listed == "map":
        text += " map=" + ",".join(keys or ())
    elif listed == "set" or (
        "merge" in strategy and not merge and schema.get("type") != "object" and "$ref" not in schema
    ):
        text += " set"
    elif merge:
        text += " map=" + merge
    if merge and keys and merge != keys[0]:
        text += " merge=" + merge
    if schema.get("x-kubernetes-map-type") == "atomic":
        text += " atomic"
    return text + (" retain" if "retainKeys" in strategy else "")


PACKAGES = (
    "k8s.io.api.",
    "k8s.io.apimachinery.pkg.apis.",
    "k8s.io.apimachinery.pkg.",
    "k8s.io.kube_aggregator.pkg.apis.",
)
FIELD = re.compile(
    r"^ {2}(?:\w+ )??(?:map<string, ?[\w.]+>|(?P<type>[\w.]+)) (?P<name>\w+) = (?P<number>\d+);",
    re.M,
)
Messages = dict[str, list[tuple[str, str, str]]]


def messages(folder: Path) -> Messages:
    """The (name, type, number) of every field of every message below a folder."""
    found: Messages = {}
    for path in folder.rglob("generated.proto"):
        text = path.read_text()
        package = re.search(r"^package ([\w.]+);", text, re.M)
        assert package
        home = package[1].removeprefix(next((p for p in PACKAGES if package[1].startswith(p)), ""))
        for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.M | re.S):
            found[f"{home}.{name}"] = [
                (field["name"], _named(field["type"] or "", home), field["number"])
                for field in FIELD.finditer(body)
            ]
    return found


def _named(name: str, home: str) -> str:
    name = name.removeprefix(".")
    for prefix in PACKAGES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name if "." in name else f"{home}.{name}"


STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
MEMBER = re.compile(r'^\t(?:\w+ +)?(?P<type>[*\w.\[\]]+)[ \t]+`[^`]*json:"(?P<json>[^"]*)"', re.M)


def omitted(folder: Path) -> dict[str, set[str]]:
    """The fields of each Go struct that JSON leaves out when they are empty; `*NAME` for an embedded one."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("types*.go"):
        home = ".".join(path.parent.parts[-2:])
        for name, body in STRUCT.findall(path.read_text()):
            members = found.setdefault(f"{home}.{name}", set())
            for member in MEMBER.finditer(body):
                json_name, *options = member["json"].split(",")
                if "inline" in options:
                    members.add(f"*{home}.{member['type']}")
                elif "omitempty" in options and not member["type"].startswith("*"):
                    members.add(json_name)
    return found


def left_out(name: str, known: dict[str, set[str]]) -> set[str]:
    """The fields of a struct, and of those embedded in it, that are left out when they are empty."""
    members = known.get(name, set())
    embedded = (left_out(member[1:], known) for member in members if member.startswith("*"))
    return {member for member in members if not member.startswith("*")}.union(*embedded)


def numbers(name: str, fields: set[str], known: Messages) -> dict[str, str]:
    """The numbers of a type's fields; those of a struct that JSON inlines are a path such as `2.19`."""
    found: dict[str, str] = {}
    spelled = {field.lower(): field for field in fields}
    for field, inner, number in known.get(name, ()):
        if field.lower() in spelled:
            found.setdefault(spelled[field.lower()], number)
        else:
            found |= {f: f"{number}.{n}" for f, n in numbers(inner, fields, known).items() if f not in found}
    return found


def main() -> None:
    """Read what is named on the command line and write the table to standard output."""
    known, empties = messages(Path(sys.argv[2])), omitted(Path(sys.argv[2]))
    document = json.loads(Path(sys.argv[1]).read_text())
    definitions = {short(k): v for k, v in (document.get("definitions") or document["$defs"]).items()}
    wanted, table = [n for n in definitions if f"{n}.".startswith(GROUPS) and not n.endswith("List")], {}
    while wanted:
        name = wanted.pop()
        if name in table or name in SCALARS:
            continue
        schema = definitions[name]
        required = set(schema.get("required", ()))
        fields = {f + "!" * (f in required): code(s) for f, s in schema.get("properties", {}).items()}
        if schema.get("x-kubernetes-map-type") == "atomic":
            fields["@atomic"] = ""
        numbered = numbers(name, set(schema.get("properties", ())), known)
        for field in fields:
            plain = field.rstrip("!")
            if plain in left_out(name, empties) and fields[field][0] in "sinby[{":
                fields[field] += " empty"
            if plain in numbered:
                fields[field] += f" #{numbered[plain]}"
        table[name] = fields
        wanted += [
            t.split(" ")[0].lstrip("[{").removeprefix(".") for t in fields.values() if "." in t.split(" ")[0]
        ]
    rows = (
        f" {json.dumps(n)}: {json.dumps(table[n], sort_keys=True, separators=(',', ':'))}"
        for n in sorted(table)
    )
    sys.stdout.write("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
