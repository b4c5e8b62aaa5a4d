"""Files that only their owner may read, replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_OPEN_TO_OTHERS = 0o027


def write_private(path: Path, data: bytes) -> None:
    """Replace a file's content; after a crash at any instant the old or the new content is there.

    The file is never, not even briefly, readable by others. The folder is made when it is missing.
    """
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def open_to_others(path: Path) -> bool:
    """Whether anybody outside owner and group may touch the file, or the group may change it.

    A group that reads is let be: that is how Kubernetes mounts a secret for a process without root.
    """
    return bool(path.stat().st_mode & _OPEN_TO_OTHERS)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
