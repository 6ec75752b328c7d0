"""SQL engines and sessions: SQLite embedded, PostgreSQL in production. No feature's table.

SQLite has a single writer connection, which begins with BEGIN IMMEDIATE, and a pool of readers, so that concurrent
agents never get "database is locked" (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Select,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import await_only

from .outages import OutageLog
from .postgres import PostgresOptions, create_postgres_engine
from .process_cache import ProcessCache
from .quick_reads import QuickReads
from .session_hooks import AFTER_COMMIT_KEY, AT_END_KEY, build_session_info, run_callbacks

ResultT = TypeVar("ResultT")

IdType = String(26)  # see ids.new_id
SQLITE_READER_CONNECTIONS = 4
WITHOUT_BEGIN = "without_begin"  # an execution option: each statement is a transaction of its own
ANY_THREAD = {"check_same_thread": False}  # only one thread at a time uses it
# longer than any transaction: a longer wait means that a process is stuck
SQLITE_BUSY_TIMEOUT_MS = 30_000

# Migrations refer to constraints by these names, which are the same on both databases.
CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all mapped classes."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """Column of an instant: takes aware datetimes and returns them in UTC, on both databases.

    A naive datetime raises ValueError.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Engines of a database for writers, readers and heartbeats, each with its own pool.

    So a process whose writers all wait still beats: it is alive. Sessions raise DatabaseAway during an outage.
    `postgres`: pools and timeouts on PostgreSQL.
    """

    def __init__(self, url: str, postgres: PostgresOptions | None = None) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._postgres = postgres or PostgresOptions()
        self._no_beat_waits = asyncio.Event()
        self._no_beat_waits.set()
        if self.is_sqlite:
            # IMMEDIATE, because of two transactions that read and then want to write, one would fail as locked
            self.writer = _sqlite_engine(url, 1, "BEGIN IMMEDIATE", before_begin=self._no_beat_waits)
            self.heartbeats: Engine | AsyncEngine = _sqlite_heartbeat_engine(url)
            self.reader = _sqlite_engine(url, SQLITE_READER_CONNECTIONS, "BEGIN")
        else:
            self.writer = create_postgres_engine(url, self._postgres, self._postgres.pool_size)
            self.heartbeats = create_postgres_engine(url, self._postgres, 1)
            # a snapshot per session, as SQLite does
            self.reader = create_postgres_engine(
                url, self._postgres, self._postgres.read_pool_size, isolation_level="REPEATABLE READ"
            )
        self._heartbeat_thread = _heartbeat_thread()
        self.process_cache = ProcessCache()
        self._outages = OutageLog()
        self._quick_reads = QuickReads(url if self.is_sqlite else None, self.read_session)
        self._new_write_session = async_sessionmaker(
            self.writer, expire_on_commit=False, info=build_session_info(self.process_cache, read_only=False)
        )
        self._new_read_session = self._read_sessions(self.reader)
        # PostgreSQL begins no transaction here. SQLite does not either: see _set_up_sqlite.
        autocommit = {"isolation_level": "AUTOCOMMIT"} if not self.is_sqlite else {}
        self._new_statement_session = self._read_sessions(
            self.reader.execution_options(**autocommit, **{WITHOUT_BEGIN: True})
        )

    @asynccontextmanager
    async def write_session(self) -> AsyncIterator[AsyncSession]:
        """Open a session that commits when the block ends, and rolls back when it raises."""
        session = self._new_write_session()
        try:
            with self._outages.translate_errors():
                async with session, session.begin():
                    yield session
            # outside the block: its end is the commit, which may fail
            run_callbacks(session, AFTER_COMMIT_KEY)
        finally:
            run_callbacks(session, AT_END_KEY)

    async def run_heartbeat(self, beat: Callable[[Connection], ResultT]) -> ResultT:
        """Run a heartbeat in a transaction. It waits for at most one transaction of this process.

        SQLite's lock is not fair: writers in a row would keep it for longer than a process may be silent.
        """
        # writers wait before their BEGIN until the beat has had the lock
        self._no_beat_waits.clear()
        try:
            with self._outages.translate_errors():
                if isinstance(self.heartbeats, Engine):
                    return await asyncio.get_running_loop().run_in_executor(
                        self._heartbeat_thread, _run_in_transaction, self.heartbeats, beat
                    )
                async with self.heartbeats.begin() as connection:
                    return await connection.run_sync(beat)
        finally:
            self._no_beat_waits.set()

    @asynccontextmanager
    async def read_session(self) -> AsyncIterator[AsyncSession]:
        """Open a session that never commits."""
        with self._outages.translate_errors():
            async with self._new_read_session() as session:
                yield session

    @asynccontextmanager
    async def statement_session(self) -> AsyncIterator[AsyncSession]:
        """Open a session for a single SELECT, which is a snapshot without a transaction.

        BEGIN and ROLLBACK would take twice as long as a short statement.
        """
        with self._outages.translate_errors():
            async with self._new_statement_session() as session:
                yield session

    def _read_sessions(self, engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
        return async_sessionmaker(
            engine,
            expire_on_commit=False,
            autoflush=False,
            info=build_session_info(self.process_cache, read_only=True),
        )

    async def first_value(
        self, statement: Select[ResultT], values: Mapping[str, Any] | None = None
    ) -> ResultT | None:
        """Return the first column of the first row, for loops that look for work: see QuickReads."""
        return await self._quick_reads.first_value(statement, values or {})

    @property
    def write_connections(self) -> int:
        """Return how many transactions can write at a time."""
        return 1 if self.is_sqlite else self._postgres.pool_size

    def migration_engine(self) -> AsyncEngine:
        """Return an engine for migrations, which may run for longer than any statement.

        The caller disposes of it, unless it is the writer.
        """
        if self.is_sqlite:
            return self.writer
        return create_postgres_engine(self.url, self._postgres.without_timeouts(), 1)

    async def ping(self) -> None:
        """Run a query. Raises DatabaseAway when the database does not answer."""
        async with self.read_session() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()
        self._quick_reads.close()
        if isinstance(self.heartbeats, AsyncEngine):
            await self.heartbeats.dispose()
        else:
            await asyncio.get_running_loop().run_in_executor(self._heartbeat_thread, self.heartbeats.dispose)
        self._heartbeat_thread.shutdown(wait=False)
        # as the engines, which connect again when they are used
        self._heartbeat_thread = _heartbeat_thread()


async def execute_on_connection(
    session: AsyncSession,
    statement: Executable,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> Any:
    """Run a Core statement on the session's connection, at half the cost of session.execute.

    Returns Core's result, no mapped objects, and flushes nothing first. Hot paths build their statement once and
    pass values as parameters.
    """
    connection: AsyncConnection | None = session.info.get(_CONNECTION_KEY)
    if connection is None:
        connection = session.info[_CONNECTION_KEY] = await session.connection()
    return await connection.execute(statement, values)


_CONNECTION_KEY = "connection"


@cache
def upsert_statement(dialect: str, table: type[Base], columns: tuple[str, ...]) -> Executable:
    """Build an INSERT that updates these columns when the primary key exists already."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(mapped_table(table))
    statement: Executable = insert.on_conflict_do_update(
        index_elements=list(mapped_table(table).primary_key),
        set_={column: insert.excluded[column] for column in columns},
    )
    return statement


def dialect_insert(session: AsyncSession, mapped: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Build an INSERT of the session's dialect, on which ON CONFLICT can be declared."""
    return postgresql.insert(mapped) if dialect_name(session) == "postgresql" else sqlite.insert(mapped)


async def affects_one_row(session: AsyncSession, statement: Executable) -> bool:
    """Execute an UPDATE or DELETE and tell whether it matched exactly one row."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount == 1


def dialect_name(session: AsyncSession) -> str:
    """Return `sqlite` or `postgresql`."""
    return session.get_bind().dialect.name


def mapped_table(mapped: type[Base]) -> Table:
    """Return the table of a mapped class, for Core statements, at a third of the ORM's cost."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


def _sqlite_engine(
    url: str, pool_size: int, begin: str, *, before_begin: asyncio.Event | None = None
) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)

    def wait_for_heartbeat() -> None:
        if before_begin is not None and not before_begin.is_set():
            await_only(before_begin.wait())

    _set_up_sqlite(engine.sync_engine, begin, wait_for_heartbeat)
    return engine


def _sqlite_heartbeat_engine(url: str) -> Engine:
    """Open an engine for a thread.

    A beat is a single step there, where the asynchronous driver takes ten.
    """
    sync_url = make_url(url).set(drivername="sqlite")
    engine = create_engine(sync_url, poolclass=StaticPool, hide_parameters=True, connect_args=ANY_THREAD)
    _set_up_sqlite(engine, "BEGIN IMMEDIATE")
    return engine


def _heartbeat_thread() -> ThreadPoolExecutor:
    """Return a thread that begins with the first heartbeat on SQLite."""
    return ThreadPoolExecutor(1, "heartbeats")


def _set_up_sqlite(engine: Engine, begin: str, before_begin: Callable[[], None] | None = None) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # the driver must not begin by itself; _begin chooses which BEGIN
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            # readers never wait for the writer (docs/decisions/0003)
            "journal_mode=WAL",
            "synchronous=FULL",  # a commit survives a power cut: a person was told about it
            f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
            # SQLite checks none by default
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if WITHOUT_BEGIN in connection.get_execution_options():
            return
        if before_begin is not None:
            before_begin()
        connection.exec_driver_sql(begin)


def _run_in_transaction(engine: Engine, beat: Callable[[Connection], ResultT]) -> ResultT:
    with engine.begin() as connection:
        return beat(connection)
