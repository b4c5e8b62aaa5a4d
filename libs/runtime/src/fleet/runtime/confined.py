"""Runs a module that ends with its parent and within bounds: `confined.py PARENT MEMORY MODULE`.

The kernel kills it when the parent's thread is gone, even by `kill -9`, and refuses it more than MEMORY
bytes of address space. Run by its path, it imports nothing but the module; `command` is for the parent.
"""

import ctypes
import os
import resource
import runpy
import signal
import sys

OUT_OF_MEMORY = 75
"""The exit code of a module that needed more memory than it may have."""

_PR_SET_PDEATHSIG = 1


def command(module: str, *, memory: int) -> list[str]:
    """The command line that runs `module` as a child of this process with `memory` bytes at most."""
    return [sys.executable, "-P", __file__, str(os.getpid()), str(memory), module]


def main() -> None:
    """Ask to die with the parent, take the bounds, then be the module."""
    parent, memory, module = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # there may be none left to end in order, and nothing to put in order


if __name__ == "__main__":
    main()
