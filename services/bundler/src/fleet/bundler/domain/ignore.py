"""`.fleetignore`: which files and folders stay out of a bundle (Fleet's `ignoreTree`)."""

import posixpath
import re
from dataclasses import dataclass

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.glob import BadPattern, matches
from fleet.bundler.domain.tree import Tree

FILE_NAME = ".fleetignore"

_LONGEST_LINE = 1 << 16
"""Where Go's line scanner gives up, without a word: the rules behind a line of so many bytes do not count."""

_SPACE = "\t\n\f\r "
_WHOLE_FOLDER = re.compile(r".+/\*")


@dataclass(frozen=True, slots=True)
class _Rule:
    folder: str
    file: str
    line: int
    pattern: str


class IgnoreRules:
    """The rules found so far on a walk from a bundle's folder downwards.

    Rules of a folder hold for what is below it, and, as Fleet compares paths as text, also for its
    siblings whose names begin like its own (quirk 32). They never hold for the folder itself.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._rules: list[_Rule] = []

    def enter(self, folder: str) -> None:
        """Take up the rules of a folder, to be called before anything in it is asked about."""
        path = posixpath.join(folder, FILE_NAME)
        if self._tree.is_file(path):
            text = self._tree.read(path).decode("utf-8", "surrogateescape")
            for line, pattern in _patterns(text):
                self._rules.append(_Rule(folder, path, line, pattern))

    def ignores(self, path: str, *, folder: bool) -> bool:
        """Whether the file or folder is left out. Raises BadInput for a pattern that is none."""
        name = posixpath.basename(path)
        for rule in self._rules:
            if not path.startswith(rule.folder) or path == rule.folder:
                continue
            try:
                if _fits(rule.pattern, name, folder=folder):
                    return True
            except BadPattern:
                raise BadInput("syntax error in pattern", path=rule.file, line=rule.line) from None
        return False


def _fits(pattern: str, name: str, *, folder: bool) -> bool:
    """`dir/*` means folders called `dir`, at any depth; everything else is compared with the bare name."""
    if _WHOLE_FOLDER.match(pattern):
        return folder and pattern.removesuffix("/*") == name
    return matches(pattern, name)


def _patterns(text: str) -> list[tuple[int, str]]:
    found = []
    for line, raw in enumerate(text.split("\n"), start=1):
        if len(raw.encode("utf-8", "surrogateescape")) >= _LONGEST_LINE:
            break
        pattern = _without_trailing_space(raw.removesuffix("\r"))
        if pattern and not pattern.startswith("#"):
            found.append((line, pattern))
    return found


def _without_trailing_space(line: str) -> str:
    """A line without the space at its end, of which one character stays after a backslash or nothing."""
    bare = line.rstrip(_SPACE)
    return bare if bare and not bare.endswith("\\") else line[: len(bare) + 1]
