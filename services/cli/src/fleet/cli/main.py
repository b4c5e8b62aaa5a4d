"""The command `fleet`."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed
from fleet.cli.objects.kinds import UnknownKind
from fleet.cli.registry import COMMANDS
from fleet.cli.session import hub_options

_INTERRUPTED = 130
_JSON = "FLEET_JSON_OUTPUT"


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fleet-cli", prog_name="fleet")
@hub_options
def fleet(hub: HubChoice) -> None:
    """GitOps for one cluster or a million, on NATS."""


def main() -> None:
    """Run the command line; exit code 0, 1 for what failed, 2 for arguments that make no sense."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command with its arguments; gives the exit code, messages go to stderr."""
    try:
        result = fleet.main(args=arguments, prog_name="fleet", standalone_mode=False)
    except click.ClickException as error:
        return _failed(error.format_message(), error.exit_code, show=error.show)
    except UnknownKind as error:
        return _failed(f"error: {error}", 1)
    except CommandFailed as error:
        return _failed(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0


def _failed(message: str, code: int, *, show: Callable[[], None] | None = None) -> int:
    """Say what failed: for people, or as the JSON line that Fleet's jobs are read by."""
    if os.environ.get(_JSON, "").lower() == "true":
        click.echo(_log_line(message.removeprefix("error: ")), err=True)
    elif show:
        show()
    else:
        click.echo(message if message.lower().startswith("error") else f"error: {message}", err=True)
    return code


def _log_line(message: str) -> str:
    return json.dumps(
        {
            "fleetErrorMessage": message,
            "level": "fatal",
            "msg": "Fleet cli failed",
            "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        },
        separators=(",", ":"),
    )
