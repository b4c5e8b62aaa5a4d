"""`python -m fleet.cli.comparison --data DIR`: compare an embedded hub from outside, as JSON.

Exit code 0 where all is equal, 1 where it is not. It is no service and shares none of their memory.
"""

import argparse
import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import orjson

from fleet.bus import Bus
from fleet.cli.address import address_of
from fleet.cli.comparison.pairs import Comparison
from fleet.cli.comparison.reading import read_and_compare
from fleet.cli.hub.layout import Layout
from fleet.events import ClusterRecord
from fleet.kube import KubeClient
from fleet.vault import Keyring


async def compare_hub(folder: Path) -> Comparison:
    """Compare the hub in `folder`, which must be running."""
    layout = Layout(folder)
    address = address_of(server=None, seed_file=None, data=folder)
    async with AsyncExitStack() as stack:
        bus = await Bus.connect(address.url, name=f"comparison-{os.getpid()}", seed=address.seed())
        await stack.enter_async_context(bus)
        clusters: dict[str, KubeClient] = {}
        async for found in bus.present(ClusterRecord):
            record = found.event
            if not record.deleted:
                path = layout.kubeconfig(record.workspace, record.name)
                client = await KubeClient.from_kubeconfig(path)
                clusters[f"{record.workspace}/{record.name}"] = await stack.enter_async_context(client)
        return await read_and_compare(bus=bus, keyring=Keyring.open(layout.keyring), clusters=clusters)


def main() -> None:
    """Print the comparison; exit with 1 where the sources disagree."""
    parser = argparse.ArgumentParser(description="Compare desired, delivered and reported.")
    parser.add_argument("--data", type=Path, required=True, help="folder of a running hub")
    found = asyncio.run(compare_hub(parser.parse_args().data))
    print(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2).decode())
    sys.exit(0 if found.equal else 1)


if __name__ == "__main__":
    main()
