"""The options that most commands share, and a connection to the hub that they name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed

if TYPE_CHECKING:
    from fleet.bus import Bus

DEFAULT_NAMESPACE = "fleet-local"
_PATIENCE = 3.0
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """Add `--data`, the folder of an embedded hub."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="FLEET_DATA",
        help="Folder of an embedded hub.  [default: .fleet]",
    )(command)


def hub_options(command: F) -> F:
    """Add the options that name the hub; the command gets them as `hub`."""

    def wrapped(
        *args: Any, server: str | None, seed_file: Path | None, data: Path | None, **kwargs: Any
    ) -> Any:
        return command(*args, hub=HubChoice(server, seed_file, data), **kwargs)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # click's own
    wrapped = click.option("--server", help="NATS URL of a hub that is not embedded.")(wrapped)
    wrapped = click.option(
        "--seed-file",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="FLEET_NATS_SEED_FILE",
        help="File with the nkey seed to sign with at --server.",
    )(wrapped)
    return data_option(wrapped)  # type: ignore[return-value]  # the command with fewer parameters


def namespace_option(command: F) -> F:
    """Add `-n`; without it the command gets the environment's NAMESPACE, or fleet-local."""
    return click.option(
        "-n",
        "--namespace",
        envvar="NAMESPACE",
        default=DEFAULT_NAMESPACE,
        show_default=True,
        help="Namespace of the objects (the workspace).",
    )(command)


def with_bus(hub: HubChoice, work: Callable[[Bus], Awaitable[T]]) -> T:
    """Connect, do the work, disconnect.

    Raises:
        CommandFailed: there is no such hub, it does not answer within 3 s, or it refuses.
    """
    return asyncio.run(_with_bus(hub, work))


async def _with_bus(hub: HubChoice, work: Callable[[Bus], Awaitable[T]]) -> T:
    from fleet.bus import Bus, BusError

    _quiet()
    address = hub.address()
    try:
        async with await Bus.connect(
            address.url, name=f"fleet-cli-{os.getpid()}", seed=address.seed, patience=_PATIENCE
        ) as bus:
            return await work(bus)
    except BusError as error:
        where = f" of {address.folder}" if address.folder else ""
        raise CommandFailed(f"error: the hub{where} at {address.url}: {error} ({address.hint})") from error


def _quiet() -> None:
    """What libraries log has no place between the lines of a command; what matters is raised."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
