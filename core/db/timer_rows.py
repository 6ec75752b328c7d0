"""Rows of timed transitions. No timer lives in a process, so a restart loses none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .engine import Base, UtcDateTime
from .write_batch import WriteBatch

DUE_NOW_TOPIC = "{timers}:due"  # wakes the processes that fire timers


class TimerRow(Base):
    """A future transition of a subject. Scheduling the same kind again moves it.

    `lease_until`: until then no other process fires it.
    """

    __tablename__ = "timers"
    # kind comes first: a query names its kinds, and without the index SQLite reads timers that are not due
    __table_args__ = (Index("ix_timers_due", "kind", "due_at"),)

    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def cancel_timers(session: AsyncSession, subject: str, kinds: Collection[str] | None = None) -> None:
    """Delete the timers of a subject: all kinds, or these."""
    statement = delete(TimerRow).where(TimerRow.subject == subject)
    if kinds is not None:
        statement = statement.where(TimerRow.kind.in_(kinds))
    await session.execute(statement)


async def schedule_timers(session: AsyncSession, rows: Sequence[tuple[str, str, datetime]]) -> None:
    """Insert timers (kind, subject, due time), or move those of the same kind and subject."""
    writes = WriteBatch(session)
    batch_timers(writes, rows)
    await writes.flush()


def batch_timers(writes: WriteBatch, rows: Sequence[tuple[str, str, datetime]]) -> None:
    """Insert timers, or move those of the same kind and subject, with the next flush."""
    for kind, subject, due_at in rows:
        values = {"kind": kind, "subject": subject, "due_at": due_at, "lease_until": None}
        writes.insert(TimerRow, values, replaces=("due_at", "lease_until"))


async def oldest_due_timer(session: AsyncSession, before: datetime) -> datetime | None:
    """Return the earliest due time before this instant; None if no timer is so late."""
    oldest = select(func.min(TimerRow.due_at)).where(TimerRow.due_at < before)
    return (await session.execute(oldest)).scalar_one()


async def timer_due_times(session: AsyncSession, kind: str, subjects: Collection[str]) -> dict[str, datetime]:
    """Return the due times of a kind by subject; subjects without a timer are left out."""
    statement = select(TimerRow.subject, TimerRow.due_at).where(
        TimerRow.kind == kind, TimerRow.subject.in_(subjects)
    )
    return {subject: due_at for subject, due_at in await session.execute(statement)}  # noqa: C416 - mypy does not see a row as a pair
