"""A bundle that cannot be rendered says which file is wrong, and on which line of what."""

from collections.abc import Mapping
from pathlib import Path

from fleet.events import DeploymentReported
from support.agents import Bundle, attended_site

BROKEN = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: [1\n  b: 2\n"
CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"
PARSE_ERROR = "YAML parse error: line"
RENDERED = "as rendered (see `helm template`): YAML parse error: line"


def chart(template: str) -> Mapping[str, str]:
    return {"Chart.yaml": CHART, "templates/a.yaml": template}


BASE = {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": BROKEN}
DEEP = {"kustomization.yaml": "resources: [mid]\n", "mid/kustomization.yaml": "resources: [../base]\n"}
WRONG: Mapping[str, tuple[Mapping[str, str], str]] = {
    "raw": ({"a.yaml": BROKEN}, f"a.yaml: {PARSE_ERROR} 7"),
    "second": ({"a.yaml": f"---\n{BROKEN.replace('[1', '1')}---\n\n{BROKEN}"}, "document 2, line 17"),
    "no-kind": ({"a.yaml": "# A comment\n\nmetadata: {}\n"}, f"a.yaml: {PARSE_ERROR} 3"),
    "folder": ({"templates/a.yaml": "{{- $x := 1 }}\n" + BROKEN}, f"templates/a.yaml {RENDERED} 8"),
    "rendered": (chart("{{- $x := 1 }}\n{{- $y := 1 }}\n" + BROKEN), f"templates/a.yaml {RENDERED} 8"),
    "template": (chart('a: b\nc: {{ required "why" .Values.no }}\n'), "demo/templates/a.yaml:2:6): why"),
    "tree": ({"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": BROKEN}, f" a.yaml: {PARSE_ERROR} 7"),
    "base": ({**BASE, **DEEP}, f" base/a.yaml: {PARSE_ERROR} 7"),
}
"""What is wrong, by bundle, and what its message says."""


async def test_an_error_in_a_file_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    def told(report: DeploymentReported) -> bool:
        messages = {one.bundle: one.message for one in report.not_ready}
        return all(said in messages.get(name, "") for name, (_, said) in WRONG.items())

    async with attended_site(tmp_path) as site:
        manifest = await site.deliver(*(Bundle(name, files) for name, (files, _) in WRONG.items()))
        await site.reported(manifest, told)
