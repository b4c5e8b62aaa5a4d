"""How a service lives: from its settings to the end of its process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import structlog
from structlog.typing import FilteringBoundLogger

from fleet.bus import Bus, BusError, Subscriber, Unreachable
from fleet.runtime.address import Address
from fleet.runtime.health import Health
from fleet.runtime.logs import configure_logs
from fleet.runtime.probes import serve_probes
from fleet.runtime.settings import Settings
from fleet.runtime.shutdown import Shutdown

_BUS = "bus"
_RETRY_SECONDS = 1.0
_WHERE = "FLEET_NATS_URL says where NATS is, FLEET_NATS_SEED_FILE has the seed to sign with"

Main = Callable[["Runtime"], Awaitable[None]]


class Runtime:
    """What `run` hands to a service's main function."""

    def __init__(
        self, *, settings: Settings, health: Health, log: FilteringBoundLogger, bus: Bus | None = None
    ) -> None:
        self.settings = settings
        self.health = health
        self.log = log
        self._bus = bus

    @property
    def bus(self) -> Bus:
        """The connection to the hub. Raises RuntimeError when the settings name no broker."""
        if self._bus is None:
            raise RuntimeError("this service has no bus: FLEET_NATS_URL is empty")
        return self._bus


def run(name: str, main: Main, settings: Settings) -> None:
    """Run a service until it returns, fails, or is told to end.

    Logs go to stderr as JSON, health and metrics are served at `settings.http`, and with a
    `settings.nats_url` the bus is connected and its streams exist before `main` begins. SIGTERM and
    SIGINT cancel `main`; the process is gone within 5 s with exit code 0 even when something hangs.

    Raises SystemExit(1) after logging the traceback when `main` raises.
    """
    configure_logs(name, settings.log_level)
    log: FilteringBoundLogger = structlog.get_logger(f"fleet.{name}")
    shutdown = Shutdown()
    shutdown.install()
    try:
        asyncio.run(_until_the_end(name, main, settings, log, shutdown))
    except Exception as error:
        log.critical("service failed", exc_info=True)
        raise SystemExit(1) from error
    log.info("stopped")


def serve(subscriber: Subscriber) -> None:
    """Run nothing but a subscriber, with the common settings from the environment; see `run`."""

    async def main(runtime: Runtime) -> None:
        await subscriber.run(runtime.bus)

    run(subscriber.name, main, Settings())


async def _until_the_end(
    name: str, main: Main, settings: Settings, log: FilteringBoundLogger, shutdown: Shutdown
) -> None:
    life = asyncio.create_task(_live(name, main, settings, log))
    shutdown.watch(life)
    try:
        await life
    except asyncio.CancelledError:
        if not shutdown.requested:
            raise
    except Exception:
        if not shutdown.requested:
            raise
        log.warning("failed while ending", exc_info=True)


async def _live(name: str, main: Main, settings: Settings, log: FilteringBoundLogger) -> None:
    health = Health()
    async with AsyncExitStack() as stack:
        if settings.http:
            at = await stack.enter_async_context(serve_probes(health, Address.parse(settings.http)))
            log.info("listening", address=str(at))
        bus = None
        if settings.nats_url:
            bus = await stack.enter_async_context(await _connect(name, settings, health, log))
            health.probe(_BUS, partial(_lost, bus))
        await main(Runtime(settings=settings, health=health, log=log, bus=bus))


async def _connect(name: str, settings: Settings, health: Health, log: FilteringBoundLogger) -> Bus:
    """Connect and make the streams, for as long as it takes: a hub may start in any order."""
    while True:
        health.waiting(_BUS, "connecting to NATS")
        try:
            bus = await Bus.connect(settings.nats_url, name=name, seed=settings.nats_seed())
        except Unreachable as error:
            log.warning("bus not reached", error=str(error), settings=_WHERE)
            health.waiting(_BUS, str(error))
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        if await _has_streams(bus, health, log):
            return bus
        await bus.close()
        await asyncio.sleep(_RETRY_SECONDS)


async def _has_streams(bus: Bus, health: Health, log: FilteringBoundLogger) -> bool:
    try:
        await bus.ensure_streams()
    except BusError as error:
        log.warning("streams not ready", error=str(error))
        health.waiting(_BUS, str(error))
        return False
    except BaseException:
        await bus.close()
        raise
    return True


def _lost(bus: Bus) -> str:
    return "" if bus.connected else "the connection to NATS is lost"
