"""The schema: migrations build it from nothing on both databases, and it is the one that the models describe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from office360.core.db import Database
from office360.server.migrations import is_current, migrate
from office360.server.schema import metadata
from sqlalchemy import Connection

from ..conftest import fresh_postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    with fresh_postgres_database(server, "office360_empty", "template1") as url:
        yield url


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_models_and_migrations_agree(empty_database_url: str) -> None:
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


def test_migrations_stand_on_their_own() -> None:
    versions = Path(__file__).parent.parent.parent / "server" / "migrations" / "versions"
    assert [path.name for path in versions.glob("m*.py") if "office360" in path.read_text()] == []
