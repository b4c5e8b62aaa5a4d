"""How large a bundle may become: what unfolds when it is written is counted before it is."""

from typing import Any

from fleet.bundler.domain.bounds import BUNDLE_BYTES
from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput

_VALUE_BYTES = 4


def check_size(bundle: Bundle) -> None:
    """Refuse a bundle whose files, or whose options, are more than BUNDLE_BYTES as they are stored.

    Raises:
        BadInput: with the bundle's folder, and what it is too much of.
    """
    files = sum(map(_bytes, (text for file in bundle.files for text in (file.name, file.content))))
    if files > BUNDLE_BYTES:
        raise BadInput(
            f"the files of the bundle have {files} bytes as they are stored, {BUNDLE_BYTES} at most; leave "
            "some out by .fleetignore",
            path=bundle.folder or ".",
        )
    if _unfolds(bundle.spec, BUNDLE_BYTES):
        raise BadInput(
            f"the options of the bundle, its values files included, have more than {BUNDLE_BYTES} bytes",
            path=bundle.folder or ".",
        )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _unfolds(value: Any, most: int) -> bool:
    """Whether JSON values, each as often as it is there, are more than `most` bytes."""
    todo = [value]
    while todo:
        one = todo.pop()
        most -= _bytes(one) + _VALUE_BYTES if isinstance(one, str) else _VALUE_BYTES
        if most < 0:
            return True
        if isinstance(one, dict):
            most -= sum(map(_bytes, one))
            todo += one.values()
        elif isinstance(one, list):
            todo += one
    return False
