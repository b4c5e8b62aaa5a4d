"""The page about fleet.yaml, made of the table of fields: what each is for, its default, what is stronger."""

from collections.abc import Callable, Iterable

from fleet.bundler.domain.fields import field_at
from fleet.bundler.domain.model import PRINTED
from fleet.bundler.domain.schema import paths

_INTRO = """\
# fleet.yaml

A folder of a repository with a `fleet.yaml` (or `fleet.yml`) is a bundle; the file says how it is deployed.
Every field may be left out. Names of fields count in any case; unknown ones are passed over, and a warning
says where they stand. Differences from Rancher Fleet, and what is not built yet, are in
[compatibility.md](compatibility.md).

Editors that take JSON Schema complete and check the file with
[fleet-yaml.schema.json](fleet-yaml.schema.json), which `fleet schema fleet.yaml` prints as well. The YAML
language server is told so by a line at the top of the file. It wants the names spelled as here:

```yaml
# yaml-language-server: $schema=./fleet-yaml.schema.json
```

Values of a chart, weakest first: the chart's `values.yaml`, `helm.values`, `helm.valuesFiles` in their
order, those of a customization, `helm.templateValues`, `helm.valuesFrom` in their order.

These tables are made from the source (`python -m fleet.bundler.reference docs`), as the schema is.
"""

_TARGETS = ("targets[].", "overrideTargets[].", "targetRestrictions[].", "targetCustomizations[].")

_PARTITIONS = "rolloutStrategy.partitions[]."
_OWN = ("name", "clusterName", "clusterSelector", "clusterGroup", "clusterGroupSelector", "doNotDeploy")
_FILE_ONLY = frozenset(
    {"name", "labels", "annotations", "overrideTargets", "targetCustomizations", "targetCustomizationMode"}
    | {"targets", "targetRestrictions", "dependsOn", "paused", "rolloutStrategy", "imageScans", "resources"}
    | PRINTED.keys()
)


def _top(path: str) -> str:
    return path.partition(".")[0].removesuffix("[]")


def _is_entry(path: str) -> bool:
    """Whether it is said once for all lists of clusters."""
    partition = path.startswith(_PARTITIONS) and path.rpartition(".")[2] in _OWN
    return partition or path.startswith(_TARGETS)


def _is_target(path: str) -> bool:
    head, _, field = path.partition(".")
    return head == "targetCustomizations[]" and field in _OWN


_SECTIONS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (
        "The bundle",
        "These stand at the top level only.",
        lambda path: _top(path) in _FILE_ONLY and not _is_entry(path),
    ),
    (
        "How it is deployed",
        "These stand at the top level, and in every entry of `targetCustomizations` (and `targets`).",
        lambda path: _top(path) not in _FILE_ONLY | {"helm"},
    ),
    ("Helm", "Of `helm`, at the top level and in every customization.", lambda path: _top(path) == "helm"),
    (
        "Which clusters",
        "Of every entry of `targets`, `targetCustomizations`, `overrideTargets`, `targetRestrictions` and"
        " `rolloutStrategy.partitions`; `doNotDeploy` only of the first two. All that are given must match.",
        _is_target,
    ),
)


def page() -> str:
    """The page in Markdown."""
    all_paths = [path for path in paths() if "elector." not in path]
    sections = [
        f"## {title}\n\n{text}\n\n{_table(path for path in all_paths if fits(path))}"
        for title, text, fits in _SECTIONS
    ]
    selectors = [path for path in paths() if path.startswith("targetCustomizations[].clusterSelector.")]
    sections.append(
        "## Selectors\n\nOf every `clusterSelector`, `clusterGroupSelector` and `selector`.\n\n"
        + _table(selectors, "targetCustomizations[].clusterSelector.")
    )
    return "\n".join([_INTRO, *sections])


def _table(chosen: Iterable[str], prefix: str = "targetCustomizations[].") -> str:
    lines = ["| field | what for | default | precedence | in Fleet |", "|---|---|---|---|---|"]
    for path in chosen:
        field = field_at(path)
        if field is None or not field.text:
            continue
        values = field.values or getattr(field_at(f"{path}[]"), "values", ())
        words = [*(f"`{value}`" for value in values if value)]
        text = field.text + (f" One of {', '.join(words)}." if words else "")
        cells = (f"`{path.removeprefix(prefix)}`", text, field.default, field.wins, field.fleet)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
