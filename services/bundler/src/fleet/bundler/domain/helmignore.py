"""`.helmignore` as Helm reads it where it loads a chart from a folder.

Fleet does not look at it when it puts files into a bundle, and leaves hidden files out, this one included: so
it counts only where Helm loads a chart of the repository, to see what it depends on or to pack it.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.glob import BadPattern, matches
from fleet.bundler.domain.tree import Tree

FILE_NAME = ".helmignore"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    negated: bool = False
    folders_only: bool = False

    def fits(self, path: str) -> bool:
        """Whether it matches the path, or the last part of it where the pattern has no slash."""
        if "/" not in self.pattern:
            return matches(self.pattern, posixpath.basename(path))
        return matches(self.pattern.removeprefix("/"), path)


_DEFAULT = _Rule("templates/.?*")


@dataclass(frozen=True, slots=True)
class HelmIgnore:
    """The rules of one chart, for paths in its folder."""

    rules: tuple[_Rule, ...] = (_DEFAULT,)

    def ignores(self, path: str) -> bool:
        """Whether Helm does not load a file: by itself, or with a folder that it stands in."""
        parts = path.split("/")
        above = ("/".join(parts[:n]) for n in range(1, len(parts)))
        return any(self._ignores(one, folder=True) for one in above) or self._ignores(path, folder=False)

    def ignores_folder(self, path: str) -> bool:
        """Whether Helm does not look into a folder."""
        return self.ignores(f"{path}/.")

    def _ignores(self, path: str, *, folder: bool) -> bool:
        """The first rule that says so counts; a negated one says so of all that it does not match."""
        for rule in self.rules:
            wrong_kind = rule.folders_only and not folder
            if rule.negated:
                if wrong_kind or not rule.fits(path):
                    return True
            elif not wrong_kind and rule.fits(path):
                return True
        return False


def read_helmignore(tree: Tree, folder: str) -> HelmIgnore:
    """The rules of the chart in a folder. Raises BadInput at a line that Helm does not take."""
    path = posixpath.join(folder, FILE_NAME)
    if not tree.is_file(path):
        return HelmIgnore()
    return HelmIgnore((*_rules(tree.read(path).decode("utf-8-sig", "surrogateescape"), path), _DEFAULT))


def _rules(text: str, path: str) -> Iterator[_Rule]:
    for line, given in enumerate(text.split("\n"), 1):
        rule = given.strip()
        if not rule or rule.startswith("#"):
            continue
        if "**" in rule:
            raise BadInput("double-star (**) syntax is not supported", path=path, line=line)
        try:
            matches(rule, "abc")
        except BadPattern:
            raise BadInput("syntax error in pattern", path=path, line=line) from None
        bare = rule.removeprefix("!")
        yield _Rule(bare.removesuffix("/"), negated=bare != rule, folders_only=bare.endswith("/"))
