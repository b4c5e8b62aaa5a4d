"""Files of a repository as documents whose errors name the file, the line and the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet.bundler.domain.errors import BadInput
from fleet.yaml import Document as Text
from fleet.yaml import InvalidYaml, Path, dotted, read_first

__all__ = ["Document", "Path", "parse"]


@dataclass(frozen=True, slots=True)
class Document:
    """The first document of a file as JSON values; `lines` has the line of each value, counted from 1.

    `repeated` has the keys that are there again, with the line of the one before.
    """

    value: Any
    path: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict)
    repeated: Mapping[Path, int] = field(default_factory=dict)

    def line(self, at: Path) -> int:
        """The line of a value, or of the nearest one around it that the file itself has."""
        return Text(self.value, lines=self.lines).line(at)

    def wrong(self, at: Path, reason: str) -> BadInput:
        """An error at a value's place."""
        return BadInput(reason, path=self.path, line=self.line(at), field=dotted(at))


def parse(data: bytes, path: str) -> Document:
    """Read the first document of a file. An empty one is None.

    Floats stay YAML's, as `1e6` is 1000000 to JSON but `1e+06` where text is wanted.

    Raises:
        BadInput: it is no YAML, too deep or too large, or has a key that is no scalar; with the line.
    """
    try:
        found = read_first(data, yaml_floats=True)
    except InvalidYaml as error:
        raise BadInput(error.reason, path=path, line=error.line, field=dotted(error.at)) from None
    return Document(found.value, path, found.lines, found.repeated)
