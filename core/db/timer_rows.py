"""Rows of timed transitions. No timer lives in a process's memory, so a restart loses none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Index, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .engine import Base, UtcDateTime, dialect_name, execute_on_connection, upsert_statement


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
    await execute_on_connection(session, upsert_statement(dialect_name(session), TimerRow, ("due_at",)), values)


async def timer_due_times(session: AsyncSession, kind: str, subjects: Collection[str]) -> dict[str, datetime]:
    """When this kind is to happen to these subjects, of those that have such a timer."""
    statement = select(TimerRow.subject, TimerRow.due_at).where(
        TimerRow.kind == kind, TimerRow.subject.in_(subjects)
    )
    return {subject: due_at for subject, due_at in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker
