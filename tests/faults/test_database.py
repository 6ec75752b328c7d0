"""The database server fails and returns: no wrong answers, nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from office360.core.db.engine import Database
from office360.server.migrations import migrate
from office360.server.runtime import open_runtime
from office360.server.settings import load_settings

from ..conftest import MORNING, TEST_SECRET, AppServer, FakeClock, serve_app
from ..support.office_fixture import build_office
from ..support.postgres import BreakablePostgres

TAKE = "/api/v1/offices/centro/tickets"
KEY = {"Idempotency-Key": "one-tap"}


@asynccontextmanager
async def running_product(url: str) -> AsyncIterator[AppServer]:
    database = Database(url)
    await migrate(database)
    await database.close()
    settings = load_settings(
        environment="development", secret_key=[TEST_SECRET], database_url=url, public_url="http://127.0.0.1:1"
    )
    clock = FakeClock(MORNING)
    async with open_runtime(settings, clock) as runtime:
        await build_office(runtime)  # before the app, whose tasks open 30 connections at its start
    async with serve_app(settings, clock) as app:
        yield app


async def take_ticket(client: aiohttp.ClientSession) -> tuple[int, Any, str | None]:
    async with client.post(TAKE, json={"service": "documents"}, headers=KEY) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After")


async def readiness(client: aiohttp.ClientSession) -> tuple[int, Any]:
    async with client.get("/readyz") as answer:
        return answer.status, await answer.json()


async def get_page(client: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with client.get(path, headers={"Accept": "text/html"}) as answer:
        return answer.status, await answer.text()


async def test_database_outage_is_503_and_retried_tap_counts_once(
    server: BreakablePostgres,
) -> None:
    async with running_product(server.url) as app, app.client() as client:
        await get_page(client, "/o/centro")
        await asyncio.to_thread(server.kill)
        for _ in range(3):  # the first finds broken connections, the others find none
            status, problem, retry_after = await take_ticket(client)
            assert (status, problem["code"], retry_after) == (503, "unavailable", "5")
            status, text = await get_page(client, "/o/centro")
            assert status == 503
            assert "Ahora mismo no funciona" in text
        status, red = await readiness(client)
        assert (status, list(red["reasons"])) == (503, ["database"])

        await asyncio.to_thread(server.start)
        assert (await readiness(client))[0] == 200
        status, first, _ = await take_ticket(client)
        assert (status, first["code"]) == (201, "A-001")
        status, again, _ = await take_ticket(client)
        assert (status, again["id"]) == (201, first["id"])
