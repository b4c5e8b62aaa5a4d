"""The command line, called as its users call it, against a hub that a test has made."""

import asyncio
import contextlib
import io
import sys
from dataclasses import dataclass

import structlog

from fleet.cli.main import run


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it said on stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The words of each line of stdout."""
        return [line.split() for line in self.out.splitlines()]


async def fleet(*arguments: str, stdin: str = "") -> Outcome:
    """Run `fleet` with these arguments in a thread of its own, so that the test may act meanwhile."""
    return await asyncio.to_thread(_run, list(arguments), stdin)


def _run(arguments: list[str], stdin: str) -> Outcome:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _input(stdin):
        code = run(arguments)
    structlog.reset_defaults()
    return Outcome(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _input(text: str):
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
