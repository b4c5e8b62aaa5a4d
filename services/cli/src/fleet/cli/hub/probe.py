"""A question over HTTP to a program of the hub: small, so that the supervisor needs no HTTP library."""

from __future__ import annotations

import asyncio

from fleet.cli.hub.ports import HOST

_TIMEOUT = 2.0


async def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET on loopback; status 0 where nobody answers within 2 s."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _get(port, path)
    except (OSError, TimeoutError, EOFError, ValueError, IndexError):
        return 0, b""


async def _get(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        return int(head.split(None, 2)[1]), body
    finally:
        writer.close()
