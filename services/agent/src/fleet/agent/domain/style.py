"""How a bundle is rendered, as its files and options say (Fleet's three styles, and two combined)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from posixpath import normpath

from fleet.agent.domain.files import File
from fleet.agent.domain.options import HelmOptions, Options

CHART = "Chart.yaml"
KUSTOMIZATION = "kustomization.yaml"
_DOWNLOADED = ".chart"


@dataclass(frozen=True, slots=True)
class Style:
    """`chart` is the directory of a Helm chart, `kustomize` that of a kustomization (`""` is the root).

    Neither means raw YAML; both means that Kustomize gets the chart's output.
    """

    chart: str | None
    kustomize: str | None

    @property
    def raw(self) -> bool:
        """Whether the files are plain manifests."""
        return self.chart is None and self.kustomize is None


def style_of(files: Iterable[File], options: Options) -> Style:
    """Decide the style. Only the spelling `kustomization.yaml` counts, as in Fleet."""
    names = {file.name for file in files}
    directory = _clean(options.kustomize.dir)
    kustomize = directory if _join(directory, KUSTOMIZATION) in names else None
    return Style(chart=_chart(names, options.helm), kustomize=kustomize)


def below(files: Iterable[File], directory: str) -> list[File]:
    """The files below a directory, by their path inside it."""
    if not directory:
        return list(files)
    prefix = f"{directory}/"
    return [File(file.name.removeprefix(prefix), file.data) for file in files if file.name.startswith(prefix)]


def download_folder(helm: HelmOptions) -> str:
    """Where the bundler put a chart that it downloaded: one folder per chart, repository and version."""
    source = f"{helm.chart}:{helm.repo}:{helm.version}"
    return f"{_DOWNLOADED}/{hashlib.sha256(source.encode()).hexdigest()}"


def _chart(names: set[str], helm: HelmOptions) -> str | None:
    """The chart directory: downloaded, else `helm.chart`, else the root."""
    downloaded = download_folder(helm)
    inside = sorted(
        (name for name in names if name.startswith(f"{downloaded}/") and name.endswith(f"/{CHART}")),
        key=lambda name: (name.count("/"), name),
    )
    if inside:
        return inside[0].removesuffix(f"/{CHART}")
    directory = _clean(helm.chart)
    return directory if _join(directory, CHART) in names else None


def _clean(directory: str) -> str:
    cleaned = normpath(directory or ".").lstrip("/")
    return "" if cleaned == "." else cleaned


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
