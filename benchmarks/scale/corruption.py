"""Alters records behind everybody's back, so that a comparison which is worth something sees it."""

import random
from pathlib import Path

import orjson
from benchmarks.scale.fleet import WORKSPACE, cluster_name
from benchmarks.scale.journal import Journal
from benchmarks.scale.stage import Stage

from fleet.bus import publish as publishing

_SOURCES = ("fleet.desired", "delivered", "fleet.status")


async def corrupt(stage: Stage, count: int) -> None:
    """Alter the entries of `count` clusters: in DESIRED, in the agents' journals, in STATUS, by turns."""
    chance = random.Random(stage.fleet.seed)
    chosen = chance.sample(range(stage.fleet.clusters), min(count, stage.fleet.clusters))
    for place, cluster in enumerate(chosen):
        source = _SOURCES[place % len(_SOURCES)]
        if source == "delivered":
            _alter_journal(stage, cluster)
        else:
            await _alter_record(stage, source, cluster)


async def _alter_record(stage: Stage, prefix: str, cluster: int) -> None:
    assert stage.bus is not None
    subject = f"{prefix}.{WORKSPACE}.{cluster_name(cluster)}"
    stream = "DESIRED" if prefix.endswith("desired") else "STATUS"
    found = await stage.bus.last_on(stream, subject)
    assert found is not None
    body = orjson.loads(found.raw)
    body["entries"] = [_other(digest) for digest in body["entries"][:1]] + body["entries"][1:]
    await publishing.publish(
        stage.bus.connection, subject, orjson.dumps(body), found.envelope.to_headers(), stream=stream
    )


def _alter_journal(stage: Stage, cluster: int) -> None:
    path, low, high = next(one for one in stage.journals if one[1] <= cluster < one[2])
    journal = Journal(Path(path), low, high)
    epoch, generation, digest = journal.get(cluster)
    entries = journal.lists[digest]
    journal.put(cluster, epoch, generation, _other(digest), [_other(entries[0]), *entries[1:]])


def _other(digest: str) -> str:
    return digest[:-1] + ("0" if digest[-1] != "0" else "1")
