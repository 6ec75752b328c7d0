"""`office360 migrate --wait`: a database that starts later is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from office360.core.db.engine import Database
from office360.core.errors import DatabaseAway
from office360.core.runtime import Runtime
from office360.server.commands import process_commands
from office360.server.commands.command_line import use_runtime
from office360.server.schema_state import is_current
from office360.server.settings import Settings
from sqlalchemy.engine import make_url

from ..faults.support.tcp_proxy import run_tcp_proxy
from ..support.timeouts import TEST_TIMEOUT_S

pytestmark = pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)


async def test_migration_waits_for_a_database_that_starts(
    empty_database_url: str, settings_of_tests: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(empty_database_url)
    folder, port = str(url.query.get("host") or url.host), url.port or 5432
    target = f"{folder}/.s.PGSQL.{port}" if folder.startswith("/") else f"http://{folder}:{port}"
    attempts = 0
    async with run_tcp_proxy(target) as proxy:
        proxy.cut()

        async def restore_at_third_attempt(opened: Settings, use: Callable[[Runtime], Awaitable[None]]) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                proxy.restore()
            await use_runtime(opened, use)

        monkeypatch.setattr(process_commands, "use_runtime", restore_at_third_attempt)
        monkeypatch.setattr(process_commands, "RETRY_INTERVAL_S", 0.01)
        through = url.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False)
        waiting = settings_of_tests.model_copy(update={"database_url": through})
        with pytest.raises((DatabaseAway, OSError)):
            await process_commands.migrate_when_it_answers(waiting, wait_s=0)
        await asyncio.wait_for(
            process_commands.migrate_when_it_answers(waiting, wait_s=TEST_TIMEOUT_S), TEST_TIMEOUT_S
        )
    assert attempts == 3
    database = Database(empty_database_url)
    assert await is_current(database)
    await database.close()
