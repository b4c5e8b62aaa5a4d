"""Rules of reading (fleet.md 12.1) that no other test states; docs/reading-rules.md says where those are."""

from typing import Any

import pytest

from fleet.bundler.charts import ChartAuth, read_auth
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tags import choose_tag
from fleet.bundler.domain.versions import BadConstraint
from support.trees import CONFIG_MAP, names_of, read, read_one

RAW = {"simple/svc.yaml": CONFIG_MAP, "simple/deployment.yaml": CONFIG_MAP}
KUSTOMIZED = {
    "base/kustomization.yaml": "resources: [cm.yaml]\n",
    "base/cm.yaml": CONFIG_MAP,
    "overlays/dev/kustomization.yaml": "resources: [../../base]\n",
}
SWITCHES = (
    "takeOwnership",
    "force",
    "atomic",
    "waitForJobs",
    "disablePreProcess",
    "disableDNS",
    "skipSchemaValidation",
    "disableDependencyUpdate",
)
STATES = ("Ready", "NotReady", "Pending", "OutOfSync", "Modified", "WaitApplied", "ErrApplied")
SELECTOR = {"matchLabels": {"tier": "db"}}


def refused(fleet_yaml: str) -> str:
    with pytest.raises(BadInput) as failure:
        read_one({"fleet.yaml": fleet_yaml, "cm.yaml": CONFIG_MAP})
    return str(failure.value)


@pytest.mark.rule(id="12.1-03")
def test_a_nested_folder_without_fleet_yaml_is_one_bundle_with_its_readme() -> None:
    files = {f"nested/{path}": text for path, text in RAW.items()} | {"nested/README.md": "how"}
    bundle = read_one(files, paths=("nested",))

    assert bundle.name == "repo-nested"
    assert names_of(bundle) == ["README.md", "simple/deployment.yaml", "simple/svc.yaml"]


@pytest.mark.rule(id="12.1-04")
def test_files_two_levels_down_are_one_bundle_of_the_folder_that_was_given() -> None:
    files = {"top/one/two/svc.yaml": CONFIG_MAP, "top/one/two/deployment.yaml": CONFIG_MAP}
    bundle = read_one(files, paths=("top",))

    assert bundle.name == "repo-top"
    assert names_of(bundle) == ["one/two/deployment.yaml", "one/two/svc.yaml"]


@pytest.mark.rule(id="12.1-07")
def test_keep_resources_is_copied() -> None:
    bundle = read_one({**RAW, "simple/fleet.yaml": "keepResources: true\n"}, paths=("simple",))

    assert bundle.spec["keepResources"] is True
    assert names_of(bundle) == ["deployment.yaml", "svc.yaml"]


@pytest.mark.rule(id="12.1-08")
@pytest.mark.parametrize("around", [RAW, KUSTOMIZED], ids=["raw", "kustomize"])
@pytest.mark.parametrize("kustomize", ["", "kustomize: {dir: overlays/dev}\n"])
def test_helm_options_are_those_of_a_bundle_without_a_chart_too(
    around: dict[str, str], kustomize: str
) -> None:
    on = "helm: {releaseName: web, timeoutSeconds: 5, " + ", ".join(f"{name}: true" for name in SWITCHES)
    off = on.replace("true", "false").replace("timeoutSeconds: 5", "timeoutSeconds: 0")
    enabled = read_one({**around, "fleet.yaml": f"{on}}}\n{kustomize}"})
    disabled = read_one({**around, "fleet.yaml": f"{off}}}\n{kustomize}"})

    assert enabled.spec["helm"] == {
        "releaseName": "web",
        "timeoutSeconds": 5,
        **dict.fromkeys(SWITCHES, True),
    }
    assert disabled.spec["helm"] == {"releaseName": "web"}
    assert ("kustomize" in enabled.spec) is bool(kustomize)
    assert names_of(enabled) == names_of(disabled) == sorted(around)


@pytest.mark.rule(id="12.1-20")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "[{name: db, acceptedStates: [Ready, Modified]}]",
            [{"name": "db", "acceptedStates": ["Ready", "Modified"]}],
        ),
        (
            f"[{{name: db, acceptedStates: [{', '.join(STATES)}]}}]",
            [{"name": "db", "acceptedStates": [*STATES]}],
        ),
        ("[{name: db}]", [{"name": "db"}]),
        ("[{name: db, acceptedStates: []}]", [{"name": "db"}]),
        ("[{selector: {matchLabels: {tier: db}}}]", [{"selector": SELECTOR}]),
        (
            "[{name: a}, {selector: {matchLabels: {tier: db}}, acceptedStates: [Pending]}, {name: c}]",
            [{"name": "a"}, {"selector": SELECTOR, "acceptedStates": ["Pending"]}, {"name": "c"}],
        ),
    ],
    ids=["two states", "every state", "no states", "an empty list", "a selector", "several"],
)
def test_what_a_bundle_depends_on_is_kept_with_its_states(text: str, kept: list[dict[str, Any]]) -> None:
    assert read_one({**RAW, "fleet.yaml": f"dependsOn: {text}\n"}).spec["dependsOn"] == kept


@pytest.mark.rule(id="12.1-21")
def test_a_dependency_with_an_unknown_state_or_without_name_and_selector_is_refused() -> None:
    state = refused("dependsOn:\n- name: db\n  acceptedStates: [Ready, Perhaps]\n")
    nameless = refused("dependsOn:\n- acceptedStates: [Ready]\n")

    assert state.startswith('fleet.yaml:3: dependsOn[0].acceptedStates[1]: invalid state "Perhaps"')
    assert nameless.startswith("fleet.yaml:2: dependsOn[0]: must specify either 'name' or 'selector'")


@pytest.mark.rule(id="12.1-34")
@pytest.mark.parametrize("mode", ["AllMatches", "FirstMatch", None])
def test_the_mode_of_target_customizations_is_what_the_file_says_or_not_there(mode: str | None) -> None:
    text = f"targetCustomizationMode: {mode}\n" if mode else "namespace: web\n"

    assert read_one({**RAW, "fleet.yaml": text}).spec.get("targetCustomizationMode") == mode


@pytest.mark.rule(id="12.1-36")
@pytest.mark.parametrize(
    ("at", "rules", "gone"),
    [
        ("", "dir/*\n", {"dir/a.yaml", "below/dir/b.yaml", "below/deep/dir/c.yaml"}),
        ("below/", "dir/*\n", {"below/dir/b.yaml", "below/deep/dir/c.yaml"}),
        ("below/deep/", "dir/*\n", {"below/deep/dir/c.yaml"}),
        ("", "# dir\n\\#dir\n", {"#dir"}),
        ("", "dir   \n", {"dir/a.yaml", "below/dir/b.yaml", "below/deep/dir/c.yaml", "other/dir"}),
        ("below/", "*.yaml\n", {"below/dir/b.yaml", "below/deep/dir/c.yaml"}),
    ],
    ids=["at the top", "in a folder", "deeper", "comment", "trailing spaces", "a pattern below"],
)
def test_an_ignore_file_takes_away_what_it_says_below_its_folder(at: str, rules: str, gone: set[str]) -> None:
    files = {"dir/a.yaml": "", "below/dir/b.yaml": "", "below/deep/dir/c.yaml": "", "other/dir": "a file"}
    files |= {"#dir": "a file", "keep.yaml": ""}

    assert set(files) - set(names_of(read_one({**files, f"{at}.fleetignore": rules}))) == gone


@pytest.mark.rule(id="12.1-40")
def test_a_constraint_on_tags_that_is_none_or_fits_none_is_told() -> None:
    assert choose_tag([], "1.x") is None
    assert choose_tag(["1.0.0"], "> 1.0.0") is None
    with pytest.raises(BadConstraint):
        choose_tag(["1.0.0"], "one.x")


@pytest.mark.rule(id="12.1-41")
@pytest.mark.parametrize(
    ("field", "value", "changed"),
    [
        ("username", b"other", {"username": "other"}),
        ("password", b"other", {"password": "other"}),
        ("cacerts", b"other", {"ca_bundle": b"other"}),
        ("ssh-privatekey", b"other", {"ssh_private_key": b"other"}),
        ("known_hosts", b"other", {"known_hosts": b"other"}),
        ("insecureSkipVerify", b"true", {"insecure_skip_verify": True}),
        ("basicHTTP", b"true", {"basic_http": True}),
        ("insecureSkipVerify", b"perhaps", {}),
        ("basicHTTP", b"perhaps", {}),
    ],
)
def test_every_field_of_a_secret_makes_other_credentials_and_what_is_no_switch_none(
    field: str, value: bytes, changed: dict[str, Any]
) -> None:
    base = {"username": b"u", "password": b"p"}

    assert read_auth({**base, field: value}, "ws/s") == ChartAuth(
        **{"username": "u", "password": "p", **changed}
    )


@pytest.mark.rule(id="12.1-49")
def test_values_stand_in_the_options_only_those_of_targets_as_well() -> None:
    text = (
        "helm: {values: {a: {b: 1}}}\ntargetCustomizations: [{name: x, helm: {values: {c: 2}}}, {name: y}]\n"
    )
    (bundle,) = read({**RAW, "fleet.yaml": text})
    (without,) = read(RAW)

    assert bundle.options()["options"]["helm"] == {"values": {"a": {"b": 1}}}
    assert [one.get("helm") for one in bundle.options()["targets"]] == [{"values": {"c": 2}}, None]
    assert "helm" not in without.options()["options"]
    assert "helm" not in str(bundle.public_spec())
