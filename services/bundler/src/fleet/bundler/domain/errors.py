"""What is wrong with a repository, said with its place."""

from collections.abc import Iterable

MOST_FAULTS = 20
"""After so many in one place there is no use in looking for more."""

_MOST_OTHERS = 9
_MOST_OF_A_PLACE = 500
_MOST_OF_A_REASON = 1000


class BadInput(Exception):
    """Something in a repository, or in the object that names it, breaks a rule of Fleet's.

    `path` is relative to the repository's root, `line` counts from 1 (0: not known), `field` is the
    dotted name of the field. The text never has a value from the file: it might be a secret. It is one
    line of text that any terminal and any encoding takes, and short, whatever names the repository has.
    `faults` are all that this one tells, itself where it is a single one.
    """

    def __init__(self, reason: str, *, path: str = "", line: int = 0, field: str = "") -> None:
        self.reason = reason
        self.path = path
        self.line = line
        self.field = field
        self.faults: tuple[BadInput, ...] = (self,)
        super().__init__(told(reason, path, line, field))


def all_of(errors: Iterable[BadInput]) -> BadInput:
    """What is wrong with one file as one error: the first by its line, and the others in its reason."""
    faults = sorted((fault for error in errors for fault in error.faults), key=lambda fault: fault.line)
    first, *others = faults
    if not others:
        return first
    reasons = [f"; and {_in_file(fault)}" for fault in others[:_MOST_OTHERS]]
    if len(others) > _MOST_OTHERS:
        reasons.append("; and more")
    both = BadInput(first.reason + "".join(reasons), path=first.path, line=first.line, field=first.field)
    both.faults = tuple(faults)
    return both


def _in_file(fault: BadInput) -> str:
    where = f"line {fault.line}" if fault.line else ""
    return ": ".join(part for part in (where, fault.field, fault.reason) if part)


def told(reason: str, path: str, line: int, field: str) -> str:
    """A reason with its place in front, on one short line; what is not known is left out."""
    shown = on_one_line(path, _MOST_OF_A_PLACE)
    place = f"{shown}:{line}" if path and line else shown
    parts = (place, on_one_line(field, _MOST_OF_A_PLACE), on_one_line(reason, _MOST_OF_A_REASON))
    return ": ".join(part for part in parts if part)


def on_one_line(text: str, most: int) -> str:
    """A text with an escape for each character that is not printable, cut in its middle beyond `most`."""
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-most // 2 :]}"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
