"""The schema of the database, compared with the migrations of this program. Runs none."""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..core.db.engine import Database
from .schema_versions import recorded_schema_version

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"


class SchemaState(Enum):
    """The schema of the database as this program sees it."""

    OLDER = auto()
    CURRENT = auto()
    NEWER = auto()


class DatabaseIsNewer(Exception):
    """The database was migrated by a newer program. Its text is one line of advice."""


async def is_current(database: Database) -> bool:
    """Tell whether all migrations have run, and no others."""
    return await schema_state(database) is SchemaState.CURRENT


async def schema_state(database: Database) -> SchemaState:
    """Compare the last migration that has run with those of this program."""
    async with database.reader.connect() as connection:
        return await connection.run_sync(lambda sync: _compare(_stored_revision(sync)))


def _compare(stored: str | None) -> SchemaState:
    if stored == head_revision():
        return SchemaState.CURRENT
    return SchemaState.OLDER if stored is None or stored in _known_revisions() else SchemaState.NEWER


async def refuse_newer_database(database: Database) -> None:
    """Raise DatabaseIsNewer if this program does not know the last migration that has run."""
    async with database.reader.connect() as connection:
        advice = await connection.run_sync(_advice_on_newer_database)
    if advice is not None:
        raise DatabaseIsNewer(advice)


def _advice_on_newer_database(connection: Connection) -> str | None:
    stored = _stored_revision(connection)
    if stored is None or _compare(stored) is not SchemaState.NEWER:
        return None
    ours, theirs = program_version(), recorded_schema_version(connection, stored)
    # equal between two releases, whose programs have the same number
    needed = "a newer version" if theirs in (None, ours) else f"version {theirs} or newer"
    return (
        f"The database is newer than this program ({ours}): install {needed}, "
        "or restore the backup taken before the upgrade (docs/rollback.md)"
    )


def program_version() -> str:
    return version("office360")


def _stored_revision(connection: Connection) -> str | None:
    """Return the revision of the database; None for a database without migrations."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def head_revision() -> str:
    """Return the number of the last migration."""
    return max(_known_revisions())


@cache
def _known_revisions() -> frozenset[str]:
    """Return the numbers of the migrations, from the names of the files."""
    return frozenset(path.name[1:5] for path in MIGRATIONS.glob("m[0-9]*.py"))
