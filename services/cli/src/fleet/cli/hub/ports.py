"""TCP ports on loopback, kept from one start to the next where that is possible.

They are taken from below the range that kernels use for outgoing connections, so that nobody's connection
sits on one while its program is started again. A program binds its port long after that was picked, so the
hub holds the UDP port of the same number as long as it runs: no other hub, and no second program of this
one, is given the number in between.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

HOST = "127.0.0.1"

_RANGE = range(20_000, 32_768)
_TRIES = 100


@contextmanager
def reserved_ports(names: Iterable[str], before: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """A port for each name: the one it had before, if that is free, else any that is.

    They are this hub's until the block is left. Raises OSError where no free port is found.
    """
    with ExitStack() as held:
        yield {name: _reserve(held, before.get(name, 0)) for name in names}


def _reserve(held: ExitStack, wanted: int) -> int:
    for port in [*([wanted] if wanted else []), *random.sample(_RANGE, _TRIES)]:
        mark = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        if _is_free(port) and _bound(mark, port):
            return port
        mark.close()
    raise OSError(f"no free port found between {_RANGE.start} and {_RANGE.stop - 1}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _bound(probe, port)


def _bound(to_bind: socket.socket, port: int) -> bool:
    try:
        to_bind.bind((HOST, port))
    except OSError:
        return False
    return True
