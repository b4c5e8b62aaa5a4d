"""Folders that are needed for a moment, and go away even where the process that needed them was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A new folder in `place` that only this user may read; gone with all that is in it afterwards.

    Raises OSError where nothing can be written there.
    """
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(place, fcntl.LOCK_SH):
            folder = Path(tempfile.mkdtemp(dir=place))
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            held.enter_context(_locked(folder, fcntl.LOCK_EX))
        yield folder


def sweep(place: Path) -> None:
    """Remove the folders that killed processes left in `place`; those in use by another process stay."""
    if not place.is_dir():
        return
    with _locked(place, fcntl.LOCK_EX):
        for folder in place.iterdir():
            with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """The kernel ends the lock with the process, whatever ends that."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
