"""Under which name this process writes to a cluster.

Helm names the manager of the fields that it applies after the program that runs it, and the server
removes a field only when its last manager drops it. So the name must be the same however the agent was
started, else what git drops would stay. Helm's library takes it from the process's arguments in memory.
"""

import ctypes
from pathlib import Path

HELM_MANAGER = "helm"
"""The name that the program `helm` has: who upgrades or rolls back a release by hand meets no conflict."""

_STAT = Path("/proc/self/stat")
_ARG_START, _ARG_END = 45, 46


def name_program(name: str) -> None:
    """Put `name` in the place of the first argument, before Helm's library is loaded.

    Python has read its arguments by then. Where there is no room, or no /proc, nothing happens and Helm
    writes as `python`.
    """
    try:
        fields = _STAT.read_text().rpartition(")")[2].split()
    except OSError:
        return
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    first = ctypes.string_at(start) if start else b""
    text = name.encode().ljust(len(first), b"\0") + b"\0"
    if start and len(text) <= end - start:
        ctypes.memmove(start, text, len(text))
