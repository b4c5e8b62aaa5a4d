"""python -m benchmarks.scale T<k> --clusters N [--bundles M] [--seed S] [--json] [--keep DIR] [--corrupt K]

Runs one row of the table in docs/performance.md and prints a line of JSON as the last line. The exit code is
1 where desired, delivered and reported were not equal. `--keep` leaves the broker's store in a folder,
`--corrupt K` alters K records before the comparison, which must notice.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.scale.rows import ROWS, run


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("row", choices=sorted(ROWS))
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--bundles", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="nothing but the line of JSON")
    parser.add_argument("--keep", type=Path, help="where everything is left")
    parser.add_argument("--corrupt", type=int, default=0, help="records to alter before the comparison")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-scale-") as folder:
        found = asyncio.run(
            run(
                given.row,
                clusters=given.clusters,
                bundles=given.bundles,
                seed=given.seed,
                folder=given.keep or Path(folder),
                altered=given.corrupt,
            )
        )
    if not given.json:
        print(f"{found['id']}: {found['clusters']} clusters, {found['seconds']} s, equal: {found['equal']}")
    print(json.dumps(found))
    return 0 if found["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
