"""Table of the surveys after calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, UtcDateTime


class SurveyRow(Base):
    """Only answer of a participant. `overall`, `sound`, `picture`: a Rating."""

    __tablename__ = "room_surveys"
    __table_args__ = (
        Index("ix_room_surveys_appointment_id", "appointment_id"),
        Index("ix_room_surveys_answered_at", "answered_at"),
    )

    participant_id: Mapped[str] = mapped_column(
        ForeignKey("room_participants.id", ondelete="CASCADE"), primary_key=True
    )
    appointment_id: Mapped[str] = mapped_column(ForeignKey("rooms.appointment_id", ondelete="CASCADE"))
    overall: Mapped[str] = mapped_column(String(8))
    sound: Mapped[str | None] = mapped_column(String(8))
    picture: Mapped[str | None] = mapped_column(String(8))
    words: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
