"""What is wrong with a repository, said with its place."""

_MOST_OF_A_PLACE = 500
_MOST_OF_A_REASON = 1000


class BadInput(Exception):
    """Something in a repository, or in the object that names it, breaks a rule of Fleet's.

    `path` is relative to the repository's root, `line` counts from 1 (0: not known), `field` is the
    dotted name of the field. The text never has a value from the file: it might be a secret. It is one
    line of text that any terminal and any encoding takes, and short, whatever names the repository has.
    """

    def __init__(self, reason: str, *, path: str = "", line: int = 0, field: str = "") -> None:
        self.reason = reason
        self.path = path
        self.line = line
        self.field = field
        super().__init__(told(reason, path, line, field))


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
