"""TCP ports on loopback, kept from one start to the next where that is possible.

They are taken from below the range that kernels use for outgoing connections, so that nobody's connection
sits on one while its program is started again.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Mapping

HOST = "127.0.0.1"

_RANGE = range(20_000, 32_768)
_TRIES = 100


def kept_ports(names: Iterable[str], before: Mapping[str, int]) -> dict[str, int]:
    """A port for each name: the one it had before, if that is free, else any that is."""
    found: dict[str, int] = {}
    for name in names:
        kept = before.get(name, 0)
        found[name] = kept if kept and kept not in found.values() and _is_free(kept) else free_port()
    return found


def free_port() -> int:
    """A port that nobody uses at the moment. Raises OSError where none is found."""
    for port in random.sample(_RANGE, _TRIES):
        if _is_free(port):
            return port
    raise OSError(f"no free port found between {_RANGE.start} and {_RANGE.stop - 1}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
