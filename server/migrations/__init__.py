"""Migrations of the database. The same migrations run on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ...core.db.engine import Database
from ...core.db.outages import outage_kind
from ..schema_state import is_current, program_version, refuse_newer_database
from ..schema_versions import record_schema_version

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 40  # while people use the tables; each waits for a lock no longer than LOCK_TIMEOUT
# Well below the second after which PostgreSQL looks for a deadlock: the migration gives up and tries again before
# the request of a serving process, which would be an error for a person.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '400ms'"
RETRY_DELAY_S = 1.0
# two machines that migrate at the same time take turns
MIGRATION_LOCK = "SELECT pg_advisory_xact_lock(360)"
FOREIGN_KEY_CHECK = "PRAGMA foreign_key_check"  # one row per broken reference: `table`, `parent`


class BrokenReferences(Exception):
    """A migration would leave rows with broken references."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Build Alembic's configuration without a file; env.py uses its connection."""
    # imported late, as in each function here: most processes only ask is_current
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Run the missing migrations while other processes may serve.

    Each has its own transaction. A single transaction would lock tables in an order that deadlocks with those
    processes.

    Raises BrokenReferences if rows would refer to missing rows; that migration changes nothing. Raises
    DatabaseIsNewer if a newer program has migrated it.
    """
    await refuse_newer_database(database)
    if await is_current(database):  # most starts: Alembic is not imported
        return None
    engine = database.migration_engine()
    try:
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return await _run_migrations(database, engine)
            except DBAPIError as error:
                if outage_kind(error) != "busy":
                    raise
                logger.warning("migration_waits_for_lock")
                await asyncio.sleep(RETRY_DELAY_S)
        await _run_migrations(database, engine)
    finally:
        if engine is not database.writer:
            await engine.dispose()


async def _run_migrations(database: Database, engine: AsyncEngine) -> None:
    from alembic.script import ScriptDirectory

    # read once: alembic's command reads all files again for each migration, which took most of the time
    scripts = ScriptDirectory.from_config(alembic_config())
    async with engine.connect() as connection, _foreign_keys_off(database, connection):
        while await _run_next_migration(database, connection, scripts):
            pass


async def _run_next_migration(database: Database, connection: AsyncConnection, scripts: ScriptDirectory) -> bool:
    """Run a migration in its own transaction. Returns False if all have run."""
    async with connection.begin():
        if not database.is_sqlite:
            await connection.exec_driver_sql(MIGRATION_LOCK)
            await connection.exec_driver_sql(LOCK_TIMEOUT)
        revision = await connection.run_sync(_next_revision, scripts)
        if revision is None:
            return False
        await connection.run_sync(_upgrade, scripts, revision)
        await connection.run_sync(record_schema_version, revision, program_version())
        if database.is_sqlite and (
            broken := (await connection.exec_driver_sql(FOREIGN_KEY_CHECK)).mappings().first()
        ):
            raise BrokenReferences(f"{broken['table']} refers to {broken['parent']}")
    return True


def _next_revision(connection: Connection, scripts: ScriptDirectory) -> str | None:
    from alembic.runtime.migration import MigrationContext

    current = MigrationContext.configure(connection).get_current_revision()
    missing = scripts.iterate_revisions("head", current or "base")
    return min((script.revision for script in missing if script.revision != current), default=None)


def _upgrade(connection: Connection, scripts: ScriptDirectory, revision: str) -> None:
    """Upgrade to this revision, as alembic's command does, with scripts that are read."""
    from alembic.runtime.environment import EnvironmentContext

    def find_steps(current: Any, _context: MigrationContext) -> list[Any]:
        return scripts._upgrade_revs(revision, current)

    with EnvironmentContext(alembic_config(connection), scripts, fn=find_steps, destination_rev=revision):
        scripts.run_env()


@asynccontextmanager
async def _foreign_keys_off(database: Database, connection: AsyncConnection) -> AsyncIterator[None]:
    """Switch off foreign keys of SQLite, which changes a column by replacing the table.

    SQLite refuses that while rows refer to the old table, and advises to check afterwards
    (sqlite.org/lang_altertable.html). The pragma has no effect within a transaction.
    """
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
