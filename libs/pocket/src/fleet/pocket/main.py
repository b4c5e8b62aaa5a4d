"""`fleet-pocket`: the pocket clusters that a folder names, in one process."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

import orjson

from .logs import configure_logs
from .server import HOST, PocketServer

log = logging.getLogger("fleet.pocket")


def read_names(data: Path) -> list[str]:
    """The clusters in `clusters.json`; none when there is no such file. Raises ValueError with the file's
    name.
    """
    path = data / "clusters.json"
    if not path.exists():
        return []
    try:
        return [str(name) for name in orjson.loads(path.read_bytes())["clusters"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path} is not {{"clusters": ["NAME", ...]}}: {error}') from error


async def follow(server: PocketServer, data: Path) -> None:
    """Serve what the file names now; one that cannot be read changes nothing."""
    try:
        wanted = read_names(data)
        for name in wanted:
            await server.add(name)
        for name in set(server.names) - set(wanted):
            await server.remove(name)
    except ValueError:
        log.exception("the list of clusters is not followed")


async def serve(data: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads the list of clusters again."""
    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, signals.put_nowait, number)
    async with PocketServer(data, names=read_names(data), port=port) as server:
        log.info("serving", extra={"clusters": server.names, "address": f"http://{HOST}:{server.port}"})
        while await signals.get() == signal.SIGHUP:
            await follow(server, data)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="fleet-pocket", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with clusters.json and the clusters' data"
    )
    parser.add_argument("--listen", default=f"{HOST}:0", help=f"{HOST}:PORT (loopback only)")
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    if host != HOST or not port.isdigit():
        parser.error(f"--listen {options.listen}: pocket clusters listen on {HOST}:PORT only")
    options.data.mkdir(parents=True, exist_ok=True)
    configure_logs()
    asyncio.run(serve(options.data, int(port)))
