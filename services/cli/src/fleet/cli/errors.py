"""How a command ends badly.

CommandFailed      the message for people; exit code 1
├── NotFound       no such object
└── Usage          the arguments make no sense; exit code 2
"""

from __future__ import annotations

from fleet.cli.objects.kinds import Kind


class CommandFailed(Exception):
    """A command cannot do what was asked; the message is all that is shown."""

    exit_code = 1


class NotFound(CommandFailed):
    """There is no such object."""

    def __init__(self, kind: Kind, name: str) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f'Error from server (NotFound): {kind.resource} "{name}" not found')


class Usage(CommandFailed):
    """Arguments that make no sense."""

    exit_code = 2


def reason_of(error: BaseException) -> str:
    """What went wrong, in words: of a group of errors each of those in it, once."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(reason_of(one) for one in error.exceptions))
    return str(error).removeprefix("error: ") or type(error).__name__
