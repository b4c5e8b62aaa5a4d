"""Files with objects are accepted as a whole or refused with everything that is wrong with them."""

import pytest

from fleet.cli.main import run
from fleet.cli.objects.documents import read_documents
from fleet.cli.objects.faults import InvalidObjects
from fleet.cli.objects.manifests import manifests

GITREPO = """\
apiVersion: fleet.cattle.io/v1alpha1
kind: GitRepo
metadata:
  name: web
spec:
  repo: https://git.example.com/web
"""


def read(text):
    return manifests(read_documents(text, "web.yaml"))


def faults(text):
    with pytest.raises(InvalidObjects) as refused:
        read(text)
    return refused.value.faults


def bundle(spec):
    return f"apiVersion: fleet.cattle.io/v1alpha1\nkind: Bundle\nmetadata: {{name: web}}\nspec:\n  {spec}\n"


def test_a_valid_object_keeps_exactly_what_was_written():
    (manifest,) = read(GITREPO + "  paths: [a, b]\n  branch:\n  targets: [{clusterSelector: {}}]\n")
    assert (manifest.kind.name, manifest.name, manifest.namespace) == ("GitRepo", "web", None)
    assert manifest.spec == {
        "repo": "https://git.example.com/web",
        "paths": ["a", "b"],
        "targets": [{"clusterSelector": {}}],
    }


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        (GITREPO + "  branhc: main\n", 7, "spec.branhc", 'unknown field, did you mean "branch"?'),
        (
            GITREPO + "  targets:\n  - name: a\n    clustername: b\n",
            9,
            "spec.targets[0].clustername",
            'unknown field, did you mean "clusterName"?',
        ),
        (GITREPO + "Spec: {}\n", 7, "Spec", 'unknown field, did you mean "spec"?'),
        (GITREPO.replace("  name:", "  nmae:"), 4, "metadata.nmae", 'unknown field, did you mean "name"?'),
        (bundle("helm: {disableDns: true}"), 5, "spec.helm.disableDns", 'did you mean "disableDNS"?'),
        (
            bundle("targets: [{helm: {valueFiles: []}}]"),
            5,
            "spec.targets[0].helm.valueFiles",
            '"valuesFiles"',
        ),
        (bundle("xyz: 1"), 5, "spec.xyz", "the fields here are allowedTargetNamespaceSelector"),
    ],
)
def test_an_unknown_field_is_refused_with_its_place_and_the_nearest_valid_name(text, line, path, message):
    (fault, *_) = [found for found in faults(text) if found.path == path]
    assert (fault.line, fault.path) == (line, path)
    assert message in fault.message


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (GITREPO.replace("  repo: https://git.example.com/web", "  {}"), "spec.repo", "required"),
        (GITREPO.replace("https://git.example.com/web", '""'), "spec.repo", "must not be empty"),
        (GITREPO.partition("spec")[0], "spec", "required"),
        (GITREPO + "  paths: a\n", "spec.paths", "must be a list, not a string"),
        (GITREPO + "  branch: 1.0\n", "spec.branch", "must be a string (in quotes"),
        (GITREPO + '  paused: "yes"\n', "spec.paused", "must be true or false, not a string"),
        (GITREPO + "  forceSyncGeneration: 1.5\n", "spec.forceSyncGeneration", "must be a whole number"),
        (GITREPO + "  caBundle: '*'\n", "spec.caBundle", "must be base64"),
        (GITREPO + "  correctDrift: []\n", "spec.correctDrift", "must be a map, not a list"),
        (
            bundle("targetCustomizationMode: Any"),
            "spec.targetCustomizationMode",
            "'FirstMatch' or 'AllMatches'",
        ),
        (
            bundle(f"helm: {{releaseName: {'a' * 54}}}"),
            "spec.helm.releaseName",
            "at most 53 characters, has 54",
        ),
        (bundle("helm: {releaseName: -a}"), "spec.helm.releaseName", "does not match"),
        (
            bundle("rolloutStrategy: {maxUnavailable: []}"),
            "spec.rolloutStrategy.maxUnavailable",
            "such as 25%",
        ),
        (GITREPO.replace("name: web", "name: Web"), "metadata.name", "RFC 1123"),
        (GITREPO.replace("name: web", "name: '*'"), "metadata.name", "RFC 1123"),
        (GITREPO.replace("name: web", "namespace: a.b"), "metadata.namespace", "RFC 1123 label"),
        (GITREPO.replace("name: web", "labels: {a: b c}"), "metadata.labels.a", "no label value"),
        (GITREPO.replace("name: web", "labels: {a/b/c: x}"), "metadata.labels.a/b/c", "no label key"),
    ],
)
def test_a_field_that_does_not_fit_its_schema_is_refused(text, path, message):
    (fault,) = [found for found in faults(text) if found.path == path]
    assert message in fault.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: GitRepo\n", "apiVersion is required"),
        ("apiVersion: fleet.cattle.io/v1alpha1\n", "kind is required"),
        ("- a\n", "must be a Kubernetes object"),
        (GITREPO.replace("v1alpha1", "v1"), 'write apiVersion: "fleet.cattle.io/v1alpha1"'),
        (GITREPO.replace("kind: GitRepo", "kind: gitrepo"), 'did you mean "GitRepo"?'),
        (GITREPO.replace("kind: GitRepo", "kind: BundleDeployment"), "is computed, it cannot be declared"),
        ("apiVersion: v1\nkind: Secret\n", 'no kind "Secret" in version "v1"'),
        ("a: [\n", "not valid YAML"),
        ("a: 1\na: 2\n", "is there twice, first on line 1"),
        ("a: &b [*b]\n", "an alias that leads back to itself"),
        ("a: !!int x\n", "is not what its tag !!int says"),
        ("a: .inf\n", "is not a number that JSON has"),
    ],
)
def test_what_is_no_object_of_the_group_is_refused(text, message):
    (fault,) = faults(text)
    assert message in fault.message


def test_every_fault_of_every_document_is_listed_with_its_document_and_line():
    text = GITREPO + "  branhc: a\n---\n---\n" + GITREPO.replace("repo:", "rpeo:")
    assert [(f.number, f.line, f.path) for f in faults(text)] == [
        (1, 7, "spec.branhc"),
        (3, 14, "spec.repo"),
        (3, 15, "spec.rpeo"),
    ]


def test_a_fault_reads_as_file_document_line_path_and_reason():
    (fault,) = faults(GITREPO + "  branhc: a\n")
    assert str(fault) == ('web.yaml: document 1, line 7: spec.branhc: unknown field, did you mean "branch"?')


def test_a_fault_never_repeats_a_value_of_the_wrong_type():
    text = bundle("resources: [{name: a, content: {token: hunter2}}]")
    assert "hunter2" not in "".join(str(fault) for fault in faults(text))


def test_what_the_server_owns_may_stand_in_a_file_and_is_left_out():
    text = GITREPO.replace("name: web", "name: web\n  uid: a\n  generation: 3\n  resourceVersion: '1'")
    (manifest,) = read(text + "status: {commit: a}\n")
    assert dict(manifest.spec) == {"repo": "https://git.example.com/web"}


def test_a_list_is_its_items():
    item = "".join(f"  {line}\n" for line in GITREPO.splitlines())
    (manifest,) = read("apiVersion: v1\nkind: List\nitems:\n-" + item[1:])
    assert manifest.name == "web"


def test_json_is_read_like_yaml():
    text = (
        '{"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "ClusterGroup",\n\t"metadata": {"name": "all"}}'
    )
    (manifest,) = read(text)
    assert (manifest.kind.name, manifest.spec) == ("ClusterGroup", {})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("014", 12),
        ("0x1f", 31),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("on", True),
        ("n", False),
        ("~", None),
        ("089", 89.0),
    ],
)
def test_plain_scalars_mean_what_they_mean_to_kubernetes(written, value):
    (manifest,) = read(bundle(f"helm: {{values: {{a: {written}}}}}"))
    assert manifest.spec["helm"]["values"] == {"a": value}


def test_a_kind_with_top_level_fields_has_no_spec():
    frame = "apiVersion: fleet.cattle.io/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
    text = frame + "requireServiceAccount: true\n"
    (manifest,) = read(text)
    assert manifest.spec == {"requireServiceAccount": True}
    assert [fault.path for fault in faults(text + "spec: {}\n")] == ["spec"]


@pytest.mark.parametrize("levels", [200, 3_000, 100_000])
def test_a_file_that_is_too_deep_is_refused_with_its_line(levels, tmp_path, capsys):
    file = tmp_path / "deep.yaml"
    file.write_text(GITREPO + "---\n" + GITREPO + "  a: " + "[" * levels + "]" * levels + "\n")
    assert run(["apply", "-f", str(file)]) == 1
    assert "deep.yaml: document 2, line 14: more than 100 levels deep" in capsys.readouterr().err


def test_aliases_that_grow_without_bound_are_refused_with_their_line():
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11)]
    (fault,) = faults("a0: &a0 [x]\n" + "".join(lines))
    assert (fault.line, fault.message) == (7, "more than 1000000 values, aliases included")
