"""Outages of the database are told apart from bugs, and logged once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from office360.core.db import engine, outages
from office360.core.db.engine import Database
from office360.core.db.outages import OutageLog, outage_kind
from office360.core.db.postgres import PostgresOptions
from office360.core.errors import DatabaseAway
from office360.core.runtime import Runtime
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...support.postgres import allow_connections

SHORT = PostgresOptions(
    pool_size=2,
    read_pool_size=2,
    lock_timeout_s=1.0,
    idle_in_transaction_timeout_s=3.0,
    statement_timeout_s=5.0,
)
LOCK_LINES = text("SELECT id FROM lines ORDER BY id FOR UPDATE")


@pytest.fixture
async def database(runtime: Runtime) -> AsyncIterator[Database]:
    """The test's database under short timeouts."""
    if runtime.db.is_sqlite:
        pytest.skip("timeouts of PostgreSQL")
    made = Database(runtime.db.url, SHORT)
    yield made
    await made.close()


async def show(database: Database, setting: str) -> str:
    async with database.write_session() as session:
        return str((await session.execute(text(f"SHOW {setting}"))).scalar_one())


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("statement_timeout", "15s"),
    ],
)
async def test_postgresql_session_has_timeout(runtime: Runtime, setting: str, value: str) -> None:
    if runtime.db.is_sqlite:
        pytest.skip("timeouts of PostgreSQL")
    assert await show(runtime.db, setting) == value


async def test_sqlite_commit_survives_power_cut(runtime: Runtime) -> None:
    if not runtime.db.is_sqlite:
        pytest.skip("a setting of SQLite")
    async with runtime.db.write_session() as session:
        assert (await session.execute(text("PRAGMA synchronous"))).scalar_one() == 2  # FULL


async def test_waiting_for_lock_ends_as_outage(database: Database, office: Any) -> None:
    async with database.write_session() as holder:
        await holder.execute(LOCK_LINES)
        with pytest.raises(DatabaseAway):
            async with database.write_session() as waiting:
                await waiting.execute(LOCK_LINES)


async def test_idle_transaction_loses_its_locks(database: Database, office: Any) -> None:
    async def freeze_and_go_on() -> None:
        async with database.write_session() as frozen:
            await frozen.execute(LOCK_LINES)
            await asyncio.sleep(SHORT.idle_in_transaction_timeout_s + 0.3)
            async with database.write_session() as other:
                await other.execute(LOCK_LINES)
            await frozen.execute(LOCK_LINES)

    with pytest.raises(DatabaseAway):
        await freeze_and_go_on()


async def test_slow_statement_ends_as_outage(database: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with database.read_session() as session:
            await session.execute(text("SELECT pg_sleep(30)"))


async def test_full_pool_ends_as_outage(database: Database) -> None:
    database.writer.sync_engine.pool._timeout = 0.2  # type: ignore[attr-defined]
    async with database.write_session() as first, database.write_session() as second:
        await first.execute(text("SELECT 1"))
        await second.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway):
            async with database.write_session() as third:
                await third.execute(text("SELECT 1"))


async def test_readers_do_not_wait_for_writers_pool(database: Database) -> None:
    async with database.write_session() as first, database.write_session() as second:
        await first.execute(text("SELECT 1"))
        await second.execute(text("SELECT 1"))
        await database.ping()


async def test_terminated_backend_is_outage_and_logged_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "office360"):
        for _ in range(3):
            with pytest.raises(DatabaseAway):
                await use_terminated_backend(database)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert [record.getMessage() for record in caplog.records] == ["database_away"]


async def test_refused_connection_is_outage(
    database: Database, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = str(make_url(database.url).database)
    await allow_connections(postgres_url, name, False)
    try:
        for _ in range(2):
            with pytest.raises(DatabaseAway):
                await database.ping()
    finally:
        await allow_connections(postgres_url, name, True)
    await database.ping()
    assert [record.getMessage() for record in caplog.records] == ["database_away"]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of the outage log, in seconds: set `now.s`."""
    present = SimpleNamespace(s=0.0)
    monkeypatch.setattr(outages, "time", SimpleNamespace(monotonic=lambda: present.s))
    return present


def test_partial_outage_is_logged_once_and_ends_in_calm(
    now: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    log = OutageLog()
    with caplog.at_level(logging.WARNING, "office360"):
        for second in range(21):
            now.s = second
            with suppress(DatabaseAway), log.translate_errors():
                if second in (0, 3, 4, 8):
                    raise OSError
    lines = [(record.getMessage(), getattr(record, "seconds", None)) for record in caplog.records]
    assert lines == [("database_away", None), ("database_back", 9.0)]


def test_busy_database_is_logged_once_an_interval(now: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    log = OutageLog()
    with caplog.at_level(logging.WARNING, "office360"):
        for request in range(100):
            now.s = request / 10
            with suppress(DatabaseAway), log.translate_errors():
                raise PoolTimeout
        now.s = 10
        with suppress(DatabaseAway), log.translate_errors():
            raise PoolTimeout
    assert [record.failures for record in caplog.records] == [1, 100]  # type: ignore[attr-defined]


async def use_terminated_backend(database: Database) -> None:
    async with database.write_session() as cut:
        backend = (await cut.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with database.read_session() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
        await cut.execute(text("SELECT 1"))


async def test_concurrent_use_after_cut_is_outage(database: Database) -> None:
    """asyncpg then reports the state of its own protocol, as `cannot switch to state`."""
    async with database.writer.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        running = asyncio.create_task(driver.execute("SELECT pg_sleep(1)"))
        await asyncio.sleep(0.05)
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(text("SELECT 1"))
        assert outage_kind(raised.value) == "away"
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError()])
def test_lost_connection_is_outage_wrapped_or_not(error: Exception) -> None:
    assert outage_kind(error) == "away"
    assert outage_kind(DBAPIError("SELECT 1", None, error)) == "away"


async def test_wrong_statement_is_no_outage(runtime: Runtime) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with runtime.read_session() as session:
            await session.execute(text("SELECT no_such_column FROM lines"))
    assert outage_kind(raised.value) is None


async def test_locked_sqlite_is_outage(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    if not runtime.db.is_sqlite:
        pytest.skip("a file of SQLite")
    monkeypatch.setattr(engine, "SQLITE_BUSY_TIMEOUT_MS", 100)
    other = Database(runtime.db.url)
    async with runtime.db.write_session() as holder:
        await holder.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway):
            async with other.write_session() as waiting:
                await waiting.execute(text("SELECT 1"))
    await other.close()
