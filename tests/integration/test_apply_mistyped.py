"""`fleet apply -o - NAME PATH...`: what is typed wrong is told on stderr, and what Fleet takes is taken."""

import pytest

from support.command import fleet
from support.folders import config_map, names, objects_of, write


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that commands run in, in no git repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMMIT", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


async def test_a_path_that_is_not_there_is_told_where_others_have_bundles(here):
    write(here, {"a/a.yaml": config_map()})
    done = await fleet("apply", "-o", "-", "repo", "a", "nowhere")
    assert (done.code, names(objects_of(done))) == (0, ["repo-a"])
    assert done.err == 'warning: the path "nowhere" is not there, or has no files\n'


@pytest.mark.parametrize(
    ("flags", "environment", "namespace", "warned"),
    [
        ([], "shop", "shop", False),
        (["-n", "fleet-local"], "shop", "shop", True),
        (["-n", ""], "shop", "shop", True),
        (["-n", "other"], "shop", "other", False),
        (["-n", ""], "", None, False),
        (["-n", "fleet-local"], "", "fleet-local", False),
    ],
)
async def test_the_environments_namespace_counts_as_in_fleet(
    here, monkeypatch, flags, environment, namespace, warned
):
    monkeypatch.setenv("NAMESPACE", environment)
    write(here, {"a.yaml": config_map()})
    done = await fleet(*flags, "apply", "-o", "-", "repo")
    assert objects_of(done)[0]["metadata"].get("namespace") == namespace
    assert ("NAMESPACE=shop of the environment counts" in done.err) == warned


async def test_a_folder_for_profiles_is_taken_and_nothing_is_written_there(here):
    write(here, {"a.yaml": config_map()})
    done = await fleet("apply", "-o", "-", "--profiles-dir", "profiles", "repo")
    assert (done.code, names(objects_of(done))) == (0, ["repo"])
    assert done.err == "warning: --profiles-dir has no effect: no profiles are written\n"
    assert not (here / "profiles").exists()


async def test_what_is_mistyped_in_a_targets_file_is_told_with_its_line(here):
    write(here, {"x/a.yaml": config_map()})
    text = "targets:\n- clusterSelectr: {}\n- clusterSelector: {matchExpressions: [{key: a, operator: Is}]}\n"
    write(here, {"targets.yaml": text + "helm: {}\nnope: 1\n"})
    done = await fleet("apply", "-o", "-", "--targets-file", "targets.yaml", "repo", "x")
    selector = {"matchExpressions": [{"key": "a", "operator": "Is"}]}
    assert done.code == 0
    assert objects_of(done)[0]["spec"]["targets"][1]["clusterSelector"] == selector, "as Fleet prints it"
    assert done.err.splitlines() == [
        "warning: targets.yaml:5: nope: is ignored: Fleet knows no such field",
        "warning: targets.yaml:2: targets[0].clusterSelectr: is ignored: Fleet knows no such field; "
        'did you mean "clusterSelector"?',
        "warning: targets.yaml:3: targets[1].clusterSelector.matchExpressions[0].operator: "
        "is no operator of selectors; there are In, NotIn, Exists, DoesNotExist",
        "warning: targets.yaml:4: helm: is ignored: of this file targets and targetRestrictions count",
    ]


async def test_what_is_printed_and_would_be_refused_says_so(here):
    write(here, {"fleet.yaml": "name: Web\n", "a.yaml": config_map()})
    done = await fleet("apply", "-o", "-", "repo")
    assert (done.code, names(objects_of(done))) == (0, ["Web"])
    assert done.err == (
        "warning: fleet.yaml:1: name: must be a DNS name in lower case of at most 253 characters; "
        "it is printed all the same, and refused where it is stored\n"
    )
