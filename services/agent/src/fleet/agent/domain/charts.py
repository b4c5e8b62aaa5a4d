"""Charts as values: the one that a bundle's files make, and the one that is given to Helm.

Helm's own post-rendering wants a plugin and a process. So a chart is rendered first, its objects are
changed here, and what Helm gets is a chart of finished objects under the original's name, version and
values: `helm list`, `get manifest` and `get values` show the same as with Fleet.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.objects import Object
from fleet.agent.domain.options import Options
from fleet.agent.domain.overlays import apply_overlays
from fleet.agent.domain.style import CHART, Style, below
from fleet.agent.domain.yamldocs import read_values, write_objects, write_values

_MANIFESTS = (".yaml", ".yml", ".json")
_SCHEMA = "values.schema.json"
_TEMPLATES = "templates/"
_RAW = "raw-yaml/"
_NOTES = "NOTES.txt"


@dataclass(frozen=True, slots=True)
class SourceChart:
    """What a bundle's files are to Helm: a chart to render, and manifests that are no templates."""

    files: tuple[File, ...]
    manifests: tuple[File, ...] = ()

    @property
    def metadata(self) -> dict[str, Any]:
        """The content of Chart.yaml. Raises BadContent when it is no map."""
        text = next(file.data for file in self.files if file.name == CHART)
        found = read_values(text, CHART)
        if not isinstance(found, dict):
            raise BadContent(f"{CHART}: it is no YAML map")
        return found

    @property
    def name(self) -> str:
        """The chart's name."""
        return str(self.metadata.get("name") or "")

    @property
    def templated(self) -> bool:
        """Whether there is anything that Helm must render."""
        return any(file.name.startswith((_TEMPLATES, "charts/", "crds/")) for file in self.files)


def source_chart(
    files: tuple[File, ...], style: Style, options: Options, *, bundle: str, version: str
) -> SourceChart:
    """Turn files into a chart, as Fleet does.

    A chart stays as it is. Of raw YAML, `templates/` is rendered and all else is taken as it stands;
    folders with a fleet.yaml or a chart of their own belong to other bundles. `version` is that of the
    chart made up for bundles which have none.

    Raises:
        BadContent: an overlay does not fit.
    """
    if style.chart is not None:
        chart = below(files, style.chart)
        if options.helm.skip_schema_validation:
            chart = [file for file in chart if file.name.rpartition("/")[2] != _SCHEMA]
        return SourceChart(tuple(chart))
    made_up = File(CHART, write_values(_made_up(bundle, version)).encode())
    if not style.raw:
        return SourceChart((made_up,))
    manifests = _own_manifests(apply_overlays(files, options.yaml.overlays))
    templates = tuple(file for file in manifests if file.name.startswith(_TEMPLATES))
    return SourceChart(
        (made_up, *templates), tuple(file for file in manifests if not file.name.startswith(_TEMPLATES))
    )


def finished_chart(
    source: SourceChart,
    objects: Mapping[str, Iterable[Object]],
    *,
    notes: str,
    crds: Iterable[File],
    annotations: Mapping[str, str],
) -> bytes:
    """Pack finished objects, by the path they came from, as the chart that Helm installs.

    `crds` are the files of `crds/`, which Helm installs before everything else and never changes.
    """
    metadata = {key: value for key, value in source.metadata.items() if key != "dependencies"}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotations}
    files = [File(CHART, write_values(metadata).encode())]
    files += [file for file in source.files if file.name == "values.yaml"]
    files += [File(f"crds/{n:04}.yaml", file.data) for n, file in enumerate(crds)]
    files += [
        File(_template_name(path), _literal(write_objects(items)).encode()) for path, items in objects.items()
    ]
    if notes:
        files.append(File(_TEMPLATES + _NOTES, _literal(notes).encode()))
    return archive(source.name, files)


def archive(name: str, files: Iterable[File]) -> bytes:
    """Pack a chart as `.tgz`. The same files give the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for file in files:
            member = tarfile.TarInfo(f"{name or 'chart'}/{file.name}")
            member.size = len(file.data)
            tar.addfile(member, io.BytesIO(file.data))
    return packed.getvalue()


def raw_path(file: File) -> str:
    """The path under which objects of a plain manifest stand in the finished chart."""
    return _RAW + file.name


def is_notes(path: str) -> bool:
    """Whether a rendered file is a text for people."""
    return path.endswith(_NOTES)


def inside_chart(path: str) -> str:
    """Strip the chart's name off a path that Helm rendered: `demo/templates/x.yaml` is `x.yaml`."""
    return path.partition("/")[2].removeprefix(_TEMPLATES)


def _made_up(bundle: str, version: str) -> dict[str, str]:
    return {"apiVersion": "v2", "name": bundle.rpartition("/")[2], "version": version}


def _own_manifests(files: Iterable[File]) -> list[File]:
    found = [file for file in files if file.name not in ("fleet.yaml", "fleet.yml")]
    foreign = tuple(
        file.name.rpartition("/")[0] + "/"
        for file in found
        if file.name.endswith(("/fleet.yaml", "/fleet.yml", f"/{CHART}"))
    )
    return [file for file in found if file.name.endswith(_MANIFESTS) and not file.name.startswith(foreign)]


def _template_name(path: str) -> str:
    """Helm takes files whose name begins with an underscore for partials and puts them out nowhere."""
    folder, slash, name = path.rpartition("/")
    return f"{_TEMPLATES}{folder}{slash}{name.lstrip('_') or 'object.yaml'}"


def _literal(text: str) -> str:
    """Text that Helm's template engine puts out as it is."""
    return text.replace("{{", '{{"{{"}}')
