"""What can go wrong in the bundler itself.

ReadingFailed
├── ReadingTooSlow    it was not done by its deadline
├── ReadingTooLarge   it needed more memory than it may have
├── ReaderDied        its process ended in the middle
├── ReaderBroken      its process met a fault of ours
└── ChartsLost        what was fetched for it did not stay

The others are no failures: Outdated and HostBusy say that a reading is not wanted any more, or not now;
NeedsWhole and NeedsContent that it takes more than what has changed.
"""

from fleet.bundler.domain.errors import on_one_line

_MOST_OF_A_PLACE = 500


class ReadingFailed(Exception):
    """A commit could not be read, through no rule that its files break; the world may be better later."""


class ReadingTooSlow(ReadingFailed):
    """It was not done by its deadline; `seconds` is how long it was given, `place` where it was then."""

    def __init__(self, seconds: float, place: str = "") -> None:
        self.seconds = seconds
        super().__init__(
            f"reading took longer than {seconds:g} s and was stopped{_at(place)}; it is tried again. If this "
            "stays, split the repository or name fewer folders in spec.paths"
        )


class ReadingTooLarge(ReadingFailed):
    """It needed more memory than the `limit` bytes that it may have; `place` is where it was then."""

    def __init__(self, limit: int, place: str = "") -> None:
        self.limit = limit
        super().__init__(
            f"reading needed more than {limit >> 20} MiB of memory and was stopped{_at(place)}; it is tried "
            "again. If this stays, split the repository or name fewer folders in spec.paths"
        )


class ReaderDied(ReadingFailed):
    """Its process ended in the middle, as for want of memory; `code` is its exit code."""

    def __init__(self, code: int | None) -> None:
        self.code = code
        super().__init__(
            f"the reading process ended with code {code} in the middle; it is tried again. If this stays, "
            "a file in spec.paths is probably too large"
        )


class ReaderBroken(ReadingFailed):
    """Its process met a fault of ours; `place` says which and where."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"the reading process met a fault of its own ({place}); please report it")


class ChartsLost(ReadingFailed):
    """Charts were fetched `rounds` times, and were gone from the cache before they could be read."""

    def __init__(self, rounds: int) -> None:
        super().__init__(
            f"charts were fetched {rounds} times and were gone from the cache each time before they could be "
            "read; it is tried again. If this stays, look whether the disk is full or something else removes "
            "files from the data folder"
        )


def _at(place: str) -> str:
    return f" at the folder {on_one_line(place, _MOST_OF_A_PLACE)}" if place else ""


class Outdated(Exception):
    """What was being read has been deleted or changed; whoever sees that change reads it anew."""


class HostBusy(Exception):
    """Too many wait for this host already; to be tried again after `delay` seconds."""

    def __init__(self, host: str, delay: float) -> None:
        self.host = host
        self.delay = delay
        super().__init__(f"other commits of the host {host} are being fetched or wait for that")


class NeedsWhole(Exception):
    """A place that was to be read out of a part of the tree depends on more than this part."""


class NeedsContent(Exception):
    """Bundles must be written that were not read, as nothing in them has changed."""
