"""The pool of PostgreSQL keeps a connection that answers, and replaces another."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.db import postgres
from office360.core.db.postgres import PostgresOptions, create_postgres_engine
from office360.core.runtime import Runtime
from sqlalchemy import text

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def find_backend(runtime: Runtime) -> int:
    """Return PostgreSQL's number of the connection that a transaction gets."""
    async with runtime.transaction() as tx:
        return int((await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def test_next_transaction_uses_the_same_connection(runtime: Runtime) -> None:
    assert len({await find_backend(runtime) for _ in range(5)}) == 1


async def test_connection_ended_in_the_pool_is_replaced(runtime: Runtime) -> None:
    ended = await find_backend(runtime)
    async with runtime.read_session() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended})
    assert await find_backend(runtime) != ended


@pytest.mark.parametrize(
    ("pgbouncer", "recently_used_s", "pings"), [(False, 0.0, 1), (False, 60.0, 0), (True, 0.0, 0)]
)
async def test_connection_is_pinged_if_idle_without_pgbouncer(
    database_url: str, monkeypatch: pytest.MonkeyPatch, *, pgbouncer: bool, recently_used_s: float, pings: int
) -> None:
    """Through PgBouncer, a ping would queue for a server connection."""
    pinged: list[Any] = []
    ping = vars(postgres)["_ping"]

    def count_ping(connection: Any) -> bool:
        pinged.append(connection)
        return bool(ping(connection))

    monkeypatch.setattr(postgres, "_ping", count_ping)
    monkeypatch.setattr(postgres, "RECENTLY_USED_S", recently_used_s)
    engine = create_postgres_engine(database_url, PostgresOptions(pgbouncer=pgbouncer), pool_size=1)
    for _ in range(2):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    await engine.dispose()
    assert len(pinged) == pings


async def test_statement_session_leaves_snapshots_to_others(runtime: Runtime) -> None:
    """Both take the same connection of the pool; only the first is without a transaction."""
    states = []
    for opened in (runtime.statement_session, runtime.read_session, runtime.statement_session):
        async with opened() as session:
            states.append(tuple((await session.execute(text(_SHOW_TRANSACTION))).one()))
    backends = {backend for backend, *_ in states}
    assert len(backends) == 1
    assert [level for _, level in states] == ["read committed", "repeatable read", "read committed"]


_SHOW_TRANSACTION = "SELECT pg_backend_pid(), current_setting('transaction_isolation')"
