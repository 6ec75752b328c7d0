"""Table of the texts that citizens accept in a call, with the evidence of their answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class AcceptanceRow(Base):
    """Text that was offered to the citizen of a room.

    Names and the masked contact are copied, because those of the appointment are deleted earlier.
    """

    __tablename__ = "room_acceptances"
    __table_args__ = (
        Index("ix_room_acceptances_appointment_id", "appointment_id"),
        Index("ix_room_acceptances_offered_at", "offered_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("rooms.appointment_id", ondelete="CASCADE"))
    text_key: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    locator: Mapped[str] = mapped_column(String(16))
    citizen_name: Mapped[str] = mapped_column(String(120))
    agent_id: Mapped[str] = mapped_column(String(64))
    agent_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16))
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    channel: Mapped[str | None] = mapped_column(String(16))
    sent_to: Mapped[str | None] = mapped_column(String(320))
    code_number: Mapped[int] = mapped_column(default=0)
    code_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)
