"""Opens the database: SQLite as the embedded default, PostgreSQL in production. Knows no table of the domain.

SQLite gets one writer connection that begins with BEGIN IMMEDIATE, and a pool of readers beside it:
eight agents at once never meet "database is locked" (docs/decisions/0003-two-sqlite-engines.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import CursorResult, DateTime, Dialect, Executable, MetaData, String, Table, event, text
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
from sqlalchemy.types import TypeDecorator

from .process_cache import ProcessCache, build_session_info, run_after_commit_callbacks, run_session_end_callbacks

IdType = String(26)  # see ids.new_id
SQLITE_READER_CONNECTIONS = 4
SQLITE_BUSY_TIMEOUT_MS = 30_000  # longer than any transaction of ours; then something is truly stuck
POSTGRES_POOL_CONNECTIONS = 10

# Names for constraints, so that a migration can speak of them on both databases.
CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Mother of all mapped classes."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out, on both databases. A naive datetime is a bug and raises."""

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
    """A writer and a reader over one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.writer = _sqlite_engine(url, 1, "BEGIN IMMEDIATE") if self.is_sqlite else _postgres_engine(url)
        self.reader = (
            _sqlite_engine(url, SQLITE_READER_CONNECTIONS, "BEGIN")
            if self.is_sqlite
            else _with_repeatable_read(self.writer)
        )
        self.process_cache = ProcessCache()
        self._new_write_session = async_sessionmaker(
            self.writer, expire_on_commit=False, info=build_session_info(self.process_cache, read_only=False)
        )
        self._new_read_session = async_sessionmaker(
            self.reader,
            expire_on_commit=False,
            autoflush=False,
            info=build_session_info(self.process_cache, read_only=True),
        )

    @asynccontextmanager
    async def write_session(self) -> AsyncIterator[AsyncSession]:
        """A session that commits when the block ends, and rolls back when it raises."""
        session = self._new_write_session()
        try:
            async with session:
                async with session.begin():
                    yield session
                run_after_commit_callbacks(session)
        finally:
            run_session_end_callbacks(session)

    @asynccontextmanager
    async def read_session(self) -> AsyncIterator[AsyncSession]:
        """A session for questions; whatever it changes is lost."""
        async with self._new_read_session() as session:
            yield session

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not answer."""
        async with self.read_session() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()


async def execute_on_connection(
    session: AsyncSession,
    statement: Executable,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> Any:
    """Run a statement that makes no objects on the session's own connection: half of what the session's way costs.

    Gives Core's result. Nothing is flushed first. Statements of a hot path are made once, their values parameters.
    """
    connection: AsyncConnection | None = session.info.get(_CONNECTION_KEY)
    if connection is None:
        connection = session.info[_CONNECTION_KEY] = await session.connection()
    return await connection.execute(statement, values)


_CONNECTION_KEY = "connection"


@cache
def upsert_statement(dialect: str, table: type[Base], columns: tuple[str, ...]) -> Executable:
    """Insert rows; where the primary key is there already, give it these columns' new values instead."""
    made = (postgresql if dialect == "postgresql" else sqlite).insert(mapped_table(table))
    changed: Executable = made.on_conflict_do_update(
        index_elements=list(mapped_table(table).primary_key),
        set_={column: made.excluded[column] for column in columns},
    )
    return changed


def dialect_insert(session: AsyncSession, mapped: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the session's dialect, on which ON CONFLICT can be declared."""
    return postgresql.insert(mapped) if dialect_name(session) == "postgresql" else sqlite.insert(mapped)


async def affects_one_row(session: AsyncSession, statement: Executable) -> bool:
    """Execute an UPDATE or DELETE and tell whether it matched exactly one row."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount == 1


def dialect_name(session: AsyncSession) -> str:
    """`sqlite` or `postgresql`."""
    return session.get_bind().dialect.name


def mapped_table(mapped: type[Base]) -> Table:
    """The table of a mapped class, for statements that need no objects: they cost a third."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


def _postgres_engine(url: str) -> AsyncEngine:
    # hide_parameters: what a statement carried is somebody's name; it does not belong into a log.
    return create_async_engine(
        url,
        pool_size=POSTGRES_POOL_CONNECTIONS,
        max_overflow=POSTGRES_POOL_CONNECTIONS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _with_repeatable_read(engine: AsyncEngine) -> AsyncEngine:
    """The same connections for questions: what one session reads is of one moment, as it is with SQLite."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _sqlite_engine(url: str, pool_size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself; we say which BEGIN
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
