"""The table of commands: complete, and cheap to look at."""

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fleet.cli.leading import command_first
from fleet.cli.main import run
from fleet.cli.registry import COMMANDS

COMPATIBILITY = Path(__file__).parents[3] / "docs" / "compatibility.md"
FLEETS = {
    *("apply", "target", "deploy", "test", "monitor", "analyze", "dump", "bundlediff", "gitcloner"),
    *("cleanup", "migrate"),
}
HELP = """
import sys
from fleet.cli.main import run
assert run(["--help"]) == 0
print(sorted({"nats", "aiohttp", "pydantic", "yaml", "rich"} & sys.modules.keys()))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there_and_explains_itself(name, capsys):
    module, _, attribute = COMMANDS[name].target.partition(":")
    assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)
    assert run([name, "--help"]) == 0
    assert f"Usage: fleet {name}" in capsys.readouterr().out


def test_help_lists_every_command_and_imports_nothing_that_is_slow():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nope"], 1, "No such command 'nope'"),
        (["--nope"], 1, "No such option '--nope'"),
        (["-n", "x"], 1, "No such option '-n'"),
        (["-n", "x", "apply"], 1, "at least one argument is required: NAME"),
        (["-n", "x", "get"], 2, "Missing argument"),
        (["get"], 2, "Missing argument"),
        (["get", "pods"], 1, 'the server doesn\'t have a resource type "pods"'),
        (["get", "gitrepo/a", "-A"], 2, "a named object stands in one namespace"),
        (["apply"], 1, "at least one argument is required: NAME"),
        (["apply", "--nope"], 1, "No such option"),
        (["apply", "name", "-l", 'a="b"'], 1, 'a " in a field that does not begin with one'),
        (["apply", "-f", "a.yaml", "b"], 1, "with -f there are no other arguments: b"),
        (["apply", "-f", "/nonexistent.yaml"], 1, "/nonexistent.yaml cannot be read: No such file"),
        (["delete"], 2, "name the objects (KIND/NAME), or files with -f, and not both"),
        (["label", "cluster/a"], 2, "at least one label is required"),
        (["wait", "gitrepo/a", "--for=blue"], 2, "write ready, deleted, or commit=SHA"),
        (["wait", "gitrepo/a", "--for=ready", "--timeout=1d"], 2, "'1d' is not a duration"),
        (["up", "--cluster", "A"], 2, "RFC 1123"),
        (["up", "--server", "nats://x"], 2, "leave out --server"),
    ],
)
def test_arguments_that_make_no_sense_are_said_with_their_exit_code(arguments, code, message, capsys):
    assert run(arguments) == code
    assert message in capsys.readouterr().err


def test_fleet_alone_explains_itself_and_ends_well(capsys):
    assert run([]) == 0
    assert capsys.readouterr().out.startswith("Usage: fleet")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-n x apply web .", "apply -n x web ."),
        ("-n=x -nx --paused=true apply web", "apply -n=x -nx --paused=true web"),
        ("--data dir -o - --version apply web", "--data dir --version apply -o - web"),
        ("--debug apply web -n x", "web --debug apply -n x"),
        ("apply -n x web", "apply -n x web"),
        ("-n apply", "-n apply"),
        ("-- apply", "-- apply"),
        ("--data", "--data"),
    ],
)
def test_flags_in_front_of_a_command_are_its_own_as_in_fleet(words, expected):
    own = {"--data": True, "--version": False}
    assert command_first(words.split(), own) == expected.split()


def test_the_commands_of_fleet_that_are_missing_are_listed_and_no_others():
    text = COMPATIBILITY.read_text(encoding="utf-8").split("These are not built yet: ")[1].split("\n\n")[0]
    listed = {name.split()[0] for name in text.replace("\n", " ").split("`")[1::2]}
    assert listed == FLEETS - COMMANDS.keys()
