"""The flags of `fleet apply NAME PATH...`: what they ask the reader for, and how they may be written."""

from pathlib import Path

import click
import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.cli.folders.flags import Flags, TargetsFile, order_of
from fleet.cli.folders.goflags import GoCommand, GoInt, GoList, pairs

TARGETS = b"""
targets:
- name: target1
  clusterName: test1
targetRestrictions:
- name: target1
  clusterName: test1
"""


def test_paths_are_scanned_and_flags_override():
    flags = Flags(
        label={"team": "a"},
        commit="abc",
        service_account="deployer",
        sync_generation=3,
        target_namespace="shop",
        paused=True,
        keep_resources=True,
        delete_namespace=True,
        compress=True,
        bundle_file="dev.yaml",
        imagescan_enabled=True,
    )
    order = order_of("repo", ["a", "b"], flags)
    assert (order.name, order.paths, order.bundles, order.options_file) == (
        "repo",
        ("a", "b"),
        (),
        "dev.yaml",
    )
    assert order.labels == {"team": "a", "fleet.cattle.io/commit": "abc"}
    assert (order.service_account, order.force_sync_generation, order.target_namespace) == (
        "deployer",
        3,
        "shop",
    )
    assert order.paused
    assert order.keep_resources
    assert order.delete_namespace
    assert order.compress
    assert order.image_scans
    assert not order.offline


def test_bundles_that_are_printed_are_read_offline():
    assert order_of("repo", [], Flags(output="-")).offline


def test_no_targets_file_means_no_targets_from_outside():
    order = order_of("repo", [], Flags())
    assert (order.targets, order.restrictions) == (None, ())


def test_a_targets_file_has_targets_and_restrictions(tmp_path):
    (tmp_path / "targets.yaml").write_bytes(TARGETS)
    order = order_of("repo", [], Flags(), TargetsFile.read(str(tmp_path / "targets.yaml")))
    assert [target["clusterName"] for target in order.targets] == ["test1"]
    assert order.restrictions == ({"name": "target1", "clusterName": "test1"},)
    assert not order.targets_wrong


def test_a_targets_file_that_is_wrong_is_named_with_the_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("targets.yaml").write_text("targets:\n- 1\n")
    order = order_of("repo", [], Flags(), TargetsFile.read("targets.yaml"))
    assert order.targets_wrong.startswith("targets.yaml:2: targets[0]")
    assert TargetsFile.read("missing").wrong == "open missing: no such file or directory"


def test_drift_options_count_only_where_correction_is_on():
    assert order_of("repo", [], Flags(correct_drift_force=True)).correct_drift == {}
    on = Flags(correct_drift=True, correct_drift_keep_fail_history=True)
    assert order_of("repo", [], on).correct_drift == {"enabled": True, "keepFailHistory": True}


def test_a_driven_scan_takes_folders_with_their_options_files():
    flags = Flags(driven_scan=True, driven_scan_sep="|", bundle_file="ignored.yaml")
    order = order_of("repo", ["a|dev.yaml", "b"], flags)
    assert (order.paths, order.bundles, order.options_file) == ((), (("a", "dev.yaml"), ("b", "")), "")


def test_a_driven_scan_of_nothing_is_one_of_the_folder_itself():
    assert order_of("repo", [], Flags(driven_scan=True)).bundles == ((".", ""),)


def test_a_driven_path_with_two_separators_is_refused():
    with pytest.raises(BadInput, match='invalid bundle path: "a:b:c"'):
        order_of("repo", ["a:b:c"], Flags(driven_scan=True))


def labels_of(*given: str) -> dict[str, str]:
    return pairs(GoList().convert(one, None, None) for one in given)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["a=b,c=d", "e=f=g"], {"a": "b", "c": "d", "e": "f=g"}),
        (['"a=b,c"'], {"a": "b,c"}),
        (['"a=""b"""'], {"a": '"b"'}),
        (["a", ""], {"a": ""}),
        (["a,a=b", "a=c"], {"a": "c"}),
        ([","], {"": ""}),
        (['""'], {}),
        (['""', "a=b"], {"": "", "a": "b"}),
        (["a=b\nc=d"], {"a": "b"}),
        (["\n\r\na=b\r"], {"a": "b"}),
        (['"a=b\r\nc"'], {"a": "b\nc"}),
        ([], {}),
    ],
)
def test_labels_are_separated_by_commas_which_quotes_protect(given, found):
    assert labels_of(*given) == found


@pytest.mark.parametrize("text", ['"a=b', 'a="b"', '"a=b"x', 'a=b, "c=d"', "\n", "\r"])
def test_quotes_that_do_not_fit_are_refused(text):
    with pytest.raises(click.UsageError, match="invalid argument"):
        labels_of(text)


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("-3", -3), ("0x1f", 31), ("017", 15), ("0b11", 3), ("1_000", 1000)]
)
def test_whole_numbers_are_written_as_in_go(text, number):
    assert GoInt().convert(text, None, None) == number


@pytest.mark.parametrize("text", ["", "1.5", "x", " 1", "08", "\u0663", str(1 << 63)])
def test_other_numbers_are_refused(text):
    with pytest.raises(click.UsageError, match="invalid argument"):
        GoInt().convert(text, None, None)


def a_command() -> click.Command:
    return GoCommand(
        "apply",
        params=[
            click.Option(["-c", "--compress"], is_flag=True),
            click.Option(["-o", "--output"]),
            click.Argument(["words"], nargs=-1),
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "compress"),
    [
        (["--compress=true"], True),
        (["--compress=T"], True),
        (["-c=1"], True),
        (["-c", "--compress=false"], False),
        (["--compress=0", "-c"], True),
        (["-cc=false"], False),
        (["-cox"], True),
        (["--", "--compress=x"], False),
    ],
)
def test_flags_may_say_true_or_false_and_the_last_counts(arguments, compress):
    assert a_command().make_context("apply", arguments).params["compress"] is compress


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["-o=x"], "x"),
        (["-ox"], "x"),
        (["-o", "x"], "x"),
        (["-co=x=y"], "x=y"),
        (["-ox=y"], "x=y"),
        (["-o=="], "="),
        (["-o="], "="),
        (["--output=x"], "x"),
        (["-o", "-c"], "-c"),
        (["--output", "--compress=0"], "--compress=0"),
        (["-o", "--"], "--"),
        (["a", "-o", "x", "b"], "x"),
        (["--output=x", "-oy"], "y"),
        (["-"], None),
        (["--", "-o=x"], None),
    ],
)
def test_a_short_option_may_have_its_value_behind_an_equals_sign(arguments, output):
    assert a_command().make_context("apply", arguments).params["output"] == output


def test_words_are_kept_in_order_and_flags_stand_anywhere():
    parsed = a_command().make_context("apply", ["a", "-c", "-", "", "-ox", "b", "--", "-c", "--"])
    assert parsed.params == {"compress": True, "output": "x", "words": ("a", "-", "", "b", "-c", "--")}


@pytest.mark.parametrize(
    "arguments",
    [["--compress=yes"], ["-c="], ["-c-"], ["--nope"], ["---"], ["--=x"], ["-x"], ["-o"], ["-co"]],
)
def test_arguments_that_make_no_sense_end_with_fleets_exit_code(arguments):
    with pytest.raises(click.UsageError) as caught:
        a_command().make_context("apply", arguments)
    assert caught.value.exit_code == 1
