"""What is remembered of a repository's last reading, so that the next one reads what is new and no more.

It holds facts: these looks at a tree, under this order, gave this bundle. Whoever forgets reads all again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fleet.bundler.domain.looks import FOLDER
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import Known
from fleet.bundler.domain.records import Named
from fleet.bundler.domain.warnings import ReadWarning


@dataclass(frozen=True, slots=True)
class Kept:
    """A place, what it was made of, and what came of it: the names of its sealed parts, without these.

    `lasting` is False where something besides the tree was asked, such as a chart repository: then equal
    looks prove nothing.
    """

    known: Known
    named: Named | None
    warnings: tuple[ReadWarning, ...] = ()
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Remembered:
    """All places of a repository as they were at a commit, and the paths of its order that are not there."""

    order: Order
    commit: str
    kept: tuple[Kept, ...]
    absent: tuple[ReadWarning, ...] = ()

    @property
    def size(self) -> int:
        """A measure of the memory that this takes: how many looks and warnings it has."""
        return len(self.absent) + sum(len(one.known.looks) + len(one.warnings) for one in self.kept)

    @property
    def warnings(self) -> tuple[ReadWarning, ...]:
        """What was passed over at all places, and the paths that are none."""
        return (*self.absent, *(word for one in self.kept for word in one.warnings))

    @property
    def named(self) -> tuple[Named, ...]:
        """The bundles of all places."""
        return tuple(one.named for one in self.kept if one.named is not None)

    def known(self) -> list[Known]:
        """The places that need no reading where their looks are the same."""
        return [one.known for one in self.kept if one.lasting]

    def touched(self, edited: Collection[str]) -> list[Kept]:
        """The places to be read again where these files and folders have other content, all else equal."""
        whole = {*edited, ""} if edited else edited
        return [one for one in self.kept if not one.lasting or _is_touched(one.known.looks, whole)]

    def with_news(self, commit: str, news: Iterable[Kept]) -> "Remembered":
        """The same places at a later commit, some of them read again."""
        fresh = {one.known.place: one for one in news}
        kept = tuple(fresh.get(one.known.place, one) for one in self.kept)
        return Remembered(self.order, commit, kept, self.absent)


def _is_touched(looks: Mapping[str, str], edited: Collection[str]) -> bool:
    return any(path in edited and stood != FOLDER for path, stood in looks.items())
