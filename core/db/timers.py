"""Timed transitions as rows: no timer lives in a process's memory, so none dies with it.

Any process runs what is due; the handler locks its subject and checks the state itself (compare-and-set), so a
timer that comes late or twice does nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Delete, Index, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .engine import Base, UtcDateTime, dialect_name, upsert_statement
from .engine import execute_on_connection as run_statement

if TYPE_CHECKING:
    from ..runtime import Runtime, Transaction

logger = logging.getLogger(__name__)

RETRY_DELAY = timedelta(minutes=1)  # when a timer that failed is tried again
POLL_INTERVAL_S = 1.0  # how often a process looks for what is due; a recall at 60 s may come at 61
TimerHandler = Callable[["Transaction", str], Awaitable[None]]


class TimerRow(Base):
    """One thing that is to happen to one subject. Setting the same kind again moves it."""

    __tablename__ = "timers"
    # By kind first: who looks names the kinds they know, and SQLite would read all timers of these, due or not.
    __table_args__ = (Index("ix_timers_due", "kind", "due_at"),)

    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


async def cancel_timers(session: AsyncSession, subject: str, kinds: Collection[str] | None = None) -> None:
    """Forget the timers of a subject (all kinds, or these)."""
    statement = delete(TimerRow).where(TimerRow.subject == subject)
    if kinds is not None:
        statement = statement.where(TimerRow.kind.in_(kinds))
    await session.execute(statement)


async def schedule_timers(session: AsyncSession, rows: Sequence[tuple[str, str, datetime]]) -> None:
    """Let each kind happen to its subject when it is due; an earlier date of the same two is replaced."""
    if not rows:
        return
    latest = {(kind, subject): due_at for kind, subject, due_at in rows}
    values = [{"kind": kind, "subject": subject, "due_at": due_at} for (kind, subject), due_at in latest.items()]
    await run_statement(session, upsert_statement(dialect_name(session), TimerRow, ("due_at",)), values)


async def timer_due_times(session: AsyncSession, kind: str, subjects: Collection[str]) -> dict[str, datetime]:
    """When this kind is to happen to these subjects, of those that have such a timer."""
    statement = select(TimerRow.subject, TimerRow.due_at).where(
        TimerRow.kind == kind, TimerRow.subject.in_(subjects)
    )
    return {subject: due_at for subject, due_at in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose moment has come."""

    kind: str
    subject: str
    due_at: datetime


async def fire_due_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> int:
    """Run all that is due now; the number of timers that did their work.

    One that fails is put off and does not hold up the others.
    """
    fired = 0
    while (due := await _oldest_due_timer(runtime, handlers)) is not None:
        try:
            await _fire_timer(runtime, handlers[due.kind], due)
            fired += 1
        except Exception:
            logger.exception("timer_failed", extra={"kind": due.kind, "subject": due.subject})
            await _postpone_timer(runtime, due)
    return fired


async def _oldest_due_timer(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> DueTimer | None:
    """Asked of a reader, so idling takes no lock."""
    async with runtime.read_session() as session:
        row = await session.execute(
            select(TimerRow.kind, TimerRow.subject, TimerRow.due_at)
            .where(TimerRow.due_at <= runtime.now(), TimerRow.kind.in_(handlers))
            .order_by(TimerRow.due_at)
            .limit(1)
        )
        found = row.one_or_none()
    return DueTimer(*found) if found else None


async def _fire_timer(runtime: Runtime, handler: TimerHandler, due: DueTimer) -> None:
    """Run the handler, then forget the timer, in one transaction.

    The timer itself is not locked first: a handler locks its subject, and whoever changes a subject sets its
    timers under the same lock. The other way round two transactions would wait for each other. So two processes
    may run one timer at once; the second finds the state changed, and does nothing.
    """
    async with runtime.transaction() as tx:
        await handler(tx, due.subject)
        await tx.session.flush()
        await tx.session.execute(_delete_timer_statement(due), execution_options={"synchronize_session": False})


async def _postpone_timer(runtime: Runtime, due: DueTimer) -> None:
    async with runtime.transaction() as tx:
        later = TimerRow(kind=due.kind, subject=due.subject, due_at=tx.now + RETRY_DELAY)
        if (await tx.session.execute(_delete_timer_statement(due))).rowcount:  # type: ignore[attr-defined]
            tx.session.add(later)


def _delete_timer_statement(due: DueTimer) -> Delete:
    """Forget this timer, unless it has been set to another moment meanwhile."""
    return delete(TimerRow).where(
        TimerRow.kind == due.kind, TimerRow.subject == due.subject, TimerRow.due_at == due.due_at
    )


async def run_timers(runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event) -> None:
    """Fire what is due once a second until `stop` is set."""
    while not stop.is_set():
        try:
            await fire_due_timers(runtime, handlers)
        except Exception:  # the database may be away for a moment; the rows wait
            logger.exception("timers_failed")
        try:
            await asyncio.wait_for(stop.wait(), POLL_INTERVAL_S)
        except TimeoutError:
            continue
