"""Tables of deliveries, opt-outs, alarms and staff actions.

The outbox itself is in core/db/outbox.py.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class SentMessageRow(Base):
    """A delivered message.

    Its text is not stored, because it holds a secret link and can be rendered again from the outbox row.
    """

    __tablename__ = "sent_messages"
    __table_args__ = (
        Index("ix_sent_messages_sent_at", "sent_at"),
        Index("ix_sent_messages_recipient", "recipient", "sent_at"),
    )

    message_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    outbox_id: Mapped[str] = mapped_column(IdType, unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(320))
    title: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by a receipt of the channel's service


class OptOutRow(Base):
    """An opt-out of a contact from a group of kinds. Only a hash of the contact is stored."""

    __tablename__ = "notice_refusals"

    contact_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kinds: Mapped[str] = mapped_column(String(32), primary_key=True)
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlarmRow(Base):
    """An alarm of a day for operator and staff.

    The first process that sees the problem stores it.
    """

    __tablename__ = "notice_alarms"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    alarm: Mapped[str] = mapped_column(String(64), primary_key=True)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeEventRow(Base):
    """An action of a staff member on a message, for the audit."""

    __tablename__ = "notice_events"
    __table_args__ = (Index("ix_notice_events_outbox_id", "outbox_id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    outbox_id: Mapped[str] = mapped_column(IdType)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(120))
    event: Mapped[str] = mapped_column(String(32))
