"""The options that most commands share, and a connection to the hub that they name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed, reason_of

if TYPE_CHECKING:
    from fleet.bus import Bus

DEFAULT_NAMESPACE = "fleet-local"
NAMESPACE = "NAMESPACE"
"""The environment's variable with the namespace, where no flag says it."""
_PATIENCE = 3.0
_KEY = "fleet.hub"
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_HUB_OPTIONS = (
    click.option("--data", type=_FOLDER, help="Folder of an embedded hub.  [$FLEET_DATA, else .fleet]"),
    click.option("--seed-file", type=_FILE, envvar="FLEET_NATS_SEED_FILE", help="Nkey seed for --server."),
    click.option("--server", help="NATS URL of a hub that is not embedded."),
)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def hub_options(command: F) -> F:
    """Add the options that name the hub; the command gets them as `hub`.

    They may stand behind any of nested commands (`fleet --data DIR get`, `fleet get --data DIR`); the
    innermost counts.
    """

    @click.pass_context
    def wrapped(
        ctx: click.Context,
        /,
        *args: Any,
        server: str | None,
        seed_file: Path | None,
        data: Path | None,
        **kwargs: Any,
    ) -> Any:
        hub = HubChoice(server, seed_file, data).otherwise(ctx.meta.get(_KEY, HubChoice()))
        ctx.meta[_KEY] = hub
        return ctx.invoke(command, *args, hub=hub, **kwargs)

    for option in _HUB_OPTIONS:
        option(command)
    return cast("F", update_wrapper(wrapped, command))


def namespace_option(command: F) -> F:
    """Add `-n`; without it the command gets the environment's NAMESPACE, or fleet-local."""
    return click.option(
        "-n",
        "--namespace",
        envvar=NAMESPACE,
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

    quiet()
    address = hub.address()
    try:
        bus = await Bus.connect(
            address.url, name=f"fleet-cli-{os.getpid()}", seed=address.seed(), patience=_PATIENCE
        )
    except BusError as error:
        reason = str(error.__cause__ or "") or "no answer"
        raise CommandFailed(f"error: no hub at {address.url} ({reason}): {address.hint}") from error
    async with bus:
        with bus_errors_told():
            return await work(bus)


@contextmanager
def bus_errors_told() -> Iterator[None]:
    """Raise CommandFailed in the place of an error of the bus, or of a group with nothing else in it."""
    from fleet.bus import BusError

    try:
        yield
    except BusError as error:
        raise CommandFailed(f"error: {error}") from error
    except ExceptionGroup as group:
        if group.split((BusError, CommandFailed))[1] is not None:
            raise
        raise CommandFailed(f"error: {reason_of(group)}") from group


def quiet() -> None:
    """What libraries log has no place between the lines of a command; what matters is raised."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
