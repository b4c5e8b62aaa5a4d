"""Invariant 5: no secret value stands in an event, a log line, an error text or an unencrypted record."""

import base64
import json
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

from fleet.git.credentials import BasicAuth
from fleet.git.serve import serving
from fleet.vault import Keyring, SecretStore
from support.kubectl import Kubectl
from support.live import WORKSPACE, LiveHub, a_gitrepo, live_hub
from support.traces import files, found_in, messages

VALUES = "a-value-of-fleet-yaml"
FROM = "a-value-from-a-secret"
RAW = "a-secret-in-plain-yaml"
DRIFTED = "what-somebody-put-into-it"
PIN = "9182736455463728190"
SCHEMA = "no-number-as-the-schema-asks"
BROKEN = "in-a-file-that-does-not-parse"
TYPED = "where-an-object-should-be"
LITERAL = "a-literal-without-its-key"
PATCH = "in-a-patch-that-is-none"
NODE = "in-a-node-of-another-kind"
GIT = "the-password-of-the-repository"
WRONG = "the-wrong-password-for-it"
SECRETS = (VALUES, FROM, RAW, DRIFTED, PIN, SCHEMA, BROKEN, TYPED, LITERAL, PATCH, NODE, GIT, WRONG)

PUBLIC = "a-label-that-everybody-may-see"
"""Stands in an event, so that a search that finds nothing is known to search."""

CHART = "apiVersion: v2\nname: %s\nversion: 0.1.0\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\n"
FILES: Mapping[str, str] = {
    "chart/Chart.yaml": CHART % "chart",
    "chart/templates/secret.yaml": SECRET % "chart"
    + "stringData: {one: {{ .Values.one }}, other: {{ .Values.other }}}\n",
    "chart/fleet.yaml": f"""\
defaultNamespace: web
labels: {{public: {PUBLIC}}}
helm:
  releaseName: chart
  values: {{one: {VALUES}}}
  valuesFrom: [{{secretKeyRef: {{name: login, key: values.yaml}}}}]
""",
    "raw/fleet.yaml": "defaultNamespace: web\n",
    "raw/secret.yaml": SECRET % "raw" + f"stringData: {{text: {RAW}}}\n",
    "raw/encoded.yaml": SECRET % "encoded" + f"data: {{text: {base64.b64encode(RAW.encode()).decode()}}}\n",
    "pin/fleet.yaml": "defaultNamespace: web\n",
    "pin/secret.yaml": SECRET % "pin" + f"stringData: {{pin: {PIN}}}\n",
    "schema/Chart.yaml": CHART % "schema",
    "schema/values.schema.json": json.dumps({"properties": {"pin": {"type": "integer"}}}),
    "schema/templates/a.yaml": SECRET % "schema",
    "schema/fleet.yaml": f"defaultNamespace: web\nhelm: {{values: {{pin: {SCHEMA}}}}}\n",
    "field/Chart.yaml": CHART % "field",
    "field/templates/a.yaml": SECRET % "field" + "stringData: {a: {{ .Values.one.inner }}}\n",
    "field/fleet.yaml": f"defaultNamespace: web\nhelm: {{values: {{one: {VALUES}}}}}\n",
    "literal/kustomization.yaml": f"secretGenerator: [{{name: a, literals: [{LITERAL}]}}]\n",
    "literal/fleet.yaml": "defaultNamespace: web\n",
    "patch/kustomization.yaml": f"resources: [a.yaml]\npatches: [{{patch: 'data: {PATCH} none'}}]\n",
    "patch/a.yaml": SECRET % "patch",
    "patch/fleet.yaml": "defaultNamespace: web\n",
    "node/kustomization.yaml": """\
resources: [a.yaml]
replacements:
- source: {kind: Secret, fieldPath: metadata.name}
  targets: [{select: {kind: Secret}, fieldPaths: [stringData.text.none]}]
""",
    "node/a.yaml": SECRET % "node" + f"stringData: {{text: {NODE}}}\n",
    "node/fleet.yaml": "defaultNamespace: web\n",
}


@contextmanager
def served(hub: LiveHub):
    """A git server that asks for a password, and the two secrets that answer it, rightly and wrongly."""
    store = SecretStore(hub.layout.folder / "secrets", keyring=Keyring.open(hub.layout.keyring))
    for name, password in (("right", GIT), ("wrong", WRONG)):
        store.put(WORKSPACE, name, {"username": b"fleet", "password": password.encode()})
    with serving(hub.scratch / "git", credentials=BasicAuth("fleet", GIT)) as server:
        yield server


async def declare(hub: LiveHub, url: str) -> None:
    """Everything that has a secret in it, or that fails over one."""
    hub.repository("good").commit(FILES)
    hub.repository("broken").commit({"fleet.yaml": f"helm: {{values: {{one: {BROKEN}", "a.yaml": "a: 1\n"})
    hub.repository("typed").commit({"fleet.yaml": f"helm: {{values: {TYPED}}}\n", "a.yaml": "a: 1\n"})
    await hub.apply(
        *(
            a_gitrepo(name, f"{url}/{name}.git", clientSecretName="right")
            for name in ("good", "broken", "typed")
        ),
        a_gitrepo("wrong", f"{url}/good.git", clientSecretName="wrong"),
    )


async def everything_happens(hub: LiveHub, kubectl: Kubectl) -> None:
    """Wait until all of it was delivered, or is told as failed; let somebody change a Secret."""
    await hub.ready("bundle/good-chart")
    await hub.ready("bundle/good-raw")
    change = json.dumps({"stringData": {"text": DRIFTED}})
    await kubectl("patch", "secret/raw", "-n", "web", "--type=merge", "-p", change)
    await hub.describes("bundle/good-raw", "Modified", "Secret web/raw", "(hidden)")
    await hub.describes("bundle/good-schema", "ErrApplied", "pin")
    await hub.describes("bundle/good-field", "ErrApplied", "templates/a.yaml")
    await hub.describes("bundle/good-pin", "ErrApplied")
    await hub.describes("bundle/good-literal", "ErrApplied", "kustomize build")
    await hub.describes("bundle/good-patch", "ErrApplied", "kustomize build")
    await hub.describes("bundle/good-node", "ErrApplied", "kustomize build")
    await hub.describes("gitrepo/broken", "Stalled", "fleet.yaml:2")
    await hub.describes("gitrepo/typed", "Stalled", "helm.values")
    await hub.describes("gitrepo/wrong", "access denied")


async def all_that_is_said(hub: LiveHub) -> bytes:
    """What a person can have shown to them about all of it."""
    texts = list(hub.up.lines)
    for kind in ("gitrepos", "bundles", "clusters", "bundledeployments"):
        names = [item["metadata"]["name"] for item in await hub.objects(kind)]
        texts += [(await hub.fleet("get", kind)).out, (await hub.fleet("get", kind, "-o", "yaml")).out]
        texts += [(await hub.fleet("describe", f"{kind}/{name}")).out for name in names]
    texts.append((await hub.fleet("events")).out)
    return "\n".join(texts).encode()


async def test_no_secret_stands_in_what_a_hub_stores_writes_or_says(tmp_path: Path) -> None:
    async with live_hub(tmp_path, "edge:env=live") as hub:
        kubectl = await hub.kubectl("edge")
        await kubectl("create", "namespace", "web")
        login = f"--from-literal=values.yaml=other: {FROM}"
        await kubectl("create", "secret", "generic", "login", "-n", "web", login)
        with served(hub) as server:
            await declare(hub, server.url)
            await everything_happens(hub, kubectl)
        stored = await messages(hub.bus)
        said = await all_that_is_said(hub)
        kept = list(files(hub.layout.folder, but=hub.layout.pocket))
        in_the_cluster = await kubectl("get", "secrets", "-n", "web", "-o", "yaml")

    assert {where: found for where, data in stored if (found := found_in(data, SECRETS))} == {}
    assert {where: found for where, data in kept if (found := found_in(data, SECRETS))} == {}
    assert found_in(said, SECRETS) == []

    assert found_in(in_the_cluster.encode(), SECRETS) == [VALUES, FROM, RAW, DRIFTED]
    assert any(where.startswith("BUNDLES ") and found_in(data, [PUBLIC]) for where, data in stored)
    assert any(where.startswith("nats/") and found_in(data, [PUBLIC]) for where, data in kept)
    assert any(where == "logs/bundler.log" and b'"broken"' in data for where, data in kept)
    assert b"good-raw" in said
