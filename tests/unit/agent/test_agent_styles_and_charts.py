"""A bundle's files decide how it is rendered; what Helm gets is a chart of finished objects."""

import io
import tarfile

import pytest

from fleet.agent.domain.charts import archive, finished_chart, source_chart
from fleet.agent.domain.errors import BadContent, NotPossible
from fleet.agent.domain.files import File
from fleet.agent.domain.marks import HASH_LABEL, set_hash
from fleet.agent.domain.objects import Kind
from fleet.agent.domain.options import HelmOptions, Options
from fleet.agent.domain.rendering import finish, plain_objects, rendered_objects
from fleet.agent.domain.style import Style, download_folder, style_of
from fleet.agent.domain.values import final_values
from fleet.agent.domain.yamldocs import read_values

PLAIN = Options()


def files(*names: str, text: str = "") -> tuple[File, ...]:
    return tuple(File(name, text.encode()) for name in names)


def unpacked(chart: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(chart)) as tar:
        return {m.name: tar.extractfile(m).read().decode() for m in tar}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("names", "options", "style"),
    [
        (("a.yaml",), {}, Style(None, None)),
        (("Chart.yaml",), {}, Style("", None)),
        (("kustomization.yaml",), {}, Style(None, "")),
        (("kustomization.yml",), {}, Style(None, None)),
        (("Chart.yaml", "kustomization.yaml"), {}, Style("", "")),
        (("charts/a/Chart.yaml",), {"helm": {"chart": "./charts/a/"}}, Style("charts/a", None)),
        (("charts/a/Chart.yaml",), {}, Style(None, None)),
        (("prod/kustomization.yaml",), {"kustomize": {"dir": "prod"}}, Style(None, "prod")),
        (("kustomization.yaml",), {"kustomize": {"dir": "prod"}}, Style(None, None)),
    ],
)
def test_the_style_follows_from_files_and_options(
    names: tuple[str, ...], options: dict[str, object], style: Style
) -> None:
    assert style_of(files(*names), Options.model_validate(options)) == style


def test_a_downloaded_chart_is_found_by_its_source() -> None:
    helm = HelmOptions(chart="shop", repo="https://charts.test", version="1.0.0")
    folder = download_folder(helm)
    names = (f"{folder}/shop/Chart.yaml", f"{folder}/shop/charts/sub/Chart.yaml", ".chart/0/other/Chart.yaml")
    assert style_of(files(*names), Options(helm=helm)).chart == f"{folder}/shop"


def test_raw_yaml_leaves_out_folders_that_are_bundles_or_charts_of_their_own() -> None:
    found = source_chart(
        files("a.yaml", "b.json", "c.txt", "fleet.yaml", "sub/fleet.yaml", "sub/d.yaml", "sub/deep/e.yaml")
        + files("chart/Chart.yaml", "chart/f.yaml", "templates/g.yaml", "other/h.yml"),
        Style(None, None),
        PLAIN,
        bundle="repo/path",
        version="v0.0.0+s-1",
    )
    assert [file.name for file in found.manifests] == ["a.yaml", "b.json", "other/h.yml"]
    assert [file.name for file in found.files] == ["Chart.yaml", "templates/g.yaml"]
    assert found.metadata == {"apiVersion": "v2", "name": "path", "version": "v0.0.0+s-1"}
    assert found.templated


def test_a_chart_without_schema_validation_loses_its_schemas() -> None:
    names = ("Chart.yaml", "values.schema.json", "charts/sub/values.schema.json", "templates/a.yaml")
    options = Options.model_validate({"helm": {"skipSchemaValidation": True}})
    found = source_chart(files(*names), Style("", None), options, bundle="b", version="1")
    assert [file.name for file in found.files] == ["Chart.yaml", "templates/a.yaml"]


def test_the_finished_chart_keeps_name_version_and_values_and_has_the_marks() -> None:
    chart = (
        File("Chart.yaml", b"{apiVersion: v2, name: shop, version: 1.0.0, dependencies: [{name: x}]}"),
        File("values.yaml", b"a: 1\n"),
    )
    source = source_chart(chart, Style("", None), PLAIN, bundle="b", version="1")
    item = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"t": "{{ .x }}"}}
    found = unpacked(
        finished_chart(
            source,
            {"web.yaml": [item], "raw-yaml/_hidden.yaml": [item]},
            notes="see {{ this }}",
            crds=files("crds/a.yaml", text="crd"),
            annotations={"fleet.cattle.io/bundle-id": "b"},
        )
    )
    metadata = read_values(found["shop/Chart.yaml"], "x")
    assert metadata["annotations"] == {"fleet.cattle.io/bundle-id": "b"}
    assert "dependencies" not in metadata
    assert found["shop/values.yaml"] == "a: 1\n"
    assert found["shop/crds/0000.yaml"] == "crd"
    assert '{{"{{"}} .x }}' in found["shop/templates/web.yaml"]
    assert '{{"{{"}} this }}' in found["shop/templates/NOTES.txt"]
    assert "shop/templates/raw-yaml/hidden.yaml" in found


def test_the_same_files_are_packed_to_the_same_bytes() -> None:
    assert archive("a", files("x", "y", text="1")) == archive("a", files("x", "y", text="1"))


def test_objects_are_parsed_by_the_file_they_came_from() -> None:
    rendered = {
        "shop/templates/b.yaml": "apiVersion: v1\nkind: B\n",
        "shop/templates/NOTES.txt": "hello",
        "shop/templates/empty.yaml": "\n",
        "shop/charts/sub/templates/a.yaml": "apiVersion: v1\nkind: A\n",
    }
    assert {path: items[0]["kind"] for path, items in rendered_objects(rendered).items()} == {
        "charts/sub/templates/a.yaml": "A",
        "b.yaml": "B",
    }


def test_finished_objects_are_marked_and_moved_to_a_forced_namespace() -> None:
    sources = plain_objects(
        files("a.yaml", text="apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: x}\n")
    )
    (item,) = finish(sources, Options(namespace="y"), "shop", {Kind("v1", "A"): True})["raw-yaml/a.yaml"]
    assert item["metadata"]["namespace"] == "y"
    assert item["metadata"]["labels"] == {HASH_LABEL: set_hash("shop")}


def test_without_a_forced_namespace_objects_stay_where_they_are() -> None:
    sources = plain_objects(
        files("a.yaml", text="apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: x}\n")
    )
    (item,) = finish(sources, Options(default_namespace="y"), "shop", {})["raw-yaml/a.yaml"]
    assert item["metadata"]["namespace"] == "x"


def test_a_cluster_scoped_object_cannot_be_forced_into_a_namespace() -> None:
    sources = plain_objects(files("a.yaml", text="apiVersion: v1\nkind: Node\nmetadata: {name: node}\n"))
    with pytest.raises(NotPossible, match=r"name=node kind=Node apiVersion=v1"):
        finish(sources, Options(namespace="y"), "shop", {Kind("v1", "Node"): False})


def test_values_from_the_cluster_win_in_their_order() -> None:
    own = {"a": {"x": 1, "y": 1}, "b": 1}
    layers = [("first", "a: {x: 2}"), ("second", "a: {x: 3}\nc: [1]"), ("empty", "")]
    assert final_values(own, layers) == {"a": {"x": 3, "y": 1}, "b": 1, "c": [1]}
    assert own == {"a": {"x": 1, "y": 1}, "b": 1}


def test_values_that_are_no_map_are_refused_without_being_shown() -> None:
    with pytest.raises(BadContent, match="Secret web/v key x: values must be a YAML map") as caught:
        final_values({}, [("Secret web/v key x", "hunter2")])
    assert "hunter2" not in str(caught.value)
