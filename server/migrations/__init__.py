"""Brings a database to the present schema. The same migrations run on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ...core.db import Database


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file; env.py takes the connection from it."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


async def migrate(database: Database) -> None:
    """Run what is missing, in one transaction on each database. Does nothing when all has run."""
    async with database.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))


async def is_current(database: Database) -> bool:
    """Whether the database has every migration."""
    async with database.reader.connect() as connection:
        revision = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return revision == ScriptDirectory.from_config(config()).get_current_head()
