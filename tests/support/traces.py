"""Looking for a text in everything a hub leaves behind, also where it stands in base64."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from fleet.bus import Bus, Refused
from fleet.events import STREAMS

_NO_MESSAGE = 10037


def forms_of(text: str) -> Iterator[bytes]:
    """The text as it is, and what of it is the same in every base64 that it stands in."""
    data = text.encode()
    yield data
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data)
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        yield encoded[first:last]


def found_in(data: bytes, texts: Iterable[str]) -> list[str]:
    """Those of the texts that stand in some bytes."""
    return [text for text in texts if any(form in data for form in forms_of(text))]


async def messages(bus: Bus) -> list[tuple[str, bytes]]:
    """Every message of every stream: stream and sequence, and its subject, headers and body as stored."""
    found = []
    for name in STREAMS:
        state = (await bus.connection.api(f"STREAM.INFO.{name}"))["state"]
        for sequence in range(max(1, state["first_seq"]), state["last_seq"] + 1):
            try:
                answer = await bus.connection.api(f"STREAM.MSG.GET.{name}", {"seq": sequence})
            except Refused as refused:
                if refused.code != _NO_MESSAGE:
                    raise
                continue
            message = answer["message"]
            parts = (base64.b64decode(message.get(part, "")) for part in ("hdrs", "data"))
            found.append((f"{name} {sequence}", b"\n".join((message["subject"].encode(), *parts))))
    return found


def files(folder: Path, *, but: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, but not those below another one."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_relative_to(but):
            yield str(path.relative_to(folder)), path.read_bytes()
