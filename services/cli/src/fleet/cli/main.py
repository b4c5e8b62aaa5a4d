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
from fleet.cli.leading import command_first
from fleet.cli.objects.kinds import UnknownKind
from fleet.cli.registry import COMMANDS
from fleet.cli.session import hub_options

_INTERRUPTED = 130
_JSON = "FLEET_JSON_OUTPUT"


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called; their flags may stand in front of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {
            flag: not option.is_flag
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
            for flag in option.opts
        }
        return super().parse_args(ctx, command_first(args, own))

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


@click.group(
    cls=_LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="fleet-cli", prog_name="fleet")
@hub_options
@click.pass_context
def fleet(ctx: click.Context, /, hub: HubChoice) -> None:
    """GitOps for one cluster or a million, on NATS."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line.

    Exit code 0; 1 for what failed; 2 for arguments that make no sense, but 1 where Fleet has the command too.
    """
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command with its arguments; gives the exit code, messages go to stderr."""
    try:
        result = fleet.main(args=arguments, prog_name="fleet", standalone_mode=False)
    except click.ClickException as error:
        return _failed(error.format_message(), _code(error), show=error.show)
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


def _code(error: click.ClickException) -> int:
    """Fleet's command ends with 1 whatever is wrong, so `fleet` without a command of our own does as well."""
    without_command = isinstance(error, click.UsageError) and (error.ctx is None or error.ctx.parent is None)
    return 1 if without_command else error.exit_code


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
