"""Heartbeats of processes: rows refreshed each second. No clock but the database's.

A process without a fresh row is dead: others take over what it claimed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, String, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from ..periodic import run_every
from ..runtime import Runtime
from .engine import Base, IdType, UtcDateTime

logger = logging.getLogger(__name__)


class ProcessKind(StrEnum):
    """Role of a process; a web process with an embedded worker has both."""

    WEB = "web"
    WORKER = "worker"
    TESTROOM = "testroom"


HEARTBEAT_INTERVAL_S = 1.0
# three beats may be missed; claims are taken over within 5 s of a death
DEAD_AFTER = timedelta(seconds=4)
# of a kind of process: a restart takes less, and is no failure
MISSING_AFTER = timedelta(seconds=30)
KEEP_DEAD_FOR = timedelta(days=1)  # `office360 check` says since when a process is missing


class ProcessHeartbeatRow(Base):
    """A role of a process. `id` is `Runtime.process_id`; times are the database's."""

    __tablename__ = "process_heartbeats"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[str] = mapped_column(String(32))


class database_time(FunctionElement[datetime]):
    """The database's present time, to milliseconds, also within a long transaction."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_time, "sqlite")
def _sqlite_time(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"  # as SQLAlchemy stores a datetime


@compiles(database_time, "postgresql")
def _postgres_time(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "clock_timestamp()"


@dataclass(frozen=True, slots=True)
class LastHeartbeat:
    """The last heartbeat of a kind of process. `age` is by the database's clock."""

    age: timedelta
    version: str

    @property
    def is_missing(self) -> bool:
        """Tell whether all processes of this kind are gone, and none was just restarted."""
        return self.age > MISSING_AFTER


async def run_heartbeat(
    runtime: Runtime, kinds: Collection[ProcessKind], version: str, stop: asyncio.Event
) -> None:
    """Refresh the rows of this process each second until `stop` is set, then delete them."""
    await run_every(
        HEARTBEAT_INTERVAL_S,
        stop,
        lambda: beat(runtime, kinds, version),
        logger=logger,
        failure_event="heartbeat_failed",
    )
    # so that others take over its claims at once, and not when it counts as dead
    ours = delete(ProcessHeartbeatRow).where(ProcessHeartbeatRow.id == runtime.process_id)
    await runtime.db.run_heartbeat(lambda connection: connection.execute(ours))


async def beat(runtime: Runtime, kinds: Collection[ProcessKind], version: str) -> None:
    """Refresh the rows of this process; the first beat inserts them and deletes old rows."""
    await runtime.db.run_heartbeat(partial(_beat, runtime.process_id, kinds, version))


def _beat(process_id: str, kinds: Collection[ProcessKind], version: str, connection: Connection) -> None:
    refreshed = connection.execute(_REFRESH, {"process_id": process_id})
    if refreshed.rowcount:
        return
    # the first beat, or another process has deleted the row as that of a dead process
    now = connection.execute(select(database_time())).scalar_one()
    connection.execute(delete(ProcessHeartbeatRow).where(ProcessHeartbeatRow.seen_at < now - KEEP_DEAD_FOR))
    rows = [
        {"id": process_id, "kind": kind, "started_at": now, "seen_at": now, "version": version} for kind in kinds
    ]
    connection.execute(insert(ProcessHeartbeatRow), rows)


# built once: a process runs it each second
_REFRESH = (
    update(ProcessHeartbeatRow)
    .where(ProcessHeartbeatRow.id == bindparam("process_id"))
    .values(seen_at=database_time())
)


async def is_process_alive(session: AsyncSession, process_id: str) -> bool:
    """Tell whether a process of this installation has beaten lately."""
    row = (
        await session.execute(
            select(func.max(ProcessHeartbeatRow.seen_at), database_time()).where(
                ProcessHeartbeatRow.id == process_id
            )
        )
    ).one()
    return row[0] is not None and row[1] - row[0] <= DEAD_AFTER


async def living_processes(session: AsyncSession) -> dict[str, set[ProcessKind]]:
    """Return the roles of each process that has beaten lately, by its id."""
    now = (await session.execute(select(database_time()))).scalar_one()
    rows = await session.execute(
        select(ProcessHeartbeatRow.id, ProcessHeartbeatRow.kind).where(
            ProcessHeartbeatRow.seen_at >= now - DEAD_AFTER
        )
    )
    found: dict[str, set[ProcessKind]] = {}
    for process_id, kind in rows:
        if kind in set(ProcessKind):  # a newer program may have another kind
            found.setdefault(process_id, set()).add(ProcessKind(kind))
    return found


async def last_heartbeats(session: AsyncSession) -> dict[str, LastHeartbeat]:
    """Return the youngest heartbeat of each kind of process; a kind without rows is absent."""
    rows = await session.execute(
        select(
            ProcessHeartbeatRow.kind, ProcessHeartbeatRow.version, database_time(), ProcessHeartbeatRow.seen_at
        ).order_by(ProcessHeartbeatRow.seen_at)  # a later row replaces an older row of its kind
    )
    return {kind: LastHeartbeat(now - seen_at, version) for kind, version, now, seen_at in rows}
