"""One `fleet up` per folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from fleet.cli.errors import CommandFailed
from fleet.cli.hub.layout import Layout


@contextmanager
def folder_lock(layout: Layout) -> Iterator[None]:
    """Hold a hub's folder while the block runs; the kernel lets go of it when this process ends, however.

    Raises:
        CommandFailed: another process holds it; nothing was touched.
    """
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
            raise CommandFailed(
                f"error: {layout.folder.resolve()} is in use by another hub (process {holder}):"
                " stop that one, or name another folder with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
