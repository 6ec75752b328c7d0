"""Migrations build the schema of the models, on both databases."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from office360.core.db.engine import Database
from office360.server.migrations import alembic_config, migrate
from office360.server.schema import metadata
from office360.server.schema_state import is_current
from sqlalchemy import Connection, MetaData, Table, func, select

VALUES: dict[type[Any], Any] = {
    dict: {},
    bool: True,
    int: 1,
    float: 1.0,
    date: date(2026, 11, 25),
    time: time(9),
    datetime: datetime(2026, 11, 25, 9, tzinfo=UTC),
    timedelta: timedelta(minutes=1),
}


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_build_schema_of_models(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert not await is_current(database)
    await migrate(database)
    assert await is_current(database)
    async with database.reader.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await database.close()


async def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    await migrate(database)
    await migrate(database)
    assert await is_current(database)
    await database.close()


def build_row(table: Table, place: int | str) -> dict[str, Any]:
    """Build a row that refers to the row of the same place in every other table."""
    return {column.name: VALUES.get(column.type.python_type, str(place)) for column in table.columns}


def _fill_tables(connection: Connection) -> dict[str, int]:
    """Insert two rows into every table, and count the rows by table."""
    found = MetaData()
    found.reflect(connection)
    tables = [table for table in found.sorted_tables if table.name != "alembic_version"]
    for table in tables:
        connection.execute(table.insert(), [build_row(table, place) for place in (1, 2)])
    return dict.fromkeys((table.name for table in tables), 2)


def _count_rows(connection: Connection, names: Collection[str]) -> dict[str, int]:
    found = MetaData()
    found.reflect(connection)
    counts = {name: select(func.count()).select_from(found.tables[name]) for name in names}
    return {name: connection.execute(count).scalar_one() for name, count in counts.items()}


@pytest.mark.parametrize("revision", ["0002", "0003"])
async def test_upgrade_keeps_rows_of_database_in_use(empty_database_url: str, revision: str) -> None:
    database = Database(empty_database_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), revision))
    async with database.writer.begin() as connection:
        filled = await connection.run_sync(_fill_tables)
    await migrate(database)
    filled.pop("agendas")  # its rows are only locks
    async with database.reader.connect() as connection:
        assert await connection.run_sync(_count_rows, filled) == filled
    await database.close()


def test_migrations_import_no_product_code() -> None:
    versions = Path(__file__).parent.parent.parent / "server" / "migrations" / "versions"
    assert [path.name for path in versions.glob("m*.py") if "office360" in path.read_text()] == []
