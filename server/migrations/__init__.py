"""Brings a database to the present schema. The same migrations run on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.db.engine import Database

FOREIGN_KEY_CHECK = (
    "PRAGMA foreign_key_check"  # a row for each that refers to nothing: its table, the other one (`parent`)
)


class BrokenReferences(Exception):
    """A migration would leave rows that refer to nothing."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file; env.py takes the connection from it."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


async def migrate(database: Database) -> None:
    """Run what is missing, in one transaction on each database. Does nothing when all has run.

    Raises BrokenReferences, and changes nothing, when rows would refer to what is not there.
    """
    async with (
        database.writer.connect() as connection,
        _foreign_keys_off(database, connection),
        connection.begin(),
    ):
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
        if database.is_sqlite and (
            broken := (await connection.exec_driver_sql(FOREIGN_KEY_CHECK)).mappings().first()
        ):
            raise BrokenReferences(f"{broken['table']} refers to {broken['parent']}")


@asynccontextmanager
async def _foreign_keys_off(database: Database, connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite makes a table anew to change a column, which it refuses while rows refer to the old one; its own
    advice is to check afterwards (sqlite.org/lang_altertable.html). Within a transaction it ignores this."""
    if not database.is_sqlite:
        yield
        return
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        await driver.execute("PRAGMA foreign_keys=ON")


async def is_current(database: Database) -> bool:
    """Whether the database has every migration."""
    async with database.reader.connect() as connection:
        revision = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return revision == ScriptDirectory.from_config(alembic_config()).get_current_head()
