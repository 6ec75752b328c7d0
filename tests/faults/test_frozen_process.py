"""A process or network that freezes in a transaction does not hold up others for long."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office360.core.db import postgres
from office360.core.db.engine import Database
from office360.core.db.postgres import PostgresOptions
from office360.core.errors import DatabaseAway
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ..support.postgres import BreakablePostgres, breakable_postgres
from .support.tcp_proxy import TcpProxy, run_tcp_proxy
from .test_database import TAKE, running_product

HOLD_LINE_LOCK = Path(__file__).parent / "support" / "hold_line_lock.py"
LOCK_ANSWER_S = 9.0  # lock_timeout and a slow machine
CUT_AFTER_S = 14.0  # idle_in_transaction_session_timeout and a slow machine


@pytest.fixture
def server() -> Any:
    """A PostgreSQL server for this test only."""
    with tempfile.TemporaryDirectory() as folder, breakable_postgres(Path(folder)) as running:
        yield running


@contextmanager
def frozen_lock_holder(url: str) -> Iterator[None]:
    """Freeze a process that has locked all lines, as a machine that swaps or a debugger does."""
    command = [sys.executable, "-P", str(HOLD_LINE_LOCK), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        holder.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            holder.kill()


async def take_ticket(client: aiohttp.ClientSession) -> tuple[int, str | None, float]:
    """Return the status, the `Retry-After` and the seconds that the answer took."""
    began = time.monotonic()
    async with client.post(TAKE, json={"service": "documents"}) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After"), time.monotonic() - began


async def test_process_frozen_in_transaction_is_cut_off(
    server: BreakablePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_product(server.url) as app, app.client() as client:
        with frozen_lock_holder(server.url):
            began = time.monotonic()
            async with asyncio.timeout(LOCK_ANSWER_S):
                status, retry_after, _ = await take_ticket(client)
            assert (status, retry_after) == (503, "5")
            async with asyncio.timeout(CUT_AFTER_S):
                while (await take_ticket(client))[0] != 201:
                    pass
            assert time.monotonic() - began < CUT_AFTER_S
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
        async with asyncio.timeout(12):  # a ping of 2 s, a connection attempt of 5 s
            assert (await take_ticket(client))[:2] == (503, "5")
        proxy.restore()
        async with asyncio.timeout(12):
            while (await take_ticket(client))[0] != 201:
                await asyncio.sleep(0.1)


async def silence_in_transaction(database: Database, proxy: TcpProxy) -> None:
    async with asyncio.timeout(8), database.write_session() as session:
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
