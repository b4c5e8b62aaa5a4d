"""From rendered text to the objects of a release: parsed, placed, marked."""

from collections.abc import Iterable, Mapping

from fleet.agent.domain.charts import inside_chart, is_notes, raw_path
from fleet.agent.domain.errors import NotPossible
from fleet.agent.domain.files import File
from fleet.agent.domain.marks import mark
from fleet.agent.domain.objects import Kind, Object, ref_of
from fleet.agent.domain.options import Options
from fleet.agent.domain.yamldocs import read_objects

Sources = dict[str, list[Object]]
"""Objects by the file they came from, in the order of the files."""

KUSTOMIZED = "kustomize.yaml"
"""The path under which Kustomize's output stands in the finished chart."""


def rendered_objects(rendered: Mapping[str, str]) -> Sources:
    """Parse what Helm rendered, by path; notes and empty files are left out.

    Raises BadContent naming the line of the rendered text: which line of the template made it is not known.
    """
    found = {
        inside_chart(path): read_objects(text, f"{path} as rendered (see `helm template`)")
        for path, text in sorted(rendered.items())
        if not is_notes(path)
    }
    return {path: items for path, items in found.items() if items}


def notes_of(rendered: Mapping[str, str], chart: str) -> str:
    """The chart's own notes for people, empty where it has none."""
    return rendered.get(f"{chart}/templates/NOTES.txt", "")


def plain_objects(manifests: Iterable[File]) -> Sources:
    """Parse manifests that are no templates. Raises BadContent naming file and line."""
    found = {raw_path(file): read_objects(file.data, file.name) for file in manifests}
    return {path: items for path, items in found.items() if items}


def all_objects(sources: Sources) -> list[Object]:
    """The objects of all files, in order."""
    return [item for items in sources.values() for item in items]


def kinds_of(sources: Sources) -> frozenset[Kind]:
    """The kinds that occur."""
    return frozenset(ref_of(item).type for item in all_objects(sources))


def finish(sources: Sources, options: Options, bundle: str, namespaced: Mapping[Kind, bool]) -> Sources:
    """Place and mark every object, as Fleet's post-renderer does.

    Args:
        sources: the objects as rendered.
        options: `namespace` forces all objects into it; `deleteCRDResources` lets CRDs go with the release.
        bundle: whose marks they get.
        namespaced: which kinds live in a namespace; a kind that is not in here is taken to.

    Raises:
        NotPossible: an object that has no namespace is to be forced into one.
    """
    keep_crds = not options.delete_crd_resources
    return {
        path: [
            mark(_placed(item, options.namespace, namespaced), bundle, keep_crds=keep_crds) for item in items
        ]
        for path, items in sources.items()
    }


def _placed(item: Object, namespace: str, namespaced: Mapping[Kind, bool]) -> Object:
    if not namespace:
        return item
    ref = ref_of(item)
    if not namespaced.get(ref.type, True):
        raise NotPossible(
            f"invalid cluster scoped object [name={ref.name} kind={ref.kind}"
            f" apiVersion={ref.api_version}] found. The option `namespace` moves every object to"
            f" {namespace}: use `defaultNamespace` for bundles that hold cluster-scoped objects"
        )
    return {**item, "metadata": {**(item.get("metadata") or {}), "namespace": namespace}}
