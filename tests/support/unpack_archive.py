"""A program: takes an archive apart as a reading process does; prints the number of files, or what is wrong.

`unpack_archive.py FILE`
"""

import resource
import sys
from pathlib import Path

from fleet.bundler.domain.archive import BadArchive, Budget, unpack
from fleet.bundler.pool import MEMORY


def main(path: Path) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        found = unpack(path.read_bytes(), path.name, Budget())
    except BadArchive as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{len(found.modes)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
