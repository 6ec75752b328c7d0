"""Readiness answers within a bounded time."""

from __future__ import annotations

import asyncio
import time

import pytest
from office360.core.db.engine import Database
from office360.server.web import health

from ...conftest import AppServer

SLOW_S = 3.0  # to close the connection, after the query was cancelled


async def ping_silent_server(database: Database) -> None:
    """Wait without an answer, and close the connection slowly."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(SLOW_S)


async def test_readyz_does_not_wait_for_cancelled_ping(
    app_server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PING_TIMEOUT_S", 0.1)
    monkeypatch.setattr(Database, "ping", ping_silent_server)
    began_s = time.monotonic()
    async with app_server.client() as client, client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["reasons"] == {"database": "no answer within 0.1 s"}
    assert time.monotonic() - began_s < SLOW_S
