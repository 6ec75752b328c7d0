from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from ..postgres import connect_directly, plain_url
from .contents import NO_CONTENT
from .reused import KeptConnections, ReusedDatabases
from .templates import PostgresTemplates

COUNT = "SELECT count(*) FROM offices"


@pytest.fixture
def databases(postgres_url: str, postgres_templates: PostgresTemplates) -> Iterator[ReusedDatabases]:
    lent = ReusedDatabases(postgres_url, postgres_templates)
    yield lent
    lent.close()


def run_sql(url: str, *statements: str) -> object:
    """Return the value of the last statement."""

    async def run() -> object:
        async with connect_directly(url) as connection:
            return [await connection.fetchval(statement) for statement in statements][-1]

    return asyncio.run(run())


@pytest.mark.parametrize(("content", "offices"), [("office_content", 1), (NO_CONTENT, 0)])
def test_next_test_gets_the_same_database_with_its_content(
    databases: ReusedDatabases, content: str, offices: int
) -> None:
    with databases.lend(content) as first:
        assert run_sql(first, "SET session_replication_role = replica", "DELETE FROM offices", COUNT) == 0
    with databases.lend(content) as second:
        assert (second, run_sql(second, COUNT)) == (first, offices)


def test_lenders_of_a_process_have_databases_of_their_own(
    databases: ReusedDatabases, reused_postgres: ReusedDatabases
) -> None:
    with reused_postgres.lend(NO_CONTENT) as first, databases.lend(NO_CONTENT) as second:
        assert first != second
        assert run_sql(first, COUNT) == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE offices ADD COLUMN new text",
        "ALTER TABLE timers DROP COLUMN lease_until",
        "CREATE TABLE new ()",
        "ANALYZE desks",
    ],
)
def test_database_with_another_schema_is_not_used_again(databases: ReusedDatabases, change: str) -> None:
    with databases.lend("office_content") as first:
        run_sql(first, change)
    with databases.lend("office_content") as second:
        assert second != first


def test_database_with_an_open_transaction_is_not_used_again(databases: ReusedDatabases) -> None:
    async def lock() -> asyncpg.Connection[Any]:
        connection = await asyncpg.connect(plain_url(first))
        await connection.execute("BEGIN; LOCK TABLE offices")
        return connection

    loop = asyncio.new_event_loop()
    with databases.lend("office_content") as first:
        holder = loop.run_until_complete(lock())
    with databases.lend("office_content") as second:
        assert second != first
    holder.terminate()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


async def test_closed_connection_is_used_again_as_a_new_one(postgres_url: str) -> None:
    kept = KeptConnections(asyncio.get_running_loop(), prefix="")
    first = await kept.connect(plain_url(postgres_url))
    await first.execute("SET lock_timeout = 5; SELECT pg_advisory_lock(1)")
    await first.close()
    with_settings = await kept.connect(plain_url(postgres_url), server_settings={"lock_timeout": "7"})
    again = await kept.connect(plain_url(postgres_url))
    assert (again is first, await again.fetchval("SHOW lock_timeout")) == (True, "0")
    assert await with_settings.fetchval("SELECT pg_try_advisory_lock(1)")
    for connection in (again, with_settings):
        await connection.close()
    await kept.close()


async def test_cancelled_close_leaves_no_connection_open(postgres_url: str) -> None:
    kept = KeptConnections(asyncio.get_running_loop(), prefix="")
    connection = await kept.connect(plain_url(postgres_url))
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    closing.cancel()
    with suppress(asyncio.CancelledError):
        await closing
    assert connection.is_closed()


async def test_connection_left_open_is_ended_with_its_test(postgres_url: str) -> None:
    kept = KeptConnections(asyncio.get_running_loop(), prefix="")
    left = await kept.connect(plain_url(postgres_url))
    kept.end_test()
    assert left.is_closed()
    assert kept.lent == set()
