"""What the processes of a run use, children included: the peak of their memory, and CPU since `begin`."""

import asyncio
import contextlib
from collections.abc import Mapping

import psutil

_LOOK_SECONDS = 0.2
_MIB = 1 << 20


class Meter:
    """Looks at the processes of each name five times a second."""

    def __init__(self, pids: Mapping[str, list[int]]) -> None:
        self._pids = pids
        self._before: dict[str, float] = {}
        self.rss_mib: dict[str, int] = {}
        self.cpu_s: dict[str, float] = {}

    def begin(self) -> None:
        """CPU counts from here."""
        self._before = {name: self._cpu(name) for name in self._pids}

    def end(self) -> None:
        """CPU counts up to here."""
        self.cpu_s = {name: round(self._cpu(name) - self._before[name], 2) for name in self._pids}

    async def watch(self) -> None:
        """Keep the peaks until cancelled."""
        while True:
            for name in self._pids:
                rss = sum(process.memory_info().rss for process in self._family(name)) // _MIB
                self.rss_mib[name] = max(self.rss_mib.get(name, 0), rss)
            await asyncio.sleep(_LOOK_SECONDS)

    def _family(self, name: str) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for pid in self._pids[name]:
            with contextlib.suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                found += [root, *root.children(recursive=True)]
        return found

    def _cpu(self, name: str) -> float:
        times = [process.cpu_times() for process in self._family(name)]
        return sum(found.user + found.system for found in times)
