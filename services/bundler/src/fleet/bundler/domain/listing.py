"""A commit's paths as git lists them: bytes that only the reading process takes apart."""

from collections.abc import Mapping

from fleet.bundler.domain.tree import Mode

_FOLDER = "040000"
_MODES = {"120000": Mode.LINK, "160000": Mode.SUBMODULE}
_WRITTEN = {Mode.FILE: "100644 blob", Mode.LINK: "120000 blob", Mode.SUBMODULE: "160000 commit"}


def parse(listing: bytes) -> tuple[dict[str, Mode], dict[str, str]]:
    """The mode of each file, link and submodule, and the id of each path, folders included.

    An entry is `<mode> <kind> <id> <size>` TAB `<path>`, a size may be missing; a zero byte ends it.
    """
    modes: dict[str, Mode] = {}
    ids: dict[str, str] = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        about, tab, path = line.partition("\t")
        if tab:
            words = about.split()
            ids[path] = words[2]
            if words[0] != _FOLDER:
                modes[path] = _MODES.get(words[0], Mode.FILE)
    return modes, ids


def written(modes: Mapping[str, Mode]) -> tuple[bytes, dict[str, str]]:
    """A listing of files that have no ids of git's, and the path for each id that is made up for them."""
    paths = {str(number): path for number, path in enumerate(modes)}
    entries = (f"{_WRITTEN[modes[path]]} {id}\t{path}\0" for id, path in paths.items())
    return "".join(entries).encode("utf-8", "surrogateescape"), paths
