"""Transactional outbox: messages written in the transaction that causes them.

notifications/ sends a row at least once: a worker claims it with a lease, retries with back-off, and marks it dead
in the end. `key` is unique, so that the same message is enqueued once; the gateway gets it as idempotency key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, String, Text, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..ids import new_id
from .engine import Base, IdType, UtcDateTime, dialect_insert

PENDING, SENDING, SENT, VOID, DEAD = "pending", "sending", "sent", "void", "dead"

UNFINISHED_STATES = (PENDING, SENDING)
# Condition of the partial index: sent rows stay for weeks, and a mail server may be down for days.
_UNFINISHED_CONDITION = text("state IN ('pending', 'sending')")


class OutboxRow(Base):
    """A message to a recipient. Staff of `office` (slug) may see its delivery."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "channel",
            "not_before",
            "id",
            sqlite_where=_UNFINISHED_CONDITION,
            postgresql_where=_UNFINISHED_CONDITION,
        ),
        Index("ix_outbox_state", "state", "channel"),
        Index("ix_outbox_subject", "subject"),
        Index("ix_outbox_day", "not_before", "office"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    office: Mapped[str | None] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(8))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(Text)


def build_outbox_row(
    kind: str,
    *,
    subject: str,
    recipient: str,
    payload: Mapping[str, Any],
    key: str,
    language: str,
    channel: str,
    created_at: datetime,
    not_before: datetime | None,
) -> OutboxRow:
    """Build a pending row. `payload`: JSON without a token; its `office_slug` sets `office`."""
    return OutboxRow(
        id=new_id(),
        key=key,
        channel=channel,
        kind=kind,
        subject=subject,
        office=payload.get("office_slug"),
        recipient=recipient,
        language=language,
        payload=dict(payload),
        state=PENDING,
        attempts=0,
        created_at=created_at,
        not_before=not_before or created_at,
    )


async def enqueue_unless_present(session: AsyncSession, rows: Sequence[OutboxRow]) -> None:
    """Insert rows; a row whose key exists already is skipped."""
    if not rows:
        return
    statement = dialect_insert(session, OutboxRow).on_conflict_do_nothing(index_elements=["key"])
    columns = [column.key for column in OutboxRow.__mapper__.column_attrs]
    await session.execute(statement, [{name: getattr(row, name) for name in columns} for row in rows])


async def present_keys(session: AsyncSession, keys: Collection[str]) -> set[str]:
    """Return which of these keys have a row, so that a repeated look writes nothing."""
    return set(await session.scalars(select(OutboxRow.key).where(OutboxRow.key.in_(keys)))) if keys else set()


def is_unfinished(table: Any = None) -> ColumnElement[bool]:
    """Build the condition of unsent rows, with literals, so that the partial index matches."""
    state = (table or OutboxRow).state
    return state.in_([literal_column(f"'{name}'") for name in UNFINISHED_STATES])


async def void_messages(session: AsyncSession, subject: str, kinds: Collection[str] | None = None) -> None:
    """Void the unsent messages of a subject: all kinds, or these.

    A message that a worker is sending now may still arrive, but is not retried.
    """
    await void_messages_of_subjects(session, [subject], kinds)


async def void_messages_of_subjects(
    session: AsyncSession, subjects: Collection[str], kinds: Collection[str] | None = None
) -> None:
    """Void the unsent messages of several subjects, as void_messages does."""
    statement = update(OutboxRow).where(OutboxRow.subject.in_(subjects), OutboxRow.state.in_((PENDING, SENDING)))
    if kinds is not None:
        statement = statement.where(OutboxRow.kind.in_(kinds))
    await session.execute(statement.values(state=VOID))
