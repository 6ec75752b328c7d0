"""Readiness answers within a bounded time, and metrics have the same facts."""

from __future__ import annotations

import asyncio
import time

import pytest
from office360.core.db.engine import Database
from office360.core.runtime import Runtime
from office360.server.web import health
from starlette.requests import Request

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


async def metrics(server: AppServer) -> dict[str, str]:
    """Return the value of each series of `/metrics`."""
    async with server.client() as client, client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        lines = (await answer.text()).splitlines()
    return dict(line.split(" ") for line in lines if not line.startswith("#"))


async def test_metrics_tell_which_part_works(app_server: AppServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def absent(runtime: Runtime) -> str:
        return "none was seen"

    async def two_emails(request: Request) -> dict[str, int]:
        return {"email": 2}

    monkeypatch.setattr(health, "_worker_absence", absent)
    monkeypatch.setattr(health, "_count_waiting_messages", two_emails)
    assert await metrics(app_server) == {
        'office360_up{part="database"}': "1",
        'office360_up{part="bus"}': "1",
        'office360_up{part="worker"}': "0",
        'office360_up{part="schema"}': "1",
        'office360_waiting_messages{channel="email"}': "2",
    }


async def test_metrics_without_database_leave_other_parts_out(
    app_server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PING_TIMEOUT_S", 0.1)
    monkeypatch.setattr(Database, "ping", ping_silent_server)
    assert await metrics(app_server) == {'office360_up{part="database"}': "0"}
