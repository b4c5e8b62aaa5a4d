"""How fast one process publishes the desired state of many clusters, in one batch, to its own nats-server.

    .venv/bin/python benchmarks/publish.py [--clusters 100000] [--runs 5]

Every record is a whole DeploymentTargeted of three bundles with one entry inline, authenticated with its
cluster's key, on the stream DESIRED as a hub makes it (republished to the wakes, `sync_interval` 1 s), and
then once more on one that wakes nobody. The first run fills the stream, the others write every record anew.
Two rates are printed: of publishing alone, with records that were encoded before, and with encoding and
signing in between.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from fleet.bus import Bus, header_block
from fleet.events import (
    STREAMS,
    DeploymentTargeted,
    Entry,
    Envelope,
    Stream,
    canonical,
    digest16,
    manifest_digest,
)

NATS_SERVER = Path(sys.executable).parent / "nats-server"
CONFIG = """
listen: "127.0.0.1:-1"
ports_file_dir: "{folder}"
jetstream {{ store_dir: "{folder}/store", sync_interval: "1s", max_file_store: 1TB }}
"""
WORKSPACE = "fleet-default"
BUNDLES = 3
DEADLINE_SECONDS = 30

Record = tuple[str, bytes, bytes]


def an_entry(number: int) -> Entry:
    """A bundle as it stands in a manifest."""
    digest = digest16(str(number).encode())
    return Entry(
        namespace=WORKSPACE,
        bundle=f"shop-bundle-{number}",
        bundle_uid=f"5f0c2c4e-0000-4000-8000-{number:012d}",
        deployment_id=f"s-{digest}:{digest}",
        content=digest,
        options=digest,
    )


def records(clusters: int, generation: int) -> Iterator[Record]:
    """Subject, body and headers of every cluster's manifest, sorted by cluster.

    Clusters that run the same differ in name, uid and MAC only, so the rest is encoded once, as the
    targeter does with its manifest classes.
    """
    entries = [an_entry(number) for number in range(BUNDLES)]
    digests = tuple(entry.digest() for entry in entries)
    template = DeploymentTargeted(
        workspace=WORKSPACE,
        cluster="0",
        uid="1",
        epoch=1_800_000_000_000,
        generation=generation,
        digest=manifest_digest(digests),
        entries=digests,
        inline={digests[0]: entries[0]},
    )
    before, between, after = _around(template)
    common = header_block(
        Envelope(
            id="",
            type=DeploymentTargeted.type_name(),
            source="targeter",
            time="2026-01-01T00:00:00.000Z",
            correlation_id="7f0c2c4e-0000-4000-8000-000000000001",
        ).to_headers()
    ).replace(b"ce-id: \r\n", b"")
    for number in range(clusters):
        name, uid = f"cluster-{number:07d}", f"6a0c2c4e-0000-4000-8000-{number:012d}"
        subject = f"fleet.desired.{WORKSPACE}.{name}"
        body = b"".join((before, name.encode(), between, uid.encode(), after))
        mac = hashlib.blake2b(subject.encode() + b"\0" + body, key=uid.encode(), digest_size=16).hexdigest()
        yield (
            subject,
            body,
            b"%sce-id: %s-%d\r\nFleet-Mac: %s\r\n"
            % (
                common,
                uid.encode(),
                generation,
                mac.encode(),
            ),
        )


def _around(template: DeploymentTargeted) -> tuple[bytes, bytes, bytes]:
    """The bytes of a manifest before its cluster's name, between that and its uid, and after."""
    marked = template.model_dump(mode="json", by_alias=True) | {"cluster": "\x01", "uid": "\x02"}
    before, rest = canonical(marked).split(b"\\u0001")
    between, after = rest.split(b"\\u0002")
    return before, between, after


async def publish(bus: Bus, made: Iterable[Record]) -> int:
    """Publish the records in one batch; gives how many are stored."""
    async with bus.batch(source="targeter") as batch:
        for subject, body, headers in made:
            await batch.send(subject, body, headers)
    return batch.stored


async def measure(bus: Bus, server: psutil.Process, what: str, made: Iterable[Record]) -> int:
    """Publish, and say how fast that was and what it cost on either side."""
    client = psutil.Process()
    before, began = (_cpu(client), _cpu(server)), time.perf_counter()
    count = await publish(bus, made)
    seconds = time.perf_counter() - began
    rate = round(count / seconds)
    result = {
        "what": what,
        "records": count,
        "records_per_second": rate,
        "seconds": round(seconds, 3),
        "client_cores": round((_cpu(client) - before[0]) / seconds, 2),
        "server_cores": round((_cpu(server) - before[1]) / seconds, 2),
        "load_before": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result), flush=True)
    return rate


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def start(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    """A nats-server of its own; gives the process and its address."""
    config = folder / "nats.conf"
    config.write_text(CONFIG.format(folder=folder))
    process = await asyncio.create_subprocess_exec(
        str(NATS_SERVER), "-c", str(config), stderr=asyncio.subprocess.DEVNULL
    )
    ports = folder / f"nats-server_{process.pid}.ports"
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not (ports.exists() and ports.read_text()):  # noqa: ASYNC110 - a file tells of no change
            await asyncio.sleep(0.01)
    return process, json.loads(ports.read_text())["nats"][0]


async def run(clusters: int, runs: int) -> None:
    """All runs with the streams of a hub, then all with a DESIRED that wakes nobody; a summary of each."""
    as_in_a_hub = STREAMS["DESIRED"]
    for wakes, stream in ((True, as_in_a_hub), (False, replace(as_in_a_hub, republish=None))):
        rates = await rates_of(stream, clusters, runs)
        print(
            json.dumps(
                {
                    "wakes": wakes,
                    "filling": rates[0],
                    "rewriting": sorted(rates[1:])[len(rates[1:]) // 2],
                    "bytes_per_record": bytes_per_record(),
                }
            ),
            flush=True,
        )


async def rates_of(desired: Stream, clusters: int, runs: int) -> list[int]:
    """Records per second of every run that only publishes; the first one fills the stream."""
    with tempfile.TemporaryDirectory() as folder:
        process, url = await start(Path(folder))
        try:
            async with await Bus.connect(url, name="benchmark") as bus:
                await bus.ensure_streams([desired])
                server, rates = psutil.Process(process.pid), []
                for number in range(runs):
                    ready = list(records(clusters, 2 * number))
                    rates.append(await measure(bus, server, "publish", ready))
                    await measure(bus, server, "encode, sign and publish", records(clusters, 2 * number + 1))
                return rates
        finally:
            process.terminate()
            await process.wait()


def bytes_per_record() -> int:
    """Body and headers of one record."""
    ((_, body, headers),) = records(1, 1)
    return len(body) + len(headers)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clusters", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.clusters, arguments.runs))


if __name__ == "__main__":
    main()
