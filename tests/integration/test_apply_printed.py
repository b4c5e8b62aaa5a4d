"""`fleet apply -o - NAME PATH...` on real trees; scenarios B01-B16 by their ids."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.yaml import read_all
from support.command import fleet
from support.folders import config_map, names, objects_of, printed, resources, write
from support.kubectl import PROGRAM

FLEET = Path(sys.executable).with_name("fleet")
CHART = "apiVersion: v2\nname: config-chart\nversion: 0.1.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: {{ .Values.a }}\n"
TARGETS = """
targets: [{name: target1, clusterName: test1}]
targetRestrictions: [{name: target1, clusterName: test1}]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that commands run in, in no git repository."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COMMIT", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return folder


async def test_b01_a_folder_without_fleet_yaml_is_one_bundle_of_its_files(here):
    write(here, {"svc.yaml": config_map("svc"), "deployment.yaml": config_map("deployment")})
    (bundle,) = await printed("repo")
    assert bundle == {
        "apiVersion": "fleet.cattle.io/v1alpha1",
        "kind": "Bundle",
        "metadata": {"name": "repo", "namespace": "fleet-local"},
        "spec": {
            "ignore": {},
            "resources": [
                {"name": "deployment.yaml", "content": config_map("deployment")},
                {"name": "svc.yaml", "content": config_map("svc")},
            ],
            "targets": [{"name": "default", "clusterGroup": "default", "ignore": {}}],
        },
    }


async def test_b02_fleet_yaml_names_the_bundle_and_is_no_resource(here):
    write(here, {"a.yaml": config_map(), "b.yaml": config_map(), "fleet.yaml": "name: my-great-bundle\n"})
    (bundle,) = await printed("repo")
    assert bundle["metadata"]["name"] == "my-great-bundle"
    assert resources(bundle) == ["a.yaml", "b.yaml"]


async def test_b03_every_folder_with_fleet_yaml_is_a_bundle(here):
    write(here, {f"{name}/a.yaml": config_map(name) for name in "abc"})
    write(here, {f"{name}/fleet.yaml": "namespace: x\n" for name in "abc"})
    bundles = await printed("repo")
    assert names(bundles) == ["repo-a", "repo-b", "repo-c"]
    assert [resources(bundle) for bundle in bundles] == [["a.yaml"]] * 3


async def test_b04_a_root_bundle_has_the_files_of_nested_bundles_too(here):
    files = ["a.yaml", "deploymentA/c.yaml", "x/e.yaml", "x/y/f.yaml"]
    write(here, {path: config_map() for path in files})
    options = ["deploymentA/fleet.yaml", "x/y/fleet.yaml"]
    write(here, dict.fromkeys(options, "labels: {a: b}\n"))
    bundles = await printed("repo")
    assert names(bundles) == ["repo", "repo-deploymenta-60138755", "repo-x-y"]
    assert resources(bundles[0]) == sorted([*files, *options])


async def test_b05_values_files_are_merged_and_left_out(here):
    write(here, {"config-chart/Chart.yaml": CHART, "config-chart/templates/configmap.yaml": TEMPLATE})
    write(here, {"config-chart/values.yaml": "a: 1\n"})
    write(here, {"fleet.yaml": "helm:\n  chart: config-chart\n  valuesFiles: [config-chart/values.yaml]\n"})
    (bundle,) = await printed("repo")
    assert resources(bundle) == ["config-chart/Chart.yaml", "config-chart/templates/configmap.yaml"]
    assert bundle["spec"]["helm"] == {"chart": "config-chart", "values": {"a": 1}}


async def test_b06_a_driven_scan_reads_what_it_is_told(here):
    write(here, {"driven/helm/Chart.yaml": CHART, "driven/helm/templates/configmap.yaml": TEMPLATE})
    write(here, {"driven/helm/values.yaml": "a: 1\n"})
    write(here, {"driven/helm/fleet.yaml": "helm: {releaseName: config-chart}\n"})
    write(here, {f"driven/simple/{name}.yaml": config_map(name) for name in "ab"})
    write(here, {f"driven/kustomize/base/{n}.yaml": config_map(str(n)) for n in range(4)})
    write(here, {f"driven/kustomize/overlays/{env}/kustomization.yaml": "" for env in ("dev", "prod")})
    write(
        here,
        {f"driven/kustomize/{env}.yaml": f"kustomize: {{dir: overlays/{env}}}\n" for env in ("dev", "prod")},
    )
    paths = ["driven/helm", "driven/simple", "driven/kustomize:dev.yaml", "driven/kustomize:prod.yaml"]
    bundles = await printed("assets", *paths, "--driven-scan")
    assert names(bundles) == [
        "assets-driven-helm",
        "assets-driven-simple",
        "assets-driven-kustomize-dev",
        "assets-driven-kustomize-prod",
    ]
    assert [len(resources(bundle)) for bundle in bundles] == [3, 2, 7, 7]
    assert bundles[0]["spec"]["helm"]["releaseName"] == "config-chart"
    assert bundles[2]["spec"]["kustomize"] == {"dir": "overlays/dev"}
    again = await printed(
        "assets", *(path.replace(":", "|") for path in paths), "--driven-scan", "--driven-scan-sep=|"
    )
    assert again == bundles


async def test_an_empty_folder_of_a_driven_scan_is_passed_over(here):
    write(here, {"a/a.yaml": config_map()})
    (here / "empty").mkdir()
    done = await fleet("apply", "-o", "-", "--driven-scan", "repo", "empty", "a")
    assert (done.code, done.err) == (0, "warning: empty: there is nothing to deploy in this folder\n")
    assert names(objects_of(done)) == ["repo-a"]
    assert names(await printed("repo", "empty", "a/../empty/../a")) == ["repo-a"]


async def test_b07_an_options_file_in_mixed_case_gives_a_name_with_a_hash(here):
    write(
        here,
        {"driven2/kustomize/a.yaml": config_map(), "driven2/kustomize/fleetDev.yaml": "namespace: dev\n"},
    )
    write(here, {"driven2/kustomize/fleetProd.yaml": "namespace: prod\n"})
    paths = [f"driven2/kustomize:{name}.yaml" for name in ("fleetDev", "fleetProd")]
    assert names(await printed("assets", *paths, "--driven-scan")) == [
        "assets-driven2-kustomize-fleetdev-2946f474",
        "assets-driven2-kustomize-fleetprod-99f597b0",
    ]


async def test_b08_a_driven_scan_takes_no_options_from_below(here):
    write(here, {"driven_fleet_yaml_subfolder/helm/test/fleet.yaml": "helm: {releaseName: a}\n"})
    write(here, {"driven_fleet_yaml_subfolder/helm/a.txt": "a"})
    (bundle,) = await printed("assets", "driven_fleet_yaml_subfolder/helm", "--driven-scan")
    assert names([bundle]) == ["assets-driven-fleet-yaml-subfolder-helm-f49dc35c"]
    assert "helm" not in bundle["spec"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "dependsOn:\n- name: a\n  acceptedStates: [InvalidState]\n",
            ["fleet.yaml:3: dependsOn[0].acceptedStates[0]", "invalid state", "InvalidState"],
        ),
        (
            "dependsOn:\n- acceptedStates: [Ready]\n",
            ["fleet.yaml:2: dependsOn[0]", "must specify either 'name' or 'selector'"],
        ),
        ("helm:\n  chart: c\n  valuesFiles: [x.yaml]\n", ["fleet.yaml:2: helm.chart"]),
        ("helm: [\n", ["fleet.yaml"]),
    ],
    ids=["b09-state", "b09-name", "chart", "yaml"],
)
async def test_what_is_wrong_is_said_with_file_line_and_field(here, text, messages):
    write(here, {"a.yaml": config_map(), "fleet.yaml": text})
    done = await fleet("apply", "-o", "-", "repo")
    assert (done.code, done.out) == (1, "")
    assert all(message in done.err for message in messages), done.err


async def test_b10_override_targets_are_stronger_than_a_targets_file(here):
    write(here, {"a.yaml": config_map(), "targets": TARGETS})
    (bundle,) = await printed("repo")
    assert bundle["spec"]["targets"] == [{"name": "default", "clusterGroup": "default", "ignore": {}}]
    assert "targetRestrictions" not in bundle["spec"]
    write(here, {"fleet.yaml": "overrideTargets: [{clusterName: overridden}]\n"})
    for arguments in ([], ["--targets-file", "targets"]):
        (bundle,) = await printed("repo", *arguments)
        assert bundle["spec"]["targets"] == [{"clusterName": "overridden", "ignore": {}}]
        assert bundle["spec"]["targetRestrictions"] == [{"clusterName": "overridden"}]


async def test_b11_a_targets_file_gives_targets_and_restrictions(here):
    write(here, {"a.yaml": config_map(), "targets": TARGETS})
    (bundle,) = await printed("repo", "--targets-file=targets")
    assert bundle["spec"]["targets"] == [{"name": "target1", "clusterName": "test1", "ignore": {}}]
    assert bundle["spec"]["targetRestrictions"] == [{"name": "target1", "clusterName": "test1"}]


async def test_a_targets_file_that_cannot_be_used_is_an_error_only_where_it_is_needed(here):
    write(here, {"a/a.yaml": config_map(), "a/fleet.yaml": "overrideTargets: []\n", "b/b.yaml": config_map()})
    done = await fleet("apply", "-o", "-", "--targets-file=nope", "repo", "a")
    told = "warning: open nope: no such file or directory; no bundle needs it\n"
    assert (done.code, done.err, names(objects_of(done))) == (0, told, ["repo-a"])
    done = await fleet("apply", "-o", "-", "--targets-file=nope", "repo", "a", "b")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: open nope: no such file or directory\n"


async def test_b15_names_are_cut_with_a_hash(here):
    write(here, {"a.yaml": config_map()})
    long = "1234567890" * 5 + "123"
    assert names(await printed(long)) == [long]
    assert names(await printed(long + "a")) == ["12345678901234567890123456789012345678901234567-fdba4"]
    assert names(await printed("bundle.name.example.com")) == ["bundle-name-example-com-645ef821"]


async def test_b16_fleetignore_leaves_folders_out_at_every_level(here):
    write(here, dict.fromkeys(("foo/a", "b/foo/a", "c/foo", "d.yaml"), "a") | {".fleetignore": "foo/*\n"})
    (bundle,) = await printed("repo")
    assert resources(bundle) == ["c/foo", "d.yaml"]


async def test_flags_are_written_into_every_bundle(here):
    write(
        here, {"a.yaml": config_map(), "fleet.yaml": "labels: {team: b}\ntargetCustomizations: [{name: x}]\n"}
    )
    (bundle,) = await printed(
        "repo", ".", "-n", "shop", "-l", "team=a,x=y", "--commit=abc", "-a", "deployer",
        "--sync-generation=7",
        "--target-namespace", "there", "--paused", "--keep-resources=true", "--delete-namespace",
        "--correct-drift", "--correct-drift-force",
    )  # fmt: skip
    assert bundle["metadata"]["namespace"] == "shop"
    assert bundle["metadata"]["labels"] == {"team": "b", "x": "y", "fleet.cattle.io/commit": "abc"}
    spec = bundle["spec"]
    assert [target["namespace"] for target in spec["targets"]] == ["there"]
    assert {key: spec[key] for key in spec if key not in ("resources", "targets")} == {
        "ignore": {},
        "namespace": "there",
        "serviceAccount": "deployer",
        "forceSyncGeneration": 7,
        "paused": True,
        "keepResources": True,
        "deleteNamespace": True,
        "correctDrift": {"enabled": True, "force": True},
    }


async def test_an_options_file_is_read_in_the_place_of_fleet_yaml_and_names_the_bundle(here):
    write(here, {"a.yaml": config_map(), "fleet.yaml": "namespace: a\n", "dev.yaml": "namespace: dev\n"})
    (bundle,) = await printed("repo", "-b", "dev.yaml")
    assert (names([bundle]), bundle["spec"]["namespace"]) == (["repo-dev"], "dev")


async def test_an_options_file_called_dash_is_one_beside_stdin(here):
    write(here, {"a.yaml": config_map()})
    done = await fleet("apply", "-o", "-", "-b", "-", "repo", stdin="namespace: a\n")
    assert (done.code, done.out) == (1, "")
    done = await fleet("apply", "-o", "-", "-b", "-", "repo", stdin="namespace: [\n")
    assert (done.code, "stdin:" in done.err) == (1, True)


@pytest.mark.rule(id="12.1-45")
async def test_the_commit_is_the_flag_the_environment_or_the_head_of_git(here, monkeypatch):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    write(here, {"below/a.yaml": config_map()})
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *arguments], check=True, cwd=here)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=here, text=True).strip()
    monkeypatch.chdir(here / "below")

    async def commit(*arguments):
        (bundle,) = await printed("repo", *arguments)
        return bundle["metadata"]["labels"]["fleet.cattle.io/commit"]

    assert await commit() == head
    monkeypatch.setenv("COMMIT", "fake")
    assert await commit() == "fake"
    assert await commit("--commit", "given") == "given"


async def test_nothing_to_deploy_is_an_error_that_names_the_paths(here):
    write(here, {"a/b.txt": "a"})
    done = await fleet("apply", "-o", "out.yaml", "repo", "a", "nowhere")
    assert (done.code, done.out) == (1, "")
    assert "no resource found at the following paths to deploy: [a nowhere]" in done.err
    assert '"a" has neither a fleet.yaml nor' in done.err
    assert '"nowhere" is not there' in done.err
    assert not (here / "out.yaml").exists()


async def test_output_goes_to_a_file_in_a_new_folder(here):
    write(here, {"a.yaml": config_map()})
    done = await fleet("apply", "-o", "new/out.yaml", "repo")
    assert (done.code, done.out, done.err) == (0, "", "")
    (bundle,) = [one.value for one in read_all((here / "new" / "out.yaml").read_text())]
    assert bundle["kind"] == "Bundle"


async def test_values_and_files_come_back_as_they_were_written(here):
    values = {"a": "0o17", "b": "1e3", "c": "yes", "d": " x\n\ny ", "e": "é\u0085\x07", "f": [1, None, True]}
    write(here, {"a.yaml": "a: \ttab\r\n# trailing  \n", "b": bytes(range(256)), "empty": ""})
    write(here, {"fleet.yaml": json.dumps({"helm": {"values": values}})})
    done = await fleet("apply", "-o", "-", "repo")
    (bundle,) = [one.value for one in read_all(done.out)]
    assert bundle["spec"]["helm"]["values"] == values
    files = {one["name"]: one for one in bundle["spec"]["resources"]}
    assert files["a.yaml"]["content"] == "a: \ttab\r\n# trailing  \n"
    assert files["b"]["encoding"] == "base64+gz"
    assert files["empty"] == {"name": "empty"}


async def test_kubectl_takes_what_is_printed(here):
    write(here, {f"{name}/a.yaml": config_map(name) for name in "ab"})
    write(here, {f"{name}/fleet.yaml": "helm: {values: {a: '1e3'}}\n" for name in "ab"})
    done = await fleet("apply", "-o", "-", "repo")
    command = [PROGRAM, "patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "name"]
    said = subprocess.run(command, input=done.out, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [f"bundle.fleet.cattle.io/repo-{name}" for name in "ab"]


async def test_nothing_outside_of_the_folder_is_read(here):
    secret = here.parent / "secret.yaml"
    secret.write_text("a: secret\n")
    write(here, {"a.yaml": config_map()})
    (here / "link.yaml").symlink_to("../secret.yaml")
    done = await fleet("apply", "-o", "-", "repo")
    assert done.code == 1
    assert "link.yaml: the link leads to nothing, or out of the repository" in done.err
    (here / "link.yaml").unlink()
    options = "helm: {valuesFiles: [../secret.yaml]}\n"
    write(here, {"fleet.yaml": f"{options}targetCustomizations:\n- {options}"})
    done = await fleet("apply", "-o", "-", "repo")
    assert (done.code, "secret\n" in done.out) == (1, False)
    assert "fleet.yaml:3: targetCustomizations[0].helm.valuesFiles[0]: no such file" in done.err


async def test_fields_for_fleet_itself_are_printed_as_the_file_has_them(here):
    text = "contentsId: c\nvaluesHash: h\nhelmOpOptions: {helmOpSecretName: s}\n"
    write(here, {"a.yaml": config_map(), "fleet.yaml": text})
    done = await fleet("apply", "-o", "-", "repo")
    (bundle,) = objects_of(done)
    kept = {key: bundle["spec"][key] for key in ("contentsId", "valuesHash", "helmOpOptions")}
    assert kept == {"contentsId": "c", "valuesHash": "h", "helmOpOptions": {"helmOpSecretName": "s"}}


async def test_what_kubectl_notes_for_itself_is_not_printed(here):
    text = "labels: {kubectl.kubernetes.io/x: '1', a: b}\nannotations: {kubectl.kubernetes.io/y: '2'}\n"
    write(here, {"a.yaml": config_map(), "fleet.yaml": text})
    (bundle,) = await printed("repo")
    assert bundle["metadata"] == {"name": "repo", "namespace": "fleet-local", "labels": {"a": "b"}}


async def test_an_empty_namespace_is_left_out(here):
    write(here, {"a.yaml": config_map()})
    (bundle,) = await printed("repo", "-n", "")
    assert bundle["metadata"] == {"name": "repo"}


async def test_image_scans_are_objects_behind_their_bundle(here):
    scan = (
        "imageScans: [{tagName: web, image: example.com/web, interval: 5m, policy: {semver: {range: 1.x}}}]\n"
    )
    write(here, {"a.yaml": config_map(), "fleet.yaml": f"{scan}annotations: {{a: b}}\n"})
    done = await fleet("apply", "-o", "-", "repo")
    assert (done.code, "imagescan is disabled" in done.err) == (1, True)
    bundle, scan = await printed("repo", "--imagescan-enabled")
    assert bundle["metadata"]["annotations"] == {"a": "b"}
    assert (scan["kind"], scan["metadata"]) == ("ImageScan", {"name": "imagescan-repo-0"})
    assert scan["spec"]["image"] == "example.com/web"


async def test_unknown_fields_are_told_on_stderr_and_change_nothing(here):
    write(here, {"a.yaml": config_map(), "fleet.yaml": "namespace: a\n"})
    before = await printed("repo")
    write(here, {"fleet.yaml": "namespace: a\nnamspace: b\n"})
    done = await fleet("apply", "-o", "-", "repo")
    assert objects_of(done) == before
    assert done.err.startswith("warning: fleet.yaml:2: namspace: ")


async def test_a_failure_is_a_line_of_json_where_jobs_ask_for_it(here, monkeypatch):
    monkeypatch.setenv("FLEET_JSON_OUTPUT", "true")
    for arguments, message in (
        (["-o", "-", "repo"], "no resource found at the following paths to deploy: [.]"),
        (["--nope"], "No such option"),
    ):
        done = await fleet("apply", *arguments)
        line = json.loads(done.err)
        assert (done.code, line["level"], line["msg"]) == (1, "fatal", "Fleet cli failed")
        assert message in line["fleetErrorMessage"]


def test_the_program_ends_with_exit_code_1_and_touches_no_hub(here):
    for arguments in (
        ["apply", "-o", "-"],
        ["apply", "-o", "-", "repo"],
        ["apply", "--sync-generation=x", "a"],
    ):
        done = subprocess.run([FLEET, *arguments], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
    write(here, {"a.yaml": config_map()})
    done = subprocess.run([FLEET, "apply", "-o-", "repo"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("apiVersion: fleet.cattle.io/v1alpha1\nkind: Bundle\n")
    assert {path.name for path in here.iterdir()} == {"a.yaml"}
