"""Checks of the database, and of the processes by their rows. Changes nothing."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ...core.clock import SystemClock
from ...core.db.outbox import VOID, OutboxRow
from ...core.db.process_heartbeats import database_time, living_processes
from ...core.db.timer_rows import oldest_due_timer
from ...core.errors import DatabaseAway
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...notifications.queries.delivery_problems import oldest_late_message
from ...offices.service import all_offices
from ..schema import metadata
from ..schema_state import DatabaseIsNewer, is_current, refuse_newer_database
from ..settings import Settings
from .check_result import (
    CHECK_TIMEOUT_S,
    CheckResult,
    CheckTopic,
    first_line,
    format_age,
    no_answer_text,
    timeout_text,
)
from .process_checks import check_processes, check_worker, planned_processes

# people of a line are ordered by times of several machines
MAX_CLOCK_DIFFERENCE = timedelta(seconds=2)
TIMER_TOLERANCE = timedelta(minutes=1)  # a worker fires due timers each second
MIN_FREE_BYTES = 1 << 30
START_POSTGRESQL = "systemctl start postgresql"
PADDING_BYTES = 1 << 20  # more than the database keeps in memory, so that a full disk is noticed
LOCAL_HOSTS = {"", "127.0.0.1", "::1", "localhost"}

Check = Callable[[Settings, Runtime], Awaitable[CheckResult]]


async def check_schema(settings: Settings, runtime: Runtime) -> CheckResult:
    """Check the connection, the migrations, and the columns that this program needs."""
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return CheckResult(CheckTopic.DATABASE, f"{path} does not exist; run: office360 migrate")
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await refuse_newer_database(runtime.db)
            if not await is_current(runtime.db):
                return CheckResult(CheckTopic.DATABASE, "the schema is not up to date; run: office360 migrate")
            async with runtime.db.reader.connect() as connection:
                missing = await connection.run_sync(_missing_columns)
    except TimeoutError:
        return CheckResult(CheckTopic.DATABASE, timeout_text())
    except DatabaseIsNewer as newer:
        return CheckResult(CheckTopic.DATABASE, str(newer))
    except OSError as error:  # of the connection; drivers do not wrap it
        return CheckResult(
            CheckTopic.DATABASE, no_answer_text(_database_server(settings), error, START_POSTGRESQL)
        )
    except (DatabaseAway, SQLAlchemyError) as error:
        return CheckResult(CheckTopic.DATABASE, first_line(error))
    if missing:
        advice = "its migrations were not those of this program; restore a backup and migrate it (docs/backup.md)"
        return CheckResult(CheckTopic.DATABASE, f"{', '.join(missing)} missing: {advice}")
    return CheckResult(CheckTopic.DATABASE)


def _database_server(settings: Settings) -> str:
    """Name the database server by its address, or by the folder of its Unix socket."""
    url = make_url(settings.database_url)
    hosts = url.normalized_query.get("host") or (f"{url.host}:{url.port}" if url.port else url.host or "",)
    return f"PostgreSQL at {', '.join(hosts)}" if any(hosts) else "PostgreSQL"


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
    """Check the work that needs a database with the right schema."""
    checks: dict[CheckTopic, Check] = {
        CheckTopic.WRITES: _check_write,
        CheckTopic.CLOCK: _check_clock,
        CheckTopic.CONNECTIONS: _check_connections,
        CheckTopic.DISK: _check_disk,
        CheckTopic.PROCESSES: check_processes,
        CheckTopic.WORKER: check_worker,
        CheckTopic.MESSAGES: _check_messages,
        CheckTopic.TIMERS: _check_timers,
        CheckTopic.OFFICES: _check_offices,
    }
    return list(
        await asyncio.gather(*(_run_check(topic, check, settings, runtime) for topic, check in checks.items()))
    )


async def _run_check(topic: CheckTopic, check: Check, settings: Settings, runtime: Runtime) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check(settings, runtime)
    except TimeoutError:
        return CheckResult(topic, timeout_text())
    except (DatabaseAway, SQLAlchemyError, OSError) as error:
        return CheckResult(topic, first_line(error))


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
        return CheckResult(CheckTopic.WRITES, f"{first_line(error)}; {advice}")
    return CheckResult(CheckTopic.WRITES)


async def _check_clock(settings: Settings, runtime: Runtime) -> CheckResult:
    """Compare this machine's clock; the runtime's may follow the database's."""
    clock = SystemClock()
    async with runtime.read_session() as session:
        # connected first: the time for that would count as a difference between the clocks
        await session.connection()
        before = clock.now()
        theirs = (await session.execute(select(database_time()))).scalar_one()
        difference = before + (clock.now() - before) / 2 - theirs
    if abs(difference) <= MAX_CLOCK_DIFFERENCE:
        return CheckResult(CheckTopic.CLOCK)
    direction = "ahead of" if difference > timedelta(0) else "behind"
    problem = f"this machine's clock is {format_age(abs(difference))} {direction} the database's"
    return CheckResult(CheckTopic.CLOCK, f"{problem}; set both by NTP: timedatectl set-ntp true")


async def _check_connections(settings: Settings, runtime: Runtime) -> CheckResult:
    """Compare the connections that all processes may open with what PostgreSQL allows."""
    if runtime.db.is_sqlite:
        return CheckResult(CheckTopic.CONNECTIONS)
    async with runtime.read_session() as session:
        alive = len(await living_processes(session))
        allowed, reserved = [
            int((await session.execute(text(f"SHOW {name}"))).scalar_one())
            for name in ("max_connections", "superuser_reserved_connections")
        ]
    processes = max(alive, sum(planned_processes(settings).values()))
    pools: set[Any] = {runtime.db.writer.pool, runtime.db.reader.pool, runtime.db.heartbeats.pool}
    needed = processes * sum(pool.size() + pool._max_overflow for pool in pools)
    figures = f"{processes} processes may open {needed} connections, PostgreSQL allows {allowed - reserved}"
    if settings.database_pgbouncer:
        return CheckResult(CheckTopic.CONNECTIONS, remark=f"works ({figures}; PgBouncer shares them)")
    if needed <= allowed - reserved:
        return CheckResult(CheckTopic.CONNECTIONS, remark=f"works ({figures})")
    return CheckResult(
        CheckTopic.CONNECTIONS, f"{figures}; raise max_connections or lower the pools (docs/settings.md)"
    )


async def _check_disk(settings: Settings, runtime: Runtime) -> CheckResult:
    """Check the free space of this folder, and of the database's if it is on this machine."""
    folders = [Path.cwd()]
    if settings.sqlite_path is not None:
        folders.append(settings.sqlite_path.resolve().parent)
    elif (make_url(settings.database_url).host or "") in LOCAL_HOSTS:
        folders += await _postgres_folder(runtime)
    free = {folder: size for folder in folders if (size := _free_bytes(folder)) is not None}
    full = [f"{folder} has {size >> 20} MB left" for folder, size in free.items() if size < MIN_FREE_BYTES]
    if full:
        return CheckResult(CheckTopic.DISK, f"{', '.join(full)}; make room before writes fail")
    if not free:
        return CheckResult(CheckTopic.DISK, remark="works (this user sees no folder of it)")
    return CheckResult(CheckTopic.DISK, remark=f"works ({min(free.values()) >> 30} GB left)")


def _free_bytes(folder: Path) -> int | None:
    """Return the free space of a folder; None if this user may not see it."""
    try:
        return shutil.disk_usage(folder).free
    except (FileNotFoundError, PermissionError):
        return None


async def _postgres_folder(runtime: Runtime) -> list[Path]:
    """Return the server's data folder if this user may know it."""
    try:
        async with runtime.read_session() as session:
            return [Path((await session.execute(text("SHOW data_directory"))).scalar_one())]
    except (DatabaseAway, SQLAlchemyError):  # for members of pg_read_all_settings only
        return []


async def _check_messages(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        late = await oldest_late_message(session, settings.channels, runtime.now())
    if late is None:
        return CheckResult(CheckTopic.MESSAGES)
    cause = f"its last attempt failed: {late.failure}" if late.failure else "it was never tried; see: worker"
    age = format_age(runtime.now() - late.due_at)
    return CheckResult(CheckTopic.MESSAGES, f"the oldest due message ({late.channel}) is {age} late; {cause}")


async def _check_timers(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        due_at = await oldest_due_timer(session, runtime.now() - TIMER_TOLERANCE)
    if due_at is None:
        return CheckResult(CheckTopic.TIMERS)
    return CheckResult(
        CheckTopic.TIMERS, f"the oldest due timer is {format_age(runtime.now() - due_at)} late; see: worker"
    )


async def _check_offices(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        if await all_offices(session):
            return CheckResult(CheckTopic.OFFICES)
    advice = "no office yet; add one: office360 city import, or /staff/manage (docs/adopt.md)"
    return CheckResult(CheckTopic.OFFICES, advice, is_warning=True)
