"""`python -m benchmarks.scale.comparison`: are expected, desired, delivered and reported the same?

A process of its own, which reads DESIRED and STATUS from the broker and the journals of the agents from disk,
and makes the fleet anew to know who is to have which bundle, with which content. Pairs are compared by entry
digest and by deploymentID; equal manifests are held against each other once. Standard input has one line of
JSON; the answer is one, with `equal`, how many pairs there are, and the first differences.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from benchmarks.scale.fleet import WORKSPACE, Fleet, bundle_name, bundle_number, cluster_name, cluster_uid
from benchmarks.scale.journal import Journal
from benchmarks.scale.wire import Wire

from fleet.bus import Bus
from fleet.events import Entry
from fleet.vault import Keyring

_BATCH = 1000
_AHEAD = 4
_SHOWN = 5

Said = tuple[str, int, int, tuple[str, ...]]
"""Uid, epoch, generation, and the entries in order."""


async def read(bus: Bus, url: str, seed: str, stream: str, found: Callable[[bytes, bytes], None]) -> None:
    """Hand out subject and body of every message of a stream."""
    info = await bus.connection.api(f"STREAM.INFO.{stream}")
    left = int(info["state"]["messages"])
    done = asyncio.Event()
    consumer = {"name": "comparison", "ack_policy": "none", "deliver_policy": "all", "mem_storage": True}
    await bus.connection.api(
        f"CONSUMER.CREATE.{stream}.comparison",
        {"stream_name": stream, "config": consumer, "action": "create"},
    )
    ask = b"PUB $JS.API.CONSUMER.MSG.NEXT.%s.comparison _INBOX.c %d\r\n%s\r\n"
    body = orjson.dumps({"batch": _BATCH, "expires": 60_000_000_000})
    taken = 0

    def received(subject: bytes, reply: bytes, block: bytes, data: bytes) -> None:
        nonlocal taken
        if not subject.startswith(b"fleet."):
            return
        taken += 1
        if taken % _BATCH == 0:
            wire.write(ask % (stream.encode(), len(body), body))
        if not subject.startswith(b"fleet.burn."):
            found(subject, data)
        if taken >= left:
            done.set()

    wire = await Wire.connect(url, seed=seed, name="comparison", received=received)
    wire.write(b"SUB _INBOX.c 1\r\n")
    for _ in range(_AHEAD):
        wire.write(ask % (stream.encode(), len(body), body))
    wire.push()
    if left:
        async with asyncio.timeout(300):
            await done.wait()
    wire.close()
    await bus.connection.api(f"CONSUMER.DELETE.{stream}.comparison")


async def said(bus: Bus, asked: Mapping[str, Any], stream: str) -> tuple[dict[str, Said], dict[str, Entry]]:
    """What a stream has of each cluster, and the entries that stood inline."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    entries: dict[str, Entry] = {}
    found: dict[str, Said] = {}

    def take(subject: bytes, data: bytes) -> None:
        body = orjson.loads(data)
        name = subject.rpartition(b".")[2].decode()
        digests = tuple(sorted(body["entries"])) if not body.get("notReady") else ()
        digests = known.setdefault(digests, digests)
        found[name] = (body["uid"], body["epoch"], body["generation"], digests)
        for digest, entry in body.get("inline", {}).items():
            if digest not in entries:
                entries[digest] = Entry.model_validate(entry)

    await read(bus, asked["url"], asked["seed"], stream, take)
    return found, entries


def delivered(asked: Mapping[str, Any]) -> Iterator[tuple[int, Said]]:
    """What the agents took, by the number of the cluster."""
    for path, low, high in asked["journals"]:
        journal = Journal(Path(path), low, high)
        lists = {digest: tuple(sorted(entries)) for digest, entries in journal.lists.items()}
        for cluster in range(low, high):
            epoch, generation, digest = journal.get(cluster)
            yield cluster, (cluster_uid(cluster), epoch, generation, lists.get(digest, ()))


class Expectation:
    """Says whether a list of entries is what a cluster of such bundles is to run."""

    def __init__(self, contents: Mapping[str, str], entries: Mapping[str, Entry]) -> None:
        self._contents = contents
        self._entries = entries
        self._bundles: dict[tuple[str, ...], frozenset[int] | None] = {}

    def holds(self, digests: tuple[str, ...], bundles: frozenset[int]) -> bool:
        """Whether these are exactly these bundles, each with its present content."""
        if digests not in self._bundles:
            self._bundles[digests] = self._read(digests)
        return self._bundles[digests] == bundles

    def _is_present(self, entry: Entry) -> bool:
        """Whether it is what the bundle's last commit has; the deploymentID begins with the content."""
        content = self._contents[entry.bundle]
        return entry.content == content and entry.deployment_id.startswith(f"s-{content}:")

    def _read(self, digests: tuple[str, ...]) -> frozenset[int] | None:
        found = [self._entries.get(digest) for digest in digests]
        if any(entry is None or not self._is_present(entry) for entry in found):
            return None
        numbers = frozenset(bundle_number(entry.bundle) for entry in found if entry)
        return numbers if len(numbers) == len(digests) else None


async def opened(bus: Bus, keyring: Keyring, digests: Iterable[str]) -> dict[str, Entry]:
    """The entries that never stood in a manifest, from CONTENT; those that are not there are left out."""
    found: dict[str, Entry] = {}
    for digest in digests:
        chunks = await bus.get_content(WORKSPACE, digest)
        if chunks is not None:
            plain = keyring.workspace(WORKSPACE).open(digest, chunks)
            entry = Entry.model_validate_json(plain)
            if entry.digest() == digest:
                found[digest] = entry
    return found


async def compare(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Read all and hold it against each other."""
    fleet = Fleet(**asked["fleet"])
    keyring = Keyring.open(Path(asked["keyring"]))
    async with await Bus.connect(asked["url"], name="comparison", seed=asked["seed"]) as bus:
        desired, entries = await said(bus, asked, "DESIRED")
        reported, _ = await said(bus, asked, "STATUS")
        listed = {digest for _, _, _, digests in desired.values() for digest in digests}
        entries |= await opened(bus, keyring, listed - entries.keys())
    expected = Expectation(asked["contents"], entries)
    pairs, differences, classes = 0, [], set()
    took = dict(delivered(asked))
    for cluster, bundles in enumerate(fleet.sets()):
        name = cluster_name(cluster)
        shall, has, says = desired.get(name), took.get(cluster), reported.get(name)
        pairs += len(bundles)
        if shall is not None:
            classes.add(shall[3])
        same = shall == has == says and shall is not None and shall[0] == cluster_uid(cluster)
        if not same or shall is None or not expected.holds(shall[3], bundles):
            differences.append([name, shall, has, says, sorted(map(bundle_name, bundles))])
    extra = len(desired) + len(reported) != 2 * fleet.clusters
    return {
        "equal": not differences and not extra,
        "pairs": pairs,
        "classes": len(classes),
        "different": len(differences),
        "differences": differences[:_SHOWN],
    }


def main() -> None:
    """Compare what standard input names."""
    print(orjson.dumps(asyncio.run(compare(orjson.loads(sys.stdin.buffer.readline())))).decode())


if __name__ == "__main__":
    main()
