"""When to look again."""

BACKOFF_CAP = 300.0
"""Seconds that a repository which cannot be reached waits at most."""

_BACKOFF_BASE = 15.0
_JITTER = 0.1


def pause(*, interval: float, failures: int, chance: float) -> float:
    """Seconds from the start of one look to the next.

    After a success it is the interval and up to a tenth more, as in Fleet (fleet.md 7.1), so that polls
    spread. After `failures` in a row it begins with the interval (15 s if that is longer), doubles each
    time up to five minutes, and is up to a tenth shorter. `chance` is a random number from 0 to 1.
    """
    if failures == 0:
        return interval * (1 + _JITTER * chance)
    doubled = min(interval, _BACKOFF_BASE) * 2.0 ** min(failures - 1, 64)
    return min(doubled, BACKOFF_CAP) * (1 - _JITTER * chance)
