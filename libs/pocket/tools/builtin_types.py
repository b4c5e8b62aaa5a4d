"""Derive `data/types.json`, the table of built-in types, from the OpenAPI definitions that Kubernetes publishes.

    python tools/builtin_types.py swagger.json > src/fleet/pocket/data/types.json

Only facts that a server needs are kept (field names, types, required, list and map semantics), one string a
field. `fleet.pocket.typetable` documents that notation and reads it.
"""

import json
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
GROUPS = (
    "admissionregistration.v1", "apps.v1", "autoscaling.v2", "autoscaling.v1.Scale", "batch.v1", "coordination.v1", "core.v1",
    "discovery.v1", "events.v1", "networking.v1", "node.v1", "policy.v1", "rbac.v1", "scheduling.v1", "storage.v1",
    "apiextensions.v1", "apiregistration.v1", "certificates.v1",
)  # fmt: skip
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


def main() -> None:
    """Read the definitions named on the command line and write the table to standard output."""
    document = json.loads(Path(sys.argv[1]).read_text())
    definitions = {short(k): v for k, v in (document.get("definitions") or document["$defs"]).items()}
    wanted, table = [n for n in definitions if n.startswith(GROUPS) and not n.endswith("List")], {}
    while wanted:
        name = wanted.pop()
        if name in table or name in SCALARS:
            continue
        schema = definitions[name]
        required = set(schema.get("required", ()))
        fields = {f + "!" * (f in required): code(s) for f, s in schema.get("properties", {}).items()}
        if schema.get("x-kubernetes-map-type") == "atomic":
            fields["@atomic"] = ""
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
