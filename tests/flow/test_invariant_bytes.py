"""Invariant 4: the same commit and spec give the same bytes, in whatever hub, process and order."""

import shutil
from pathlib import Path
from typing import Any

from support.bundling import Workshop, workshop
from support.gitserver import Repository
from support.processes import running_program

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
FILES = {
    **{f"plain/{name}.yaml": CONFIG % name for name in ("b", "a", "é", "c-1", "c.1", "c")},
    "plain/fleet.yaml": "labels: {z: '1', a: '2'}\nnamespaceLabels: {y: '1', b: '2'}\n",
    "plain/overlays/dev/a.yaml": CONFIG % "a2",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 0.1.0\n",
    "chart/values.yaml": "b: 1\na: {d: 2, c: 3}\n",
    "chart/templates/a.yaml": CONFIG % "{{ .Release.Name }}",
    "chart/more.yaml": "z: 26\na: {x: 1}\n",
    "chart/fleet.yaml": """\
helm: {valuesFiles: [more.yaml], values: {q: [3, 1, 2], b: {y: 1, x: 2}}}
targetCustomizations:
- {name: west, clusterSelector: {matchLabels: {z: '1', a: '2'}}, helm: {values: {n: 2, m: 1}}}
- {name: east, clusterSelector: {matchLabels: {b: '1'}}}
""",
    "tree/base/kustomization.yaml": "resources: [a.yaml]\n",
    "tree/base/a.yaml": CONFIG % "a",
    "tree/dev/kustomization.yaml": "resources: [../base]\nnamePrefix: dev-\n",
    "tree/fleet.yaml": "kustomize: {dir: dev}\n",
}
SPEC: dict[str, Any] = {
    "paths": ["tree", "plain", "chart"],
    "targets": [{"name": "all", "clusterSelector": {"matchLabels": {"d": "1", "c": "2"}}}],
}


async def what_is_said(shop: Workshop, repository: Path, commit: str, seed: int) -> dict[str, Any]:
    """What a bundler process with this seed for its hashes publishes for a commit of `web`."""
    await shop.declare("web", {"repo": str(repository), **SPEC})
    sequence = await shop.detect("web", commit)
    settings = {**shop.environment, "PYTHONHASHSEED": str(seed)}
    async with running_program(shop.folder / "process", "-m", "fleet.bundler", settings=settings):
        await shop.read("web", sequence)
    return {
        name: (event.labels, event.spec, event.content, event.options, event.spec_digest, event.set)
        for name, event in (await shop.rendered()).items()
    }


async def test_two_hubs_of_one_key_publish_the_same_for_a_commit(tmp_path: Path) -> None:
    first = Repository(tmp_path / "first.git")
    for path in sorted(FILES, reverse=True):
        commit = first.commit({path: FILES[path]})
    second = shutil.copytree(first.folder, tmp_path / "second.git")

    async with workshop(tmp_path / "one") as one, workshop(tmp_path / "two") as two:
        said = await what_is_said(one, first.folder, commit, seed=1)
        two.settings.keys.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(one.settings.keys, two.settings.keys)
        assert await what_is_said(two, second, commit, seed=2) == said
        assert said.keys() == {"web-plain", "web-chart", "web-tree"}
        content = await one.content(said["web-plain"][2])
        assert content == await two.content(said["web-plain"][2])
        assert b"overlays" in content
