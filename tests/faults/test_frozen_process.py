"""A process or network that freezes in a transaction does not hold up others for long."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from office360.core.db import postgres
from office360.core.db.engine import Database
from office360.core.db.postgres import PostgresOptions
from office360.core.errors import DatabaseAway
from office360.server.settings import Settings
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ..support.postgres import BreakablePostgres
from ..support.processes import EXIT_TIMEOUT_S, fork_program
from ..support.timeouts import TEST_TIMEOUT_S
from .support.tcp_proxy import TcpProxy, run_tcp_proxy
from .test_database import TAKE, running_product

# The product's own are 5 and 10; tests/core/db/test_outages.py proves that its sessions have them.
LOCK_TIMEOUT_S, IDLE_TIMEOUT_S = 1.0, 3.0
HOLD_LINE_LOCK = Path(__file__).parent / "support" / "hold_line_lock.py"


@asynccontextmanager
async def frozen_lock_holder(url: str, folder: Path) -> AsyncIterator[None]:
    """Freeze a process that has locked all lines, as a machine that swaps or a debugger does."""
    holder = fork_program(folder, HOLD_LINE_LOCK, url, str(IDLE_TIMEOUT_S))
    try:
        await holder.wait_for_line("locked", TEST_TIMEOUT_S)
        holder.send_signal(signal.SIGSTOP)
        yield
    finally:
        holder.kill()
        holder.wait(EXIT_TIMEOUT_S)


async def take_ticket(client: aiohttp.ClientSession) -> tuple[int, str | None]:
    """Return the status and the `Retry-After`."""
    async with client.post(TAKE, json={"service": "documents"}) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After")


async def test_process_frozen_in_transaction_is_cut_off(
    server: BreakablePostgres, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Settings, "postgres_options", PostgresOptions(lock_timeout_s=LOCK_TIMEOUT_S))
    async with (
        running_product(server.url) as app,
        app.client() as client,
        frozen_lock_holder(server.url, tmp_path),  # until the end of the block: no other frees the lock
        asyncio.timeout(TEST_TIMEOUT_S),
    ):
        assert await take_ticket(client) == (503, "5")
        while (await take_ticket(client))[0] != 201:
            pass
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@asynccontextmanager
async def proxied(server: BreakablePostgres) -> AsyncIterator[tuple[TcpProxy, str]]:
    """Put a proxy before the server, and return the URL through it."""
    url = make_url(server.url)
    folder, port = str(url.query.get("host") or url.host), url.port or 5432
    target = f"{folder}/.s.PGSQL.{port}" if folder.startswith("/") else f"http://{folder}:{port}"
    async with run_tcp_proxy(target) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port, query={})
        yield proxy, through.render_as_string(hide_password=False)


async def test_silent_network_to_database_is_503(server: BreakablePostgres) -> None:
    async with proxied(server) as (proxy, url), running_product(url) as app, app.client() as client:
        assert (await take_ticket(client))[0] == 201
        proxy.silence()
        async with asyncio.timeout(TEST_TIMEOUT_S):
            assert await take_ticket(client) == (503, "5")
        proxy.restore()
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while (await take_ticket(client))[0] != 201:
                await asyncio.sleep(0.1)


async def silence_in_transaction(database: Database, proxy: TcpProxy) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S), database.write_session() as session:
        await session.execute(text("SELECT 1"))
        proxy.silence()
        await session.execute(text("SELECT 2"))


async def test_statement_swallowed_by_network_ends(
    server: BreakablePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ANSWER_MARGIN_S", 0.5)
    async with proxied(server) as (proxy, url):
        database = Database(url, PostgresOptions(statement_timeout_s=0.5))
        with pytest.raises(DatabaseAway):
            await silence_in_transaction(database, proxy)
        proxy.restore()
        await database.ping()
        await database.close()
