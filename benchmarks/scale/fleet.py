"""The seeded fleet: clusters with eight labels, and bundles with selectors of one to three terms.

Every process of a benchmark makes the same fleet from the same three numbers, so that none of them has to be
told by another what is right. Who is to have which bundle is answered here with numpy masks over label codes,
which has nothing in common with the targeter's index.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORKSPACE = "fleet-default"
REPOSITORY = "scale"
LABELS = (
    ("gpu", 2),
    ("env", 4),
    ("ver", 8),
    ("tier", 10),
    ("fmt", 20),
    ("region", 50),
    ("zone", 200),
    ("ring", 1000),
)
"""The labels and how many values each has."""

EVERYWHERE, REGIONAL = 0, 1
"""The bundle that every cluster has and that is changed, and the one whose options differ by region."""

_SKEW = {"env": (0.7, 0.2, 0.08, 0.02)}
_FEW, _MANY = 12, 3
_ASKED_FOR = (0.3, 0.32, 0.2, 0.15, 0.0, 0.01, 0.01, 0.01)
"""How often selectors name each label: bundles go by environment, version and tier, and seldom by a zone.

With all labels alike, nearly every cluster of 100,000 would have a set of bundles that no other has.
"""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Term:
    """One requirement on a label: its values as numbers, and whether they are wanted or not."""

    label: int
    values: tuple[int, ...]
    wanted: bool = True

    def to_json(self) -> dict[str, Any]:
        """As an expression of a clusterSelector."""
        name = LABELS[self.label][0]
        values = [value_of(name, value) for value in self.values]
        return {"key": name, "operator": "In" if self.wanted else "NotIn", "values": values}


@dataclass(frozen=True)
class Fleet:
    """So many clusters and bundles of a seed. With `narrow` false every bundle selects every cluster."""

    clusters: int
    bundles: int = 150
    seed: int = 1
    narrow: bool = True
    _masks: dict[int, Mask] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def codes(self) -> list[NDArray[np.uint16]]:
        """The value of every label, by cluster."""
        chance = np.random.default_rng(self.seed)
        return [
            chance.choice(size, self.clusters, p=_SKEW.get(name)).astype(np.uint16) for name, size in LABELS
        ]

    @cached_property
    def selectors(self) -> list[tuple[Term, ...]]:
        """The terms of every bundle; the first two have none."""
        chance = np.random.default_rng(self.seed + 1)
        found: list[tuple[Term, ...]] = [(), ()]
        while len(found) < self.bundles:
            labels = chance.choice(len(LABELS), int(chance.integers(1, 4)), replace=False, p=_ASKED_FOR)
            found.append(tuple(_term(chance, int(label)) for label in labels) if self.narrow else ())
        return found[: self.bundles]

    def mask(self, bundle: int) -> Mask:
        """Which clusters are to have a bundle."""
        if bundle not in self._masks:
            found = np.ones(self.clusters, dtype=np.bool_)
            for term in self.selectors[bundle]:
                found &= np.isin(self.codes[term.label], term.values) == term.wanted
            self._masks[bundle] = found
        return self._masks[bundle]

    def labels(self, cluster: int) -> dict[str, str]:
        """All labels of a cluster."""
        return {
            name: value_of(name, int(codes[cluster]))
            for (name, _), codes in zip(LABELS, self.codes, strict=True)
        }

    def sets(self) -> Iterator[frozenset[int]]:
        """The bundles of every cluster, in the order of the clusters; equal sets are one object."""
        packed = np.packbits(np.stack([self.mask(bundle) for bundle in range(self.bundles)], axis=1), axis=1)
        known: dict[bytes, frozenset[int]] = {}
        for row in packed:
            key = row.tobytes()
            if key not in known:
                bits = np.unpackbits(np.frombuffer(key, dtype=np.uint8))
                known[key] = frozenset(int(bundle) for bundle in np.nonzero(bits)[0])
            yield known[key]

    @property
    def pairs(self) -> int:
        """How many pairs of a bundle and a cluster there are."""
        return sum(int(self.mask(bundle).sum()) for bundle in range(self.bundles))


def cluster_name(cluster: int) -> str:
    """The name of a cluster; names sort as their numbers do."""
    return f"c{cluster:07d}"


def cluster_number(name: str) -> int:
    """The number of the cluster of this name."""
    return int(name[1:])


def cluster_uid(cluster: int) -> str:
    """The uid of a cluster's object."""
    return f"6a0c2c4e-0000-4000-8000-{cluster:012x}"


def bundle_name(bundle: int) -> str:
    """The name of a bundle."""
    return f"scale-{bundle:05d}"


def bundle_number(name: str) -> int:
    """The number of the bundle of this name."""
    return int(name.rpartition("-")[2])


def value_of(label: str, value: int) -> str:
    """How a label's value is spelled."""
    return f"{label}-{value}"


def _term(chance: np.random.Generator, label: int) -> Term:
    """A requirement that a share of the fleet fulfils: of few values one, of many values some."""
    size = LABELS[label][1]
    count = 1 if size <= _FEW else min(size // 2, _MANY * int(chance.integers(1, 4)))
    values = tuple(sorted(int(value) for value in chance.choice(size, count, replace=False)))
    return Term(label, values, wanted=bool(chance.random() < 0.9))
