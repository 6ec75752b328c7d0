"""Timed transitions as rows: no timer lives in a process's memory, so none dies with it.

Any process claims what is due; the handler runs in the claiming transaction and checks the state itself
(compare-and-set), so a timer that comes late or twice does nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, UtcDateTime

if TYPE_CHECKING:
    from .runtime import Runtime, Transaction

logger = logging.getLogger(__name__)

TICK_S = 1.0  # how often a process looks for what is due; a recall at 60 s may come at 61
TimerHandler = Callable[["Transaction", str], Awaitable[None]]


class TimerRow(Base):
    """One thing that is to happen to one subject. Setting the same kind again moves it."""

    __tablename__ = "timers"
    __table_args__ = (Index("ix_timers_due_at", "due_at"),)

    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


async def unschedule(session: AsyncSession, subject: str, kinds: Collection[str] | None = None) -> None:
    """Forget the timers of a subject (all kinds, or these)."""
    statement = delete(TimerRow).where(TimerRow.subject == subject)
    if kinds is not None:
        statement = statement.where(TimerRow.kind.in_(kinds))
    await session.execute(statement)


async def schedule(session: AsyncSession, kind: str, subject: str, due_at: datetime) -> None:
    """Let `kind` happen to `subject` at `due_at`; replaces an earlier date of the same kind."""
    await session.merge(TimerRow(kind=kind, subject=subject, due_at=due_at))


async def fire_one(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> bool:
    """Claim and run the oldest due timer in one transaction. False when nothing is due."""
    async with runtime.transaction() as tx:
        due = (
            select(TimerRow)
            .where(TimerRow.due_at <= tx.now, TimerRow.kind.in_(handlers))
            .order_by(TimerRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await tx.session.execute(due)).scalar_one_or_none()
        if row is None:
            return False
        # Deleted before the handler runs: it may set the same timer again.
        await tx.session.delete(row)
        await tx.session.flush()
        await handlers[row.kind](tx, row.subject)
    return True


async def _is_due(runtime: Runtime) -> bool:
    async with runtime.reading() as session:
        due = select(TimerRow.kind).where(TimerRow.due_at <= runtime.now()).limit(1)
        return (await session.execute(due)).first() is not None


async def fire_due(runtime: Runtime, handlers: Mapping[str, TimerHandler]) -> int:
    """Run all that is due now; the number of timers run. Looks with a reader first, so idling takes no lock."""
    fired = 0
    while await _is_due(runtime) and await fire_one(runtime, handlers):
        fired += 1
    return fired


async def run(runtime: Runtime, handlers: Mapping[str, TimerHandler], stop: asyncio.Event) -> None:
    """Fire what is due once a second until `stop` is set. A failing handler is logged and tried again."""
    while not stop.is_set():
        try:
            await fire_due(runtime, handlers)
        except Exception:  # the timer row came back with the rollback
            logger.exception("timer_failed")
        try:
            await asyncio.wait_for(stop.wait(), TICK_S)
        except TimeoutError:
            continue
