"""How the steps are shown: a live line per step on a terminal, plain lines elsewhere, nothing with JSON."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from fleet.cli.demo.record import Step


class Progress:
    """Shows steps as they run; `quiet` shows nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(quiet=quiet, highlight=False)

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Say that a step runs while the block does; on a terminal with a spinner."""
        if self._console.is_terminal:
            with self._console.status(name):
                yield
        else:
            yield

    def done(self, step: Step) -> None:
        """Say how a step came out."""
        mark = "[green]ok  [/green]" if step.ok else "[red]FAIL[/red]"
        told = escape(f"{step.name:<20} {step.seconds:6.1f} s  {step.detail}")
        self._console.print(f"{mark} {told}", soft_wrap=True)

    def say(self, text: str) -> None:
        """A line of its own."""
        self._console.print(text, soft_wrap=True, markup=False)
