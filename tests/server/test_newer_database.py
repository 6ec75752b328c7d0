"""A program older than its database names the version that it needs, in one line."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest
from office360.core.db.engine import Database
from office360.server.checks.database_checks import check_schema
from office360.server.cli import main
from office360.server.commands import process_commands
from office360.server.migrations import migrate
from office360.server.runtime import open_runtime
from office360.server.schema_state import SchemaState, head_revision, schema_state
from office360.server.settings import load_settings
from sqlalchemy import text

from ..conftest import TEST_SECRET, AppServer

pytestmark = pytest.mark.usefixtures("fresh_database")

OURS = version("office360")
ADVICE = (
    f"The database is newer than this program ({OURS}): install version 7.1.0 or newer, "
    "or restore the backup taken before the upgrade (docs/rollback.md)"
)
COMMANDS = [["migrate"], ["serve"], ["worker"], ["testroom"], ["user", "list"], ["simulate", "--office", "centro"]]


async def set_revision(url: str, revision: str, program: str | None = None) -> None:
    """Leave the database as a program with this version and this last migration does."""
    database = Database(url)
    async with database.writer.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )
        if program is not None:
            row = {"revision": revision, "program": program, "head": head_revision()}
            statement = (
                "INSERT INTO schema_versions SELECT :revision, :program, migrated_at "
                "FROM schema_versions WHERE revision = :head"
            )
            await connection.execute(text(statement), row)
    await database.close()


@pytest.fixture
def settings_of_commands(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("office360.server.process.logging.configure_logging", lambda *_, **__: None)
    monkeypatch.setattr(process_commands, "serve_or_exit", lambda *_: pytest.fail("it serves"))
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", TEST_SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")


@pytest.mark.usefixtures("settings_of_commands")
def test_each_command_refuses_newer_database_in_one_line(database_url: str) -> None:
    asyncio.run(set_revision(database_url, "0999", "7.1.0"))
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == ADVICE, command


@pytest.mark.usefixtures("settings_of_commands")
def test_check_names_newer_database(database_url: str) -> None:
    asyncio.run(set_revision(database_url, "0999", "7.1.0"))

    async def check() -> str:
        settings = load_settings()
        async with open_runtime(settings) as runtime:
            return (await check_schema(settings, runtime)).line()

    assert asyncio.run(check()) == f"database: error: {ADVICE} [docs/troubleshooting.md#database]"


@pytest.mark.parametrize("program", [None, OURS])
@pytest.mark.usefixtures("settings_of_commands")
def test_unrecorded_or_equal_version_is_not_named(database_url: str, program: str | None) -> None:
    asyncio.run(set_revision(database_url, "0999", program))
    with pytest.raises(SystemExit, match="install a newer version, or restore"):
        main(["migrate"])


async def test_older_revision_is_no_newer_database(database_url: str) -> None:
    await set_revision(database_url, "0001")
    database = Database(database_url)
    assert await schema_state(database) is SchemaState.OLDER
    await database.close()


async def test_readyz_tells_schema_of_another_version(app_server: AppServer, database_url: str) -> None:
    async def ask() -> tuple[int, dict[str, str]]:
        async with app_server.client() as client, client.get("/readyz") as answer:
            return answer.status, (await answer.json()).get("reasons", {})

    await set_revision(database_url, "0999")
    status, reasons = await ask()
    assert (status, reasons["schema"]) == (200, "newer than this program")
    await set_revision(database_url, "0001")
    assert await ask() == (503, {"database": "migrations are missing"})


async def test_migrate_records_version_of_program(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    await migrate(database)
    async with database.reader.connect() as connection:
        rows = (await connection.execute(text("SELECT revision, version FROM schema_versions"))).all()
    await database.close()
    assert (head_revision(), OURS) in [tuple(row) for row in rows]
