"""Checks of the database and of what its rows say about the processes. Changes nothing."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ...core.clock import SystemClock
from ...core.db.outbox import VOID, OutboxRow
from ...core.db.process_heartbeats import (
    DEAD_AFTER,
    ProcessHeartbeatRow,
    ProcessKind,
    database_time,
    last_heartbeats,
)
from ...core.db.timer_rows import oldest_due_timer
from ...core.errors import DatabaseAway
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...notifications.queries.delivery_problems import oldest_late_message
from ...offices.service import all_offices
from ..schema import metadata
from ..schema_state import DatabaseIsNewer, is_current, refuse_newer_database
from ..settings import Settings
from ..testroom.installed import is_testroom_installed
from .check_result import CHECK_TIMEOUT_S, CheckResult, first_line, format_age, timeout_text

MAX_CLOCK_DIFFERENCE = timedelta(seconds=2)  # people of one line are ordered by times of several machines
TIMER_TOLERANCE = timedelta(minutes=1)  # a worker fires due timers each second
MIN_FREE_BYTES = 1 << 30
PADDING_BYTES = 1 << 20  # more than the database keeps in memory, so that a full disk is noticed
LOCAL_HOSTS = {"", "127.0.0.1", "::1", "localhost"}

Check = Callable[[Settings, Runtime], Awaitable[CheckResult]]


async def check_schema(settings: Settings, runtime: Runtime) -> CheckResult:
    """Check the connection, the migrations, and the columns that this program needs."""
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return CheckResult("database", f"{path} does not exist; run: office360 migrate")
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await refuse_newer_database(runtime.db)
            if not await is_current(runtime.db):
                return CheckResult("database", "the schema is not up to date; run: office360 migrate")
            async with runtime.db.reader.connect() as connection:
                missing = await connection.run_sync(_missing_columns)
    except TimeoutError:
        return CheckResult("database", timeout_text())
    except DatabaseIsNewer as newer:
        return CheckResult("database", str(newer))
    except (DatabaseAway, SQLAlchemyError, OSError) as error:
        return CheckResult("database", first_line(error))
    if missing:
        advice = "its migrations were not those of this program; restore a backup and migrate it (docs/backup.md)"
        return CheckResult("database", f"{', '.join(missing)} missing: {advice}")
    return CheckResult("database")


def _missing_columns(connection: Connection) -> list[str]:
    """Return the tables and columns of the models that the database lacks."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    missing = []
    for table in metadata.sorted_tables:
        if table.name not in tables:
            missing.append(table.name)
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        missing += [f"{table.name}.{column.name}" for column in table.columns if column.name not in columns]
    return missing


async def check_database_use(settings: Settings, runtime: Runtime) -> list[CheckResult]:
    """Check what a database with the right schema is used for."""
    checks: dict[str, Check] = {
        "writes": _check_write,
        "clock": _check_clock,
        "connections": _check_connections,
        "disk": _check_disk,
        "worker": _check_worker,
        "messages": _check_messages,
        "timers": _check_timers,
        "offices": _check_offices,
    }
    return list(
        await asyncio.gather(*(_run_check(part, check, settings, runtime) for part, check in checks.items()))
    )


async def _run_check(part: str, check: Check, settings: Settings, runtime: Runtime) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check(settings, runtime)
    except TimeoutError:
        return CheckResult(part, timeout_text())
    except (DatabaseAway, SQLAlchemyError, OSError) as error:
        return CheckResult(part, first_line(error))


async def _check_write(settings: Settings, runtime: Runtime) -> CheckResult:
    """Insert a large row and roll back."""
    now = runtime.now()
    values = {
        "id": new_id(),
        "key": new_id(),
        "state": VOID,
        "created_at": now,
        "not_before": now,
        **dict.fromkeys(("channel", "kind", "subject", "recipient", "language"), ""),
        "payload": {"padding": secrets.token_hex(PADDING_BYTES // 2)},
    }
    try:
        async with runtime.db.writer.connect() as connection, connection.begin() as transaction:
            if runtime.db.is_sqlite:
                # pages, so that the row goes to the disk before the end of the transaction
                await connection.exec_driver_sql("PRAGMA cache_size = 10")
            await connection.execute(insert(OutboxRow).values(values))
            await transaction.rollback()
    except (DatabaseAway, SQLAlchemyError, OSError) as error:
        advice = "is the disk full, or the database read-only?"
        return CheckResult("writes", f"{first_line(error)}; {advice}")
    return CheckResult("writes")


async def _check_clock(settings: Settings, runtime: Runtime) -> CheckResult:
    """Compare this machine's clock; the runtime's may follow the database's."""
    clock = SystemClock()
    async with runtime.read_session() as session:
        await session.connection()
        before = clock.now()
        theirs = (await session.execute(select(database_time()))).scalar_one()
        difference = before + (clock.now() - before) / 2 - theirs
    if abs(difference) <= MAX_CLOCK_DIFFERENCE:
        return CheckResult("clock")
    direction = "ahead of" if difference > timedelta(0) else "behind"
    problem = f"this machine's clock is {format_age(abs(difference))} {direction} the database's"
    return CheckResult("clock", f"{problem}; set both by NTP: timedatectl set-ntp true")


async def _check_connections(settings: Settings, runtime: Runtime) -> CheckResult:
    """Compare the connections that all processes may open with what PostgreSQL allows."""
    if runtime.db.is_sqlite:
        return CheckResult("connections")
    async with runtime.read_session() as session:
        now = (await session.execute(select(database_time()))).scalar_one()
        living = select(func.count(ProcessHeartbeatRow.id.distinct())).where(
            ProcessHeartbeatRow.seen_at >= now - DEAD_AFTER
        )
        alive = (await session.execute(living)).scalar_one()
        allowed, reserved = [
            int((await session.execute(text(f"SHOW {name}"))).scalar_one())
            for name in ("max_connections", "superuser_reserved_connections")
        ]
    rooms = len(settings.testroom_url) or int(settings.workers > 1 and is_testroom_installed())
    planned = settings.workers + rooms + (0 if settings.embedded_worker else 1)
    processes = max(alive, planned)
    pools: set[Any] = {runtime.db.writer.pool, runtime.db.reader.pool, runtime.db.heartbeats.pool}
    needed = processes * sum(pool.size() + pool._max_overflow for pool in pools)
    figures = f"{processes} processes may open {needed} connections, PostgreSQL allows {allowed - reserved}"
    if settings.database_pgbouncer:
        return CheckResult("connections", remark=f"works ({figures}; PgBouncer shares them)")
    if needed <= allowed - reserved:
        return CheckResult("connections", remark=f"works ({figures})")
    return CheckResult("connections", f"{figures}; raise max_connections or lower the pools (docs/settings.md)")


async def _check_disk(settings: Settings, runtime: Runtime) -> CheckResult:
    """Check the free space of this folder, and of the database's if it is on this machine."""
    folders = [Path.cwd()]
    if settings.sqlite_path is not None:
        folders.append(settings.sqlite_path.resolve().parent)
    elif (make_url(settings.database_url).host or "") in LOCAL_HOSTS:
        folders += await _postgres_folder(runtime)
    free = {folder: shutil.disk_usage(folder).free for folder in folders if folder.exists()}
    full = [f"{folder} has {size >> 20} MB left" for folder, size in free.items() if size < MIN_FREE_BYTES]
    if full:
        return CheckResult("disk", f"{', '.join(full)}; make room before writes fail")
    return CheckResult("disk", remark=f"works ({min(free.values()) >> 30} GB left)")


async def _postgres_folder(runtime: Runtime) -> list[Path]:
    """Return the server's data folder if this user may know it."""
    try:
        async with runtime.read_session() as session:
            return [Path((await session.execute(text("SHOW data_directory"))).scalar_one())]
    except (DatabaseAway, SQLAlchemyError):  # for members of pg_read_all_settings only
        return []


async def _check_worker(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        last = (await last_heartbeats(session)).get(ProcessKind.WORKER)
    if last is not None and not last.is_missing:
        return CheckResult("worker")
    seen = "none was seen within a day" if last is None else f"the last one was seen {format_age(last.age)} ago"
    return CheckResult("worker", f"{seen}; start: office360 worker (systemctl start office360@worker)")


async def _check_messages(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        late = await oldest_late_message(session, settings.channels, runtime.now())
    if late is None:
        return CheckResult("messages")
    cause = f"its last attempt failed: {late.failure}" if late.failure else "it was never tried; see: worker"
    age = format_age(runtime.now() - late.due_at)
    return CheckResult("messages", f"the oldest due message ({late.channel}) is {age} late; {cause}")


async def _check_timers(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        due_at = await oldest_due_timer(session, runtime.now() - TIMER_TOLERANCE)
    if due_at is None:
        return CheckResult("timers")
    return CheckResult("timers", f"the oldest due timer is {format_age(runtime.now() - due_at)} late; see: worker")


async def _check_offices(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        if await all_offices(session):
            return CheckResult("offices")
    return CheckResult(
        "offices", "no office yet; add one: office360 city import, or /staff/manage (docs/adopt.md)"
    )
