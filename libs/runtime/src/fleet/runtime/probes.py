"""The small HTTP server of every service: /healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from fleet.runtime.address import Address
from fleet.runtime.health import Health
from fleet.runtime.metrics import REGISTRY

_CLOSE_SECONDS = 0.5


@asynccontextmanager
async def serve_probes(health: Health, at: Address) -> AsyncIterator[Address]:
    """Serve until the block is left; yields the address with the port that was picked.

    `/healthz` answers as long as the event loop turns; `/readyz` answers 503 and names the parts that
    are waited for; `/metrics` has the Prometheus text format. Raises OSError when the port is taken.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        body = {"ready": health.is_ready, "parts": dict(health.parts())}
        return web.json_response(body, status=200 if health.is_ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, at.host, at.port).start()
        yield Address(at.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()
