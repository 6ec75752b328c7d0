"""PostgreSQL databases and connections that serve one test after another.

A new database costs 30 ms of CPU, its removal 10 ms, and each connection 7 ms. So a test process gives a database
back its content instead, and keeps the connections that a test closes, as a pool does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg
from office360.core.db.engine import Base
from sqlalchemy.util import LRUCache

from ..postgres import plain_url
from .templates import PostgresTemplates, create_database, drop_database, with_database

RESET_TIMEOUT_S = 3.0  # a transaction that a test left open has locks: then the database is dropped
MAX_KEPT_CONNECTIONS = 30  # a server allows 100
RESET = "contents.reset()"
MAX_KEPT_STATEMENTS = 300  # of a connection; SQLAlchemy keeps 100 of each engine's
NAME_PREFIX = "office360_test_"
_NUMBERS = count(1)  # of all databases of this process: two lenders never have a database of the same name
# How many tables, columns and so on there are, and which transaction changed any of them last.
SHAPE = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM {catalogue}"
    for catalogue in ("pg_class", "pg_attribute", "pg_constraint", "pg_proc", "pg_statistic")
)


@dataclass
class ReusedDatabase:
    """A database, an administrator's connection to it, and the shape of its schema."""

    name: str
    connection: asyncpg.Connection[Any]
    shape: Sequence[asyncpg.Record]


class ReusedDatabases:
    """Databases of a test process on a single server, a database for each content."""

    def __init__(self, server: str, templates: PostgresTemplates) -> None:
        self._server, self._templates = server, templates
        self._databases: dict[str, ReusedDatabase] = {}
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def lend(self, content: str) -> Iterator[str]:
        """Return the URL of a database with this content; afterwards it has it again."""
        if content not in self._databases:
            template = self._templates.build(content)
            self._databases[content] = self._loop.run_until_complete(self._create(template))
        database = self._databases[content]
        yield with_database(self._server, database.name)
        if not self._loop.run_until_complete(_reset(database)):
            self._loop.run_until_complete(self._drop(self._databases.pop(content)))

    def close(self) -> None:
        """Drop all databases."""
        for database in self._databases.values():
            self._loop.run_until_complete(self._drop(database))
        self._loop.close()

    async def _create(self, template: str) -> ReusedDatabase:
        name = f"{NAME_PREFIX}{os.getpid()}_{next(_NUMBERS)}"
        await create_database(self._server, name, template)
        connection = await asyncpg.connect(plain_url(with_database(self._server, name)))
        await _create_reset(connection)
        return ReusedDatabase(name, connection, await connection.fetch(SHAPE))

    async def _drop(self, database: ReusedDatabase) -> None:
        database.connection.terminate()
        await drop_database(self._server, database.name)


async def _create_reset(connection: asyncpg.Connection[Any]) -> None:
    """Create a function that gives each table its present rows back."""
    named = [table.name for table in Base.metadata.sorted_tables]
    found = [
        row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    tables = sorted(found, key=lambda name: named.index(name) if name in named else -1)
    filled = [name for name in tables if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")')]
    await connection.execute("CREATE SCHEMA contents")
    for name in filled:
        await connection.execute(f'CREATE TABLE contents."{name}" AS TABLE "{name}"')
    steps = [
        *(f'DELETE FROM public."{name}";' for name in reversed(tables)),
        *(f'INSERT INTO public."{name}" SELECT * FROM contents."{name}";' for name in filled),
    ]
    await connection.execute(
        f"CREATE FUNCTION {RESET} RETURNS void LANGUAGE plpgsql SET lock_timeout = '{RESET_TIMEOUT_S:.0f}s' "
        f"AS $$ BEGIN {' '.join(steps)} END $$"
    )
    # its own row in pg_proc and the plans of the function are made now
    await connection.fetchval(f"SELECT {RESET}")


async def _reset(database: ReusedDatabase) -> bool:
    """Tell whether a database has its content again."""
    try:
        if await database.connection.fetch(SHAPE) != database.shape:
            return False
        await database.connection.fetchval(f"SELECT {RESET}")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    return True


class KeptConnection(asyncpg.Connection):  # type: ignore[misc]  # the library has no types
    """A connection that waits for its next use when it is closed."""

    keeper: KeptConnections
    key: str
    _codecs: frozenset[tuple[str, str]] = frozenset()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.statements: LRUCache[Any, Any] = LRUCache(MAX_KEPT_STATEMENTS)

    def get_reset_query(self) -> str:
        """Return SQL that also drops the plans of kept statements: the next test has other rows."""
        return f"{super().get_reset_query()}\nDISCARD PLANS;"

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's own
        try:
            is_kept = not self.is_closed() and await self.keeper.keep(self, timeout)
        except BaseException:  # the task was cancelled while the connection was made as new
            self.terminate()
            raise
        if not is_kept:
            self.keeper.lent.discard(self)
            await super().close(timeout=timeout)

    def terminate(self) -> None:
        self.keeper.lent.discard(self)
        super().terminate()

    async def set_type_codec(self, typename: str, **options: Any) -> None:
        """Set a codec once: SQLAlchemy sets the same codecs for each of its connections."""
        codec = (typename, options["schema"])
        if codec not in self._codecs:
            self._codecs |= {codec}
            await super().set_type_codec(typename, **options)


def keep_statements(dbapi_connection: Any, _record: object) -> None:
    """Give an engine's new connection the statements that earlier engines have prepared on it."""
    connection = dbapi_connection.driver_connection
    is_kept = type(connection) is KeptConnection  # asyncpg's isinstance is true for each connection
    if is_kept and dbapi_connection._prepared_statement_cache is not None:  # none with PgBouncer
        dbapi_connection._prepared_statement_cache = connection.statements


class KeptConnections:
    """Connections that engines have closed, for the event loop of all tests.

    `prefix`: of the names of the databases whose connections are kept.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, prefix: str = NAME_PREFIX) -> None:
        self._loop, self._prefix = loop, prefix
        self._idle: list[KeptConnection] = []
        self.lent: set[KeptConnection] = set()

    async def connect(self, *arguments: Any, **options: Any) -> asyncpg.Connection[Any]:
        """Return an idle connection with these arguments of asyncpg.connect, else open it."""
        is_kept = options.get("database", "").startswith(self._prefix)
        if not is_kept or asyncio.get_running_loop() is not self._loop:
            return await asyncpg.connect(*arguments, **options)
        key = repr((arguments, sorted(options.items())))
        self._idle = [connection for connection in self._idle if not connection.is_closed()]
        connection = next((connection for connection in self._idle if connection.key == key), None)
        if connection is not None:
            self._idle.remove(connection)
        else:
            connection = await asyncpg.connect(*arguments, connection_class=KeptConnection, **options)
            connection.keeper, connection.key = self, key
        self.lent.add(connection)
        return connection

    async def keep(self, connection: KeptConnection, timeout_s: float | None) -> bool:
        """Tell whether a connection that was closed is as new, and waits."""
        if len(self._idle) >= MAX_KEPT_CONNECTIONS:
            return False
        try:
            await connection.reset(timeout=timeout_s)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False
        self.lent.discard(connection)
        self._idle.append(connection)
        return True

    def end_test(self) -> None:
        """End connections of tasks that a test left, as the removal of its database did."""
        for connection in [*self.lent]:
            connection.terminate()

    async def close(self) -> None:
        for connection in self._idle:
            connection.terminate()
        await asyncio.sleep(0)  # the loop closes their sockets
