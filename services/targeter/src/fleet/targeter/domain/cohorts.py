"""Which clusters of a share get the same options once templates are filled in."""

from collections.abc import Iterator

from pyroaring import BitMap

from fleet.targeter.domain.clusters import ClusterBook
from fleet.targeter.domain.preparing import UNLABELLED, Reading, Recipe, shown


def split(recipe: Recipe, members: BitMap, clusters: ClusterBook) -> Iterator[tuple[Reading, BitMap]]:
    """Part clusters by what options look at; disjoint, and nothing is empty.

    Where options look at labels only, sets are parted by sets; else each cluster is asked.
    """
    labelled = clusters.index.with_any(shown, members)
    if without := members - labelled:
        yield UNLABELLED, without
    if not labelled:
        return
    if recipe.labels_only:
        yield from _by_labels(recipe, labelled, clusters)
        return
    found: dict[Reading, BitMap] = {}
    for ordinal in labelled:
        if cluster := clusters.at(ordinal):
            found.setdefault(recipe.reading(cluster.view()), BitMap()).add(ordinal)
    yield from found.items()


def _by_labels(recipe: Recipe, members: BitMap, clusters: ClusterBook) -> Iterator[tuple[Reading, BitMap]]:
    parts: list[tuple[Reading, BitMap]] = [((), members)]
    for _, key in recipe.reads:
        finer: list[tuple[Reading, BitMap]] = []
        for reading, part in parts:
            values = clusters.index.values_of(key, part) if shown(key) else {}
            finer += [((*reading, value), found) for value, found in values.items()]
            if rest := part - BitMap.union(BitMap(), *values.values()):
                finer.append(((*reading, None), rest))
        parts = finer
    yield from parts
