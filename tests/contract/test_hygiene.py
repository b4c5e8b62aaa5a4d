"""Small rules that keep the code readable: sizes, docstrings, and tests that all run."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400
FUNCTION_LINES = 60
NOT_RUN = frozenset({"skip", "skipif", "xfail", "importorskip", "skipTest", "expectedFailure"})
MOCKS = frozenset({"Mock", "MagicMock", "AsyncMock"})
LONG_SLEEP = 0.1
FOLDERS = ("libs", "services", "tests", "benchmarks", "examples")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def sources() -> dict[Path, ast.Module]:
    """Every Python file of the project, parsed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *FOLDERS]
    printed = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout.decode()
    paths = [ROOT / name for name in sorted(printed.split("\0")) if name.endswith(".py")]
    return {path: ast.parse(path.read_text()) for path in paths if path.exists()}


def of_the_product() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in sources().items() if "src" in path.parts}


def of_the_tests() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in sources().items() if path.is_relative_to(ROOT / "tests")}


def where(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """How many lines the body has, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def names_in(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node
        elif isinstance(node, ast.Name):
            yield node.id, node
        elif isinstance(node, ast.alias):
            yield node.name, node


def test_the_project_is_read_at_all() -> None:
    assert len(of_the_product()) > 50
    assert Path(__file__) in of_the_tests()


def test_no_function_has_more_than_60_lines() -> None:
    long = [
        f"{where(path, function)} {function.name}: {lines_of(function)}"
        for path, tree in sources().items()
        for function in functions(tree)
        if lines_of(function) > FUNCTION_LINES
    ]
    assert long == []


def test_no_file_has_more_than_400_lines() -> None:
    long = [
        f"{where(path)} {lines}" for path in sources() if (lines := path.read_text().count("\n")) > FILE_LINES
    ]
    assert long == []


def test_every_module_says_what_it_is_in_a_docstring() -> None:
    silent = [where(path) for path, tree in sources().items() if not ast.get_docstring(tree)]
    assert silent == []


def test_the_namespace_has_no_module_of_its_own() -> None:
    shadowing = [where(path) for path in sources() if path.parts[-3:] == ("src", "fleet", "__init__.py")]
    assert shadowing == []


def test_no_grab_bags() -> None:
    names = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [where(path) for path in sources() if path.name in names] == []


def test_test_folders_are_no_packages() -> None:
    assert [where(path) for path in of_the_tests() if path.name == "__init__.py"] == []


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in of_the_tests() if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_test_runs() -> None:
    left_out = [
        f"{where(path, node)} {name}"
        for path, tree in of_the_tests().items()
        for name, node in names_in(tree)
        if name in NOT_RUN
    ]
    assert left_out == []


def test_nothing_real_is_mocked() -> None:
    mocked = [
        f"{where(path, node)} {name}"
        for path, tree in of_the_tests().items()
        for name, node in names_in(tree)
        if name in MOCKS
    ]
    assert mocked == []


def test_no_test_waits_by_sleeping() -> None:
    assert [where(path, node) for path, tree in of_the_tests().items() for node in long_sleeps(tree)] == []


def long_sleeps(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        seconds = node.args[0].value
        if name == "sleep" and isinstance(seconds, int | float) and seconds > LONG_SLEEP:
            yield node


def test_the_rules_see_what_breaks_them() -> None:
    tree = ast.parse(
        "import time\n@pytest.mark.xfail\ndef f():\n" + "    x = 1\n" * 61 + "    time.sleep(1)\n"
    )
    (function,) = functions(tree)
    assert lines_of(function) == FUNCTION_LINES + 2
    assert NOT_RUN & {name for name, _ in names_in(tree)}
    assert len(list(long_sleeps(tree))) == 1
