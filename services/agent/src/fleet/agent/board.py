"""Where every bundle of this cluster stands, and who wants to know."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

from fleet.agent.domain.plan import BundleKey
from fleet.agent.domain.report import is_result
from fleet.agent.domain.standing import Standing


class Board:
    """The standings of one cluster.

    `changed` is set with every change, `result` with one that people wait for; whoever reports clears
    them. Workers that wait for others are told of every change of state.
    """

    def __init__(self) -> None:
        self._standings: dict[BundleKey, Standing] = {}
        self._listeners: list[Callable[[BundleKey], None]] = []
        self._busy: set[BundleKey] = set()
        self._seen: set[BundleKey] = set()
        self.changed = asyncio.Event()
        self.result = asyncio.Event()

    def subscribe(self, listener: Callable[[BundleKey], None]) -> None:
        """Hear of every bundle whose state changed."""
        self._listeners.append(listener)

    def post(self, key: BundleKey, standing: Standing) -> None:
        """Take over where a bundle stands."""
        self._seen.add(key)
        last = self._standings.get(key)
        if last == standing:
            return
        result = is_result(self._standings, key, standing)
        self._standings[key] = standing.following(last)
        self.changed.set()
        if result:
            self.result.set()
            for listener in self._listeners:
                listener(key)

    def drop(self, key: BundleKey) -> None:
        """Forget a bundle."""
        self._busy.discard(key)
        self._seen.discard(key)
        if self._standings.pop(key, None) is not None:
            self.changed.set()
            self.result.set()

    def keep(self, keys: Collection[BundleKey]) -> None:
        """Forget every other bundle."""
        for key in [key for key in self._standings if key not in keys]:
            self.drop(key)

    def last(self, key: BundleKey) -> Standing | None:
        """Where a bundle stood last."""
        return self._standings.get(key)

    def standings(self) -> Mapping[BundleKey, Standing]:
        """All of them."""
        return dict(self._standings)

    def states(self, digests: Mapping[BundleKey, str]) -> dict[BundleKey, str]:
        """The states of bundles for these entries of theirs, without those that stand for another entry."""
        return {
            key: standing.state
            for key, standing in self._standings.items()
            if standing.entry == digests.get(key) == standing.applied
        }

    def begin(self, key: BundleKey) -> None:
        """Work on a bundle begins: a result may follow soon."""
        self._busy.add(key)

    def finish(self, key: BundleKey) -> None:
        """Work on a bundle ends, whether it stands anywhere or not."""
        self._seen.add(key)
        self._busy.discard(key)
        if not self._busy:
            self.changed.set()

    @property
    def settled(self) -> bool:
        """Whether nobody is at work."""
        return not self._busy

    def missing(self, keys: Iterable[BundleKey]) -> list[BundleKey]:
        """Those of these bundles that were never looked at."""
        return [key for key in keys if key not in self._seen]
