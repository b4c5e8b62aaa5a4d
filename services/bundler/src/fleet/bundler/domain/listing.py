"""A commit's paths as git lists them: bytes that only the reading process takes apart."""

from collections.abc import Mapping

from fleet.bundler.domain.bounds import ENTRIES
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tree import Mode

_FOLDER = "040000"
_WITH_SIZE = 4
_EMPTY = "empty"
_MODES = {"120000": Mode.LINK, "160000": Mode.SUBMODULE, _EMPTY: Mode.EMPTY}
_WRITTEN = {
    Mode.FILE: "100644 blob",
    Mode.LINK: "120000 blob",
    Mode.SUBMODULE: "160000 commit",
    Mode.EMPTY: f"{_EMPTY} tree",
}


def parse(listing: bytes) -> tuple[dict[str, Mode], dict[str, str], dict[str, int]]:
    """The mode of each file, link and submodule, the id of each path, folders included, and sizes in bytes.

    An entry is `<mode> <kind> <id> <size>` TAB `<path>`, a size may be missing; a zero byte ends it.

    Raises:
        BadInput: there are more than ENTRIES.
    """
    if (count := listing.count(b"\0")) > ENTRIES:
        raise BadInput(f"the repository has {count} files and folders, of which {ENTRIES} are read at most")
    modes: dict[str, Mode] = {}
    ids: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        about, tab, path = line.partition("\t")
        if tab:
            words = about.split()
            ids[path] = words[2]
            if words[0] != _FOLDER:
                modes[path] = _MODES.get(words[0], Mode.FILE)
                if len(words) == _WITH_SIZE and words[3] != "-":
                    sizes[path] = int(words[3])
    return modes, ids, sizes


def written(modes: Mapping[str, Mode]) -> tuple[bytes, dict[str, str]]:
    """A listing of files that have no ids of git's, and the path for each id that is made up for them."""
    paths = {str(number): path for number, path in enumerate(modes)}
    entries = (f"{_WRITTEN[modes[path]]} {id}\t{path}\0" for id, path in paths.items())
    return "".join(entries).encode("utf-8", "surrogateescape"), paths
