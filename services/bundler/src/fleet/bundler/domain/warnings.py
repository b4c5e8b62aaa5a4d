"""What a reading passes over, as Fleet does, but tells the author of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadWarning:
    """Something in a repository that is ignored; it never changes the bytes of a bundle.

    `path` is relative to the repository's root, `line` counts from 1 (0: not known), `field` is the dotted
    name of the field. The text never has a value from the file: it might be a secret.
    """

    reason: str
    path: str = ""
    line: int = 0
    field: str = ""

    def __str__(self) -> str:
        """One line for people: place, field, reason."""
        place = f"{self.path}:{self.line}" if self.path and self.line else self.path
        return ": ".join(part for part in (place, self.field, self.reason) if part)
