"""`--wait`: a process waits for a database that starts later, and for its migrations."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.db.engine import Database
from office360.core.errors import DatabaseAway
from office360.core.runtime import Runtime
from office360.server.commands import command_line
from office360.server.commands.command_line import SchemaIsOlder, refuse_other_schema, use_runtime
from office360.server.commands.process_commands import migrate_database
from office360.server.schema_state import is_current
from office360.server.settings import Settings
from sqlalchemy.engine import make_url

from ..faults.support.tcp_proxy import run_tcp_proxy
from ..support.timeouts import TEST_TIMEOUT_S


@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
async def test_migration_waits_for_a_database_that_starts(
    empty_database_url: str, settings_of_tests: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "RETRY_INTERVAL_S", 0.01)
    url = make_url(empty_database_url)
    folder, port = str(url.query.get("host") or url.host), url.port or 5432
    target = f"{folder}/.s.PGSQL.{port}" if folder.startswith("/") else f"http://{folder}:{port}"
    attempts = 0
    async with run_tcp_proxy(target) as proxy:
        proxy.cut()

        async def migrate_at_third_attempt(runtime: Runtime) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                proxy.restore()
            await migrate_database(runtime)

        through = url.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False)
        settings = settings_of_tests.model_copy(update={"database_url": through})
        with pytest.raises((DatabaseAway, OSError)):
            await use_runtime(settings, migrate_at_third_attempt)
        await asyncio.wait_for(
            use_runtime(settings, migrate_at_third_attempt, wait_s=TEST_TIMEOUT_S), TEST_TIMEOUT_S
        )
    assert attempts == 3
    database = Database(empty_database_url)
    assert await is_current(database)
    await database.close()


async def test_process_waits_for_migrations(
    empty_database_url: str, settings_of_tests: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "RETRY_INTERVAL_S", 0.01)
    settings = settings_of_tests.model_copy(update={"database_url": empty_database_url})
    with pytest.raises(SchemaIsOlder):
        await use_runtime(settings, refuse_other_schema)
    waiting = asyncio.create_task(use_runtime(settings, refuse_other_schema, wait_s=TEST_TIMEOUT_S))
    await asyncio.sleep(0)
    await use_runtime(settings, migrate_database)
    await asyncio.wait_for(waiting, TEST_TIMEOUT_S)
