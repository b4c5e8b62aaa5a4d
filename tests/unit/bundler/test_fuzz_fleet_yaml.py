"""10,000 mutated fleet.yaml files: each is a bundle or a clear error, and they are spread over the rules."""

import random
from collections import Counter

import pytest

from fleet.bundler.domain.order import Order
from support.fuzz import fleet_yaml, outcome
from support.trees import a_tree

SEEDS = range(20)
FILES_OF_A_SEED = 500
AROUND = {
    "values.yaml": "a: 1\n",
    "dev/values.yaml": "b: 2\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "cm.yaml": "a: 1\n",
}
ORDER = Order(name="repo")
SYNTAX = "is not valid YAML"
RULES = (
    "must be text",
    "must be a map",
    "must be a list",
    "must be true or false",
    "must be a whole number",
    "must be a DNS name",
    "no such file",
    "must specify either 'name' or 'selector'",
    "invalid state",
    "imagescan is disabled",
    "more than levels deep",
)


@pytest.mark.parametrize("seed", SEEDS)
def test_mutated_files_give_a_bundle_or_a_clear_error(seed: int) -> None:
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(FILES_OF_A_SEED):
        text = fleet_yaml(rng)
        try:
            counts[outcome(a_tree({**AROUND, "fleet.yaml": text}), ORDER)] += 1
        except Exception as error:
            raise AssertionError(f"this file is neither a bundle nor a clear error: {text!r}") from error

    said = "\n".join(f"{n:6} {kind}" for kind, n in counts.most_common())
    broken = sum(n for kind, n in counts.items() if kind.startswith(SYNTAX))
    assert FILES_OF_A_SEED * 0.05 < broken < FILES_OF_A_SEED / 2, said
    assert FILES_OF_A_SEED * 0.2 < counts["bundle"] < FILES_OF_A_SEED * 0.6, said
    assert all(any(kind.startswith(rule) for kind in counts) for rule in RULES), said
