"""Migrations that have landed: never edited, and run while the last release serves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from office360.core.db.engine import Database
from office360.core.errors import DatabaseAway
from office360.server.migrations import alembic_config, migrate
from office360.server.schema_state import is_current
from sqlalchemy import MetaData, Table, func, select

from .test_migrations import build_row

FOLDER = Path(__file__).parent.parent.parent / "server" / "migrations"
LAST_RELEASED = "0004"  # set to the newest revision when a version is released
FIRST_CHARACTER = 0x4E00  # one character is short enough for every column, and there are thousands
ROWS_BEFORE, ROWS_AFTER = 5, 5  # written by the old process, at least


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_landed_migration_is_never_edited() -> None:
    """An edited migration has already run elsewhere. Write the next migration instead."""
    lines = (FOLDER / "landed.sha256").read_text().splitlines()
    landed = {name: digest for digest, name in (line.split() for line in lines)}
    present = {path.name: _hash(path) for path in (FOLDER / "versions").glob("m*.py")}
    assert {name: digest for name, digest in present.items() if name in landed} == landed
    missing = [f"{present[name]}  {name}" for name in sorted(present.keys() - landed.keys())]
    assert missing == [], "append these lines to server/migrations/landed.sha256"


class OldProcess:
    """A process of the last release, which writes and reads by that schema only."""

    def __init__(self, url: str, tables: list[Table]) -> None:
        self._database = Database(url)
        self._tables = tables
        self.written = 0

    async def write_until(self, stop: asyncio.Event) -> None:
        """Write a row to every table and read them all, again and again. A 503 is tried again."""
        try:
            while not stop.is_set():
                try:
                    await self._write_row_to_each_table(chr(FIRST_CHARACTER + self.written))
                    self.written += 1
                    await self._read_all_tables()
                except DatabaseAway:
                    await asyncio.sleep(0.01)
        finally:
            await self._database.close()

    async def _write_row_to_each_table(self, place: str) -> None:
        async with self._database.write_session() as session:
            for table in self._tables:
                await session.execute(table.insert().values(build_row(table, place)))

    async def _read_all_tables(self) -> None:
        async with self._database.read_session() as session:
            for table in self._tables:
                await session.execute(select(table))

    async def wait_for(self, rows: int, serving: asyncio.Task[None]) -> None:
        """Wait until so many rows are written. Raises the failure of write_until."""
        async with asyncio.timeout(60):
            while self.written < rows:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open a database, and close it also if the test fails.

    An open connection would be collected during a later test, which then fails.
    """
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def _install_last_release(url: str) -> list[Table]:
    found = MetaData()
    async with open_database(url) as database:
        async with database.writer.begin() as connection:
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), LAST_RELEASED))
        async with database.reader.connect() as connection:
            await connection.run_sync(found.reflect)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


@asynccontextmanager
async def running_old_process(url: str, tables: list[Table]) -> AsyncIterator[OldProcess]:
    """Run a process of the last release. Its connections are closed, also if the test fails."""
    old, stop = OldProcess(url, tables), asyncio.Event()
    serving = asyncio.create_task(old.write_until(stop))
    try:
        await old.wait_for(ROWS_BEFORE, serving)
        yield old
        await old.wait_for(old.written + ROWS_AFTER, serving)
    finally:
        stop.set()
        await serving


async def test_release_serves_during_upgrade_and_loses_no_row(empty_database_url: str) -> None:
    tables = await _install_last_release(empty_database_url)
    async with open_database(empty_database_url) as database:
        async with running_old_process(empty_database_url, tables) as old:
            await migrate(database)
            assert await is_current(database)
        counts: dict[str, Any] = {}
        async with database.read_session() as session:
            for table in tables:
                counts[table.name] = (await session.execute(select(func.count()).select_from(table))).scalar_one()
    assert counts == dict.fromkeys(counts, old.written)
