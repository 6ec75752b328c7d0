"""What must be told to the outside, written in the same transaction as its cause. Sending is notifications/'s.

A row is sent at least once: claimed with a lease, retried with back-off, given up visibly. `key` makes a
second enqueue of the same thing one row, and is handed to the gateway as idempotency key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, String, Text, literal_column, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..ids import new_id
from .engine import Base, IdType, UtcDateTime

PENDING, SENDING, SENT, VOID, DEAD = "pending", "sending", "sent", "void", "dead"

UNFINISHED_STATES = (PENDING, SENDING)
# What is still to be sent, in its order: sent rows stay for weeks, and a mail server may be away for days.
_UNFINISHED_CONDITION = text("state IN ('pending', 'sending')")


class OutboxRow(Base):
    """One message to one person by one channel. `office` is the slug of whose staff may see how it fares."""

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
    """A new pending row. `payload`: JSON without any token in clear; its `office_slug` says whose staff see it."""
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
    """Write rows whose cause may come twice: a key that stands there already is left as it is."""
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    once = insert(OutboxRow).on_conflict_do_nothing(index_elements=["key"])
    columns = [column.key for column in OutboxRow.__mapper__.column_attrs]
    await session.execute(once, [{name: getattr(row, name) for name in columns} for row in rows])


def is_unfinished(table: Any = None) -> ColumnElement[bool]:
    """Whether a row (of an alias, too) is still to be sent: in the words of the index of these rows."""
    state = (table or OutboxRow).state
    return state.in_([literal_column(f"'{one}'") for one in UNFINISHED_STATES])


async def void_messages(session: AsyncSession, subject: str, kinds: Collection[str] | None = None) -> None:
    """Take back what has not been sent about this subject (all kinds, or these).

    What is being sent at this moment may still arrive, but is not tried again.
    """
    await void_messages_of_subjects(session, [subject], kinds)


async def void_messages_of_subjects(
    session: AsyncSession, subjects: Collection[str], kinds: Collection[str] | None = None
) -> None:
    """`void` for several subjects at once."""
    statement = update(OutboxRow).where(OutboxRow.subject.in_(subjects), OutboxRow.state.in_((PENDING, SENDING)))
    if kinds is not None:
        statement = statement.where(OutboxRow.kind.in_(kinds))
    await session.execute(statement.values(state=VOID))
