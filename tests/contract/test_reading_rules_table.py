"""docs/reading-rules.md and the marks of the tests agree: each rule has tests, and each mark stands there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (?P<id>[0-9.]+-[0-9]+) \| (?P<rule>[^|]+) \| (?P<tests>[^|]+) \|$")
RULES = 52
SCENARIOS = 18

Test = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def listed() -> list[tuple[str, list[str]]]:
    """The rows of the table: id and names of tests."""
    lines = (ROOT / "docs" / "reading-rules.md").read_text().splitlines()
    rows = [ROW.match(line) for line in lines if re.match(r"\| [0-9]", line)]
    assert all(rows), "a row does not have three columns"
    return [(row["id"], re.findall(r"`(\w+)`", row["tests"])) for row in rows if row]


@cache
def all_tests() -> list[Test]:
    """The test functions of every file."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    return [
        node for tree in trees for node in tree.body if isinstance(node, Test) and node.name[:5] == "test_"
    ]


def marked() -> Iterator[tuple[str, str]]:
    """Each mark: the id of a rule, and the test that has it."""
    for test in all_tests():
        for decorator in test.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
                (given,) = decorator.keywords
                assert isinstance(given.value, ast.Constant)
                yield str(given.value.value), test.name


def test_every_rule_is_listed_once_and_in_order() -> None:
    assert [rule for rule, _ in listed()] == [f"12.1-{number:02}" for number in range(1, RULES + 1)]


def test_every_rule_has_the_tests_that_are_listed_and_no_others() -> None:
    in_table = Counter((rule, test) for rule, names in listed() for test in names)
    in_tests = Counter(marked())

    assert in_table == in_tests
    assert max(in_tests.values()) == 1
    assert {rule for rule, _ in in_tests} == {rule for rule, _ in listed()}


def test_every_scenario_of_reading_is_in_the_name_of_a_test() -> None:
    named = {found for test in all_tests() for found in re.findall(r"(?<=_)b[0-9]{2}(?=_)", test.name)}

    assert named == {f"b{number:02}" for number in range(1, SCENARIOS + 1)}
