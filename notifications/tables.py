"""What was handed over: one row per letter that a mailbox or gateway took."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..core.db import Base, Id, UtcDateTime


class SentMessageRow(Base):
    """A delivery. The text is not kept: it holds a secret link, and can be written again from the outbox."""

    __tablename__ = "sent_messages"
    __table_args__ = (Index("ix_sent_messages_sent_at", "sent_at"),)

    message_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    outbox_id: Mapped[str] = mapped_column(Id, unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(320))
    title: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
