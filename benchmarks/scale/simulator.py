"""`python -m benchmarks.scale.simulator`: the agents of many clusters, a thousand and more on a connection.

Each has its own key, uid, subjects and floor, and judges every manifest as the real agent does: own subject,
genuine MAC, own uid, right digest of the entries, right digests of what stands inline, newer than the floor.
It reports with an acknowledged publish that is repeated with a new inbox, beats once a minute, and reads its
manifest after each connect and after a wake that is not its own. It applies nothing, and asks the gateway
for nothing.

Standard input has one line of JSON, then a line for each order: `count` prints what was done so far, `quit`
ends it.
"""

import asyncio
import hashlib
import hmac
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

import orjson
from benchmarks.scale.fleet import WORKSPACE, cluster_name, cluster_number, cluster_uid
from benchmarks.scale.journal import Journal
from benchmarks.scale.wire import Wire, header

from fleet.bus import header_block
from fleet.events import DeploymentReported, Envelope, canonical, digest16
from fleet.vault import Keyring

_BEAT_SECONDS = 60.0
_AGAIN_SECONDS = 3.0
_AT_ONCE = 40
"""Reads that one connection has outstanding; of 200 connections 8,000, below the 10,000 of the design."""

_PERSON = b"fleet-manifest"


class Connection:
    """The agents of the clusters from `low` to below `high` on one connection."""

    def __init__(self, number: int, low: int, high: int, *, keyring: Keyring, journal: Journal) -> None:
        self.number = number
        self.clusters = range(low, high)
        self.counts: Counter[str] = Counter()
        workspace = keyring.workspace(WORKSPACE)
        self._low = low
        self._keys = [workspace.cluster_keys(cluster_uid(c)).mac for c in self.clusters]
        self._journal = journal
        self._wire: Wire | None = None
        self._inbox = b""
        self._reading: dict[int, float] = {}
        self._reported: dict[int, tuple[float, bytes]] = {}
        self._again: list[int] = []
        self._applied: dict[str, bytes] = {}
        self._genuine: dict[bytes, bool] = {}
        self._lost = asyncio.Event()
        self._headers = header_block(
            Envelope(
                id="@id",
                type=DeploymentReported.type_name(),
                source="agent",
                time="2026-01-01T00:00:00.000Z",
            ).to_headers()
        )

    async def run(self, url: str, seed: str) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                await self._connect(url, seed)
                async with asyncio.TaskGroup() as tasks:
                    beats = tasks.create_task(self._beat())
                    repeats = tasks.create_task(self._repeat())
                    await self._lost.wait()
                    beats.cancel()
                    repeats.cancel()
            except (OSError, TimeoutError) as error:
                self.counts["connects failed"] += 1
                self.last_error = str(error)
            await asyncio.sleep(0.2)

    async def _connect(self, url: str, seed: str) -> None:
        self._lost.clear()
        self._inbox = f"_INBOX_a{self.number}.{secrets.token_hex(4)}.".encode()
        wire = await Wire.connect(
            url, seed=seed, name=f"agents-{self.number}", received=self._received, lost=self._lost.set
        )
        self._wire = wire
        self._reading.clear()
        wire.write(b"SUB %s> 1\r\n" % self._inbox)
        for place, cluster in enumerate(self.clusters):
            wire.write(b"SUB fleet.wake.%s %d\r\n" % (_tokens(cluster), 10 + place))
        await wire.settled()
        self.counts["connects"] += 1
        self._again = list(reversed(self.clusters))
        self._read_more()
        wire.push()

    def _received(self, subject: bytes, reply: bytes, block: bytes, body: bytes) -> None:
        if subject.startswith(b"fleet.wake."):
            self.counts["wakes"] += 1
            cluster = cluster_number(subject.rpartition(b".")[2].decode())
            if not self._take(cluster, block, body):
                self._again.append(cluster)
                self._read_more()
        elif subject.startswith(self._inbox):
            sort, _, number = subject[len(self._inbox) :].partition(b".")
            if sort == b"g":
                self._answered(int(number.partition(b".")[0]), block, body)
            elif b'"seq"' in body:
                self._reported.pop(int(number.partition(b".")[0]), None)
                self.counts["acks"] += 1

    def _answered(self, cluster: int, block: bytes, body: bytes) -> None:
        """A manifest was read; one that is another's counts as no answer."""
        self.counts["reads"] += 1
        missing = block.startswith(b"NATS/1.0 404")
        if (
            self._reading.pop(cluster, None) is not None
            and not missing
            and not self._take(cluster, block, body)
        ):
            self._again.append(cluster)
        self._read_more()

    def _take(self, cluster: int, block: bytes, body: bytes) -> bool:
        """Act on a manifest and report; False where it is not genuine."""
        subject = b"fleet.desired." + _tokens(cluster)
        if header(block, b"Nats-Subject: ") != subject:
            self.counts["strays"] += 1
            return False
        mac = hashlib.blake2b(key=self._keys[cluster - self._low], digest_size=16, person=_PERSON)
        mac.update(len(subject).to_bytes(2, "big") + subject)
        mac.update(body)
        if not hmac.compare_digest(mac.hexdigest().encode(), header(block, b"Fleet-Mac: ")):
            self.counts["forged"] += 1
            return False
        manifest = orjson.loads(body)
        digest, entries = manifest["digest"], manifest["entries"]
        if manifest["uid"] != cluster_uid(cluster) or not self._sound(digest, entries, manifest["inline"]):
            self.counts["refused"] += 1
            return False
        epoch, generation = manifest["epoch"], manifest["generation"]
        floor = self._journal.get(cluster)
        if (epoch, generation) < floor[:2]:
            return True
        if (epoch, generation) > floor[:2]:
            self._journal.put(cluster, epoch, generation, digest, entries)
            self.counts["taken"] += 1
        self._report(cluster, epoch, generation, digest, header(block, b"ce-correlationid: "))
        return True

    def _sound(self, digest: str, entries: list[str], inline: dict[str, object]) -> bool:
        if digest not in self._journal.lists and digest16(canonical(entries)) != digest:
            return False
        return all(digest16(canonical(entry)) == name for name, entry in inline.items())

    def _report(self, cluster: int, epoch: int, generation: int, digest: str, correlation: bytes) -> None:
        """Say that all of it is applied and Ready: a result, which is told at once."""
        applied = self._applied.get(digest)
        if applied is None:
            applied = self._applied[digest] = canonical(sorted(self._journal.lists[digest]))
        body = (
            b'{"cluster":"%s","digest":"%s","entries":%s,"epoch":%d,"generation":%d,"notReady":[],'
            b'"uid":"%s","workspace":"%s"}'
        ) % (
            cluster_name(cluster).encode(),
            digest.encode(),
            applied,
            epoch,
            generation,
            cluster_uid(cluster).encode(),
            WORKSPACE.encode(),
        )
        headers = self._headers.replace(b"@id", b"%d-%d-%d" % (cluster, epoch, generation))
        if correlation:
            headers += b"ce-correlationid: " + correlation + b"\r\n"
        self._say(cluster, b"NATS/1.0\r\n" + headers + b"\r\n", body)

    def _say(self, cluster: int, headers: bytes, body: bytes) -> None:
        assert self._wire is not None
        inbox = self._inbox + b"s.%d.%s" % (cluster, secrets.token_hex(3).encode())
        rest = b"%d %d\r\n%s%s\r\n" % (len(headers), len(headers) + len(body), headers, body)
        subject = b"fleet.status." + _tokens(cluster)
        self._reported[cluster] = time.monotonic(), headers + body
        self._wire.write(b"HPUB %s %s %s" % (subject, inbox, rest))
        self.counts["reports"] += 1

    def _read_more(self) -> None:
        assert self._wire is not None
        while self._again and len(self._reading) < _AT_ONCE:
            cluster = self._again.pop()
            inbox = self._inbox + b"g.%d.%s" % (cluster, secrets.token_hex(3).encode())
            self._reading[cluster] = time.monotonic()
            self._wire.write(b"PUB agent.get.%s %s 0\r\n\r\n" % (_tokens(cluster), inbox))

    async def _repeat(self) -> None:
        """Ask and say again, with a new inbox, what was not answered."""
        while True:
            await asyncio.sleep(1)
            before = time.monotonic() - _AGAIN_SECONDS
            late = {c for c, at in self._reading.items() if at < before}
            late |= {c for c, (at, _) in self._reported.items() if at < before}
            for cluster in late:
                self._reading.pop(cluster, None)
                self._reported.pop(cluster, None)
                self._again.append(cluster)  # what is read is reported again
            self.counts["late"] += len(late)
            if self._wire is not None:
                self._read_more()
                self._wire.push()

    async def _beat(self) -> None:
        """Each agent once a minute, spread over it."""
        while True:
            for cluster in self.clusters:
                await asyncio.sleep(_BEAT_SECONDS / len(self.clusters))
                epoch, generation, digest = self._journal.get(cluster)
                if epoch and self._wire is not None:
                    body = orjson.dumps(
                        {
                            "cluster": cluster_name(cluster),
                            "digest": digest,
                            "epoch": epoch,
                            "generation": generation,
                            "reported": digest,
                            "uid": cluster_uid(cluster),
                            "workspace": WORKSPACE,
                        }
                    )
                    self._wire.write(b"PUB fleet.beat.%s %d\r\n%s\r\n" % (_tokens(cluster), len(body), body))
                    self._wire.push()


def _tokens(cluster: int) -> bytes:
    return f"{WORKSPACE}.{cluster_name(cluster)}".encode()


async def simulate(asked: dict[str, object]) -> None:
    """Run all agents and answer orders until the input ends."""
    low, high, count = int(str(asked["low"])), int(str(asked["high"])), int(str(asked["connections"]))
    keyring = Keyring.open(Path(str(asked["keyring"])))
    journal = Journal(Path(str(asked["journal"])), low, high)
    first = int(str(asked["number"])) * 1000
    bounds = [low + (high - low) * n // count for n in range(count + 1)]
    connections = [
        Connection(first + n, bounds[n], bounds[n + 1], keyring=keyring, journal=journal)
        for n in range(count)
    ]
    running = [asyncio.create_task(c.run(str(asked["url"]), str(asked["seed"]))) for c in connections]
    try:
        while (await asyncio.to_thread(sys.stdin.readline)).strip() == "count":
            counts = sum((connection.counts for connection in connections), Counter())
            print(orjson.dumps(counts).decode(), flush=True)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(simulate(orjson.loads(sys.stdin.readline())))
