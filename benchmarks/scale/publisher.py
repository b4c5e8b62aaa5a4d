"""`python -m benchmarks.scale.publisher`: the process that says what a commit has.

Reads one line of JSON on standard input, `{"url", "seed", "events": [body, ...]}`, publishes the bundles one
after the other, and prints when the last was acknowledged, by the machine's monotonic clock in seconds.
"""

import asyncio
import sys
import time

import orjson
from benchmarks.scale.declared import SOURCE

from fleet.bus import Bus
from fleet.events import BundleRendered


async def publish(asked: dict[str, object]) -> float:
    """Publish all; gives when the first was acknowledged, which is when the clock of a row starts."""
    first = 0.0
    async with await Bus.connect(str(asked["url"]), name="publisher", seed=str(asked["seed"])) as bus:
        for body in asked["events"]:  # type: ignore[attr-defined]
            await bus.publish(BundleRendered.model_validate(body), source=SOURCE)
            first = first or time.monotonic()
    return first


def main() -> None:
    """Do what standard input says."""
    print(asyncio.run(publish(orjson.loads(sys.stdin.buffer.readline()))))


if __name__ == "__main__":
    main()
