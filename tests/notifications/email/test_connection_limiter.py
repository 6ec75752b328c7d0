"""The limit of connections to one mail server."""

from __future__ import annotations

import asyncio

import pytest
from office360.notifications.domain.send_results import TemporaryFailure
from office360.notifications.email.smtp import ConnectionLimiter


async def test_cancelled_wait_keeps_no_connection() -> None:
    limiter = ConnectionLimiter(1, 0, 0.01)
    async with limiter.acquire("a"):
        with pytest.raises(TemporaryFailure):
            async with limiter.acquire("b"):
                raise AssertionError
        waiting = asyncio.create_task(limiter.acquire("c").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with limiter.acquire("a"):
        pass


async def test_connection_limit_is_reduced_to_minimum() -> None:
    limiter = ConnectionLimiter(3, 1, 0.01)
    for _ in range(5):
        limiter.reduce_limit(2)
    async with limiter.acquire("a"), limiter.acquire("b"):
        with pytest.raises(TemporaryFailure):
            async with limiter.acquire("c"):
                raise AssertionError
