"""The streams as data: what each keeps, and of which sort it is (last value per key, history beside it)."""

from collections.abc import Mapping
from dataclasses import dataclass

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
_DAY = 86_400.0

FACT_HISTORY = 64
"""Facts keep their last 64 values per subject: changed rarely, sourced into AUDIT."""


@dataclass(frozen=True, slots=True)
class Republish:
    """Every stored message is published again on `destination`, whole."""

    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A JetStream stream; sizes in bytes, ages in seconds, 0 = no limit.

    `write_once` refuses a second message on a subject; `batched` allows fast ingest, `atomic` allows
    atomic batches; `sources` copies other streams; `append_only` denies deletes and purges.
    """

    name: str
    subjects: tuple[str, ...]
    per_subject: int = 0
    max_bytes: int = 4 * GIB
    max_message: int = 8 * MIB
    max_age: float = 0.0
    write_once: bool = False
    batched: bool = True
    atomic: bool = False
    republish: Republish | None = None
    sources: tuple[str, ...] = ()
    append_only: bool = False


def _fact(name: str, word: str, tokens: int, max_bytes: int = 2 * GIB) -> Stream:
    return _stream(name, word, tokens, per_subject=FACT_HISTORY, max_bytes=max_bytes, atomic=True)


def _stream(name: str, word: str, tokens: int, **options: object) -> Stream:
    subjects = (f"fleet.{word}" + ".*" * tokens, f"fleet.burn.{name}.*")
    return Stream(name=name, subjects=subjects, **options)  # type: ignore[arg-type]


_FACTS = ("RESOURCES", "CLUSTERS", "COMMITS", "BUNDLES", "ROLLOUTS")

STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        _fact("RESOURCES", "resource", 3),
        _fact("CLUSTERS", "cluster", 2),
        _fact("COMMITS", "commit", 2),
        _fact("BUNDLES", "bundle", 2),
        _fact("ROLLOUTS", "rollout", 2),
        _stream("MEMBERS", "member", 3, per_subject=1, write_once=True, max_bytes=GIB),
        _stream("CONTENT", "content", 3, per_subject=1, write_once=True, max_bytes=16 * GIB),
        _stream("TOUCHES", "touch", 2, per_subject=1, max_bytes=GIB),
        _stream(
            "DESIRED",
            "desired",
            2,
            per_subject=1,
            max_bytes=8 * GIB,
            republish=Republish("fleet.desired.*.*", "fleet.wake.{{wildcard(1)}}.{{wildcard(2)}}"),
        ),
        # Agents write here: no batches, no history, and a message is at most 64 KiB.
        _stream("STATUS", "status", 2, per_subject=1, max_bytes=8 * GIB, max_message=64 * KIB, batched=False),
        _stream("VIEWS", "view", 4, per_subject=1, max_bytes=2 * GIB),
        _stream("SEEN", "seen", 2, per_subject=1, max_bytes=256 * MIB),
        _stream("DEAD", "dead", 2, per_subject=10_000, max_bytes=GIB, max_age=30 * _DAY),
        _stream("LEASES", "lease", 1, per_subject=1, max_bytes=16 * MIB),
        Stream(name="HISTORY", subjects=(), sources=("STATUS",), max_bytes=GIB, max_age=_DAY, batched=False),
        Stream(name="AUDIT", subjects=(), sources=_FACTS, max_bytes=8 * GIB, batched=False, append_only=True),
    )
}
"""Every stream of a hub, by name."""
