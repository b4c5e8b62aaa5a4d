"""What is wrong with a text, said with its place."""

from fleet.yaml.documents import Path


class InvalidYaml(ValueError):
    """A text is no YAML, is beyond the bounds, or says something that JSON cannot.

    `document` and `line` count from 1 (0: not known); `at` is the value's place, empty where it is the text
    itself that is wrong. `reason` never has a value from the text: it might be a secret.
    """

    def __init__(self, reason: str, *, document: int = 1, line: int = 0, at: Path = ()) -> None:
        self.reason = reason
        self.document = document
        self.line = line
        self.at = at
        place = [f"document {document}"] if document > 1 else []
        place += [f"line {line}"] if line else []
        super().__init__(f"{', '.join(place)}: {reason}" if place else reason)
