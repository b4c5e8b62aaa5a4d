"""From a bundle's files to the chart that Helm installs."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.helm import Helm, Rendered, Target
from fleet.agent.adapters.kustomize import Kustomize
from fleet.agent.domain.charts import SourceChart, archive, finished_chart, source_chart
from fleet.agent.domain.files import File
from fleet.agent.domain.marks import ReleaseMarks
from fleet.agent.domain.options import Options
from fleet.agent.domain.releases import ReleaseName
from fleet.agent.domain.rendering import (
    KUSTOMIZED,
    Sources,
    all_objects,
    finish,
    kinds_of,
    notes_of,
    plain_objects,
    rendered_objects,
)
from fleet.agent.domain.style import Style, style_of
from fleet.agent.domain.values import final_values
from fleet.agent.domain.yamldocs import read_objects, write_objects


@dataclass(frozen=True, slots=True)
class Job:
    """One rendering: which files with which options, as which revision of which release, on whose behalf.

    `moved` tells that this bundle has another release already, whose objects this one takes over.
    """

    release: ReleaseName
    marks: ReleaseMarks
    options: Options
    account: str
    files: tuple[File, ...] = field(repr=False)
    revision: int = 1
    upgrade: bool = False
    moved: bool = False

    def at(self, revision: int, *, upgrade: bool) -> "Job":
        """The same job as that revision of the release."""
        return replace(self, revision=revision, upgrade=upgrade)

    @property
    def version(self) -> str:
        """The version of the chart made up for a bundle that has none."""
        if self.marks.commit:
            return f"v0.0.0+git-{self.marks.commit[:12]}"
        return f"v0.0.0+{self.marks.deployment_id.partition(':')[0] or 'bundle'}"


@dataclass(frozen=True, slots=True)
class Finished:
    """What Helm is given: a packed chart of finished objects, and the values they were made with."""

    chart: bytes = field(repr=False)
    values: dict[str, Any] = field(repr=False)
    defines_kinds: bool = False


class Renderer:
    """Renders bundles with the capabilities of one cluster."""

    def __init__(self, *, helm: Helm, kustomize: Kustomize, cluster: Cluster) -> None:
        self._helm = helm
        self._kustomize = kustomize
        self._cluster = cluster

    async def render(self, job: Job) -> Finished:
        """Render, place and mark all objects of a bundle.

        Raises:
            AgentError: files, values or options are wrong, or Helm or Kustomize refuse them.
            KubeError: the cluster cannot be asked what it serves.
        """
        style = style_of(job.files, job.options)
        source = await asyncio.to_thread(
            source_chart, job.files, style, job.options, bundle=job.marks.bundle, version=job.version
        )
        if source.templated:
            await self._helm.warm()
        layers = await self._cluster.values_from(job.options)
        values = await asyncio.to_thread(final_values, job.options.helm.values, layers)
        rendered = await self._template(source, values, job)
        sources = await asyncio.to_thread(rendered_objects, rendered.files)
        if style.kustomize is not None:
            sources = await self._kustomized(job, style, sources)
        sources |= await asyncio.to_thread(plain_objects, source.manifests)
        kinds = kinds_of(sources)
        namespaced = await self._cluster.namespaced(kinds) if job.options.namespace else {}
        objects = finish(sources, job.options, job.marks.bundle, namespaced)
        chart = await asyncio.to_thread(
            finished_chart,
            source,
            objects,
            notes=notes_of(rendered.files, source.name),
            crds=rendered.crds,
            annotations=job.marks.annotations(),
        )
        defines = bool(rendered.crds) or any(kind.kind == "CustomResourceDefinition" for kind in kinds)
        return Finished(chart, values, defines_kinds=defines)

    async def _template(self, source: SourceChart, values: dict[str, Any], job: Job) -> Rendered:
        if not source.templated:
            return Rendered({})
        capabilities = await self._cluster.capabilities()
        target = Target(
            release=job.release,
            revision=job.revision,
            upgrade=job.upgrade,
            kube_version=capabilities.kube_version,
            api_versions=capabilities.api_versions,
        )
        packed = archive(source.name, source.files)
        return await self._helm.render(packed, values, target, job.options, job.account)

    async def _kustomized(self, job: Job, style: Style, sources: Sources) -> Sources:
        manifests = await asyncio.to_thread(write_objects, all_objects(sources)) if sources else ""
        text = await self._kustomize.build(job.files, style.kustomize or "", manifests)
        return {KUSTOMIZED: await asyncio.to_thread(read_objects, text, "kustomize build")}
