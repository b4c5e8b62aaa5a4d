"""How large a bundle may become: what unfolds when it is written is counted before it is."""

from dataclasses import dataclass
from typing import Any

from fleet.bundler.domain.bounds import BUNDLE_BYTES, BUNDLES_BYTES
from fleet.bundler.domain.bundle import Bundle
from fleet.bundler.domain.errors import BadInput

_VALUE_BYTES = 4
_TWO_BYTES = b'\b\t\n\f\r"\\'
_SIX_BYTES = bytes(set(range(0x20)) - set(_TWO_BYTES))
_MOST = 6


@dataclass(slots=True)
class Room:
    """What the bundles of one reading may still have."""

    left: int = BUNDLES_BYTES

    def take(self, bundle: Bundle) -> None:
        """Take what a bundle has. Raises BadInput where that is too much, by itself or with those before."""
        self.left -= check_size(bundle)
        if self.left < 0:
            raise BadInput(
                f"with this bundle the files of all have more than {BUNDLES_BYTES} bytes as they are stored; "
                "what is in a folder counts in each bundle above it: leave it out there by .fleetignore",
                path=bundle.folder or ".",
            )


def check_size(bundle: Bundle) -> int:
    """Refuse a bundle whose files, or whose options, are more than BUNDLE_BYTES as they are stored.

    Gives the bytes of its files. Raises BadInput with the bundle's folder, and what it is too much of.
    """
    files = sum(map(_bytes, (text for file in bundle.files for text in (file.name, file.content))))
    if _MOST * files > BUNDLE_BYTES:  # only then it pays to count what JSON adds
        files += sum(_escapes(file.content.encode()) for file in bundle.files)
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
    return files


def _escapes(text: bytes) -> int:
    """How much longer a text is in JSON, which has two bytes or six for some characters."""
    plain = text.translate(None, _TWO_BYTES)
    wide = len(plain) - len(plain.translate(None, _SIX_BYTES))
    return len(text) - len(plain) + (_MOST - 1) * wide


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
