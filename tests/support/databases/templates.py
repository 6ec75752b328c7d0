"""Migrated databases with contents that tests copy."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from office360.core.clock import Clock
from office360.core.db.engine import Database
from office360.server.migrations import migrate
from office360.server.runtime import open_runtime
from office360.server.settings import load_settings
from sqlalchemy.engine import make_url

from ..postgres import connect_directly
from .contents import CONTENTS, NO_CONTENT


def build_sqlite_template(folder: Path, content: str, clock: Clock, secret: str) -> Path:
    """Return a file with this content; build it when a test first needs it."""
    built = folder / f"{content}.db"
    with (folder / f"{content}.lock").open("w") as lock:  # other test processes wait and use the same file
        fcntl.flock(lock, fcntl.LOCK_EX)
        return built if built.exists() else _build_sqlite(built, content, clock, secret)


def _build_sqlite(built: Path, content: str, clock: Clock, secret: str) -> Path:
    path = built.with_suffix(".building")
    url = f"sqlite+aiosqlite:///{path}"
    if content == NO_CONTENT:
        asyncio.run(_migrate(url))
    else:
        path.write_bytes(build_sqlite_template(built.parent, NO_CONTENT, clock, secret).read_bytes())
        asyncio.run(_fill(url, content, clock, secret))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # without a journal file, so that one file can be copied
    connection.close()
    return path.rename(built)


class PostgresTemplates:
    """Templates on one server."""

    def __init__(self, server: str, clock: Clock, secret: str) -> None:
        self._server, self._clock, self._secret = server, clock, secret
        self._built: set[str] = set()

    def build(self, content: str) -> str:
        """Return the name of a database with this content; build it when a test first needs it."""
        name = f"office360_template_{content}_{os.getpid()}"
        if content in self._built:
            return name
        url = with_database(self._server, name)
        if content == NO_CONTENT:
            asyncio.run(create_database(self._server, name, "template1"))
            asyncio.run(_migrate(url))
        else:
            asyncio.run(create_database(self._server, name, self.build(NO_CONTENT)))
            asyncio.run(_fill(url, content, self._clock, self._secret))
        self._built.add(content)
        return name


@contextmanager
def fresh_postgres_database(server: str, name: str, template: str) -> Iterator[str]:
    """Create a database on a server and drop it after the block."""
    name = f"{name}_{os.getpid()}"
    asyncio.run(create_database(server, name, template))
    yield with_database(server, name)
    asyncio.run(drop_database(server, name))


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of a server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


async def _fill(url: str, content: str, clock: Clock, secret: str) -> None:
    settings = load_settings(environment="development", secret_key=[secret], database_url=url)
    async with open_runtime(settings, clock) as runtime:
        await CONTENTS[content](runtime)


async def create_database(server: str, name: str, template: str) -> None:
    async with connect_directly(server) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        # copying files costs half of the CPU of writing them to the log, because they are in memory
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')


async def drop_database(server: str, name: str) -> None:
    async with connect_directly(server) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
