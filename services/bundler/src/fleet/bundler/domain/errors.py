"""What is wrong with a repository, said with its place."""


class BadInput(Exception):
    """Something in a repository, or in the object that names it, breaks a rule of Fleet's.

    `path` is relative to the repository's root, `line` counts from 1 (0: not known), `field` is the
    dotted name of the field. The text never has a value from the file: it might be a secret.
    """

    def __init__(self, reason: str, *, path: str = "", line: int = 0, field: str = "") -> None:
        self.reason = reason
        self.path = path
        self.line = line
        self.field = field
        place = f"{path}:{line}" if path and line else path
        super().__init__(": ".join(part for part in (place, field, reason) if part))
