"""A program: reads one commit as the bundler does and prints the names of its bundles, or what is wrong.

`reading_commit.py URL COMMIT CACHE SECONDS`
"""

import asyncio
import sys
from pathlib import Path

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.errors import ReadingFailed
from fleet.bundler.exchange import Task
from fleet.bundler.pool import ReaderPool
from fleet.git import GitError, Remote, fetch


async def main(url: str, commit: str, cache: Path, seconds: float) -> int:
    try:
        tree = await fetch(Remote.of(url), commit, cache)
        async with ReaderPool(deadline=seconds) as pool:
            task = Task(Order(name="repo"), await tree.listing(), commit)
            answer = await pool.carry_out(task, tree.contents)
    except (BadInput, GitError, ReadingFailed) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    sys.stdout.writelines(f"{bundle.name}\n" for bundle in answer.bundles)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))))
