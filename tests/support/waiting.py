"""Waiting for something to become true, with a deadline instead of a guess."""

import asyncio
from collections.abc import Awaitable, Callable

Condition = Callable[[], Awaitable[object] | object]

DEADLINE = 20.0
_POLL = 0.01


async def eventually(condition: Condition, *, within: float = DEADLINE) -> None:
    """Return as soon as `condition` holds; fail with its name after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not await _value(condition):
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise AssertionError(f"not within {within:g} s: {condition.__name__}") from None


async def _value(condition: Condition) -> object:
    value = condition()
    return await value if isinstance(value, Awaitable) else value
