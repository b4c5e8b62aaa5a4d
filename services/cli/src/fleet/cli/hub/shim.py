"""Becomes another program that cannot outlive its supervisor: `shim.py SUPERVISOR_PID PROGRAM ARGUMENT...`.

The kernel kills the program when the supervisor's thread is gone, even by `kill -9`; the wish to be killed
survives the exec. SIGHUP, which comes in blocked, is ignored until the program takes it: "read your lists
again" may come while it is still starting, and it reads them after it has begun to listen.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask to die with the parent, then become the program."""
    supervisor, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:
        sys.exit("the supervisor ended before the program began")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
