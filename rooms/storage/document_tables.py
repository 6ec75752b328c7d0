"""Tables of the documents of a room. Contents are kept in parts, as they arrived."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class RoomDocumentRow(Base):
    """Document of a room. Without `completed_at` it is still being sent or checked."""

    __tablename__ = "room_documents"
    __table_args__ = (
        Index("ix_room_documents_appointment_id", "appointment_id"),
        Index("ix_room_documents_begun_at", "begun_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("rooms.appointment_id", ondelete="CASCADE"))
    participant_id: Mapped[str] = mapped_column(ForeignKey("room_participants.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str | None] = mapped_column(String(100))
    received: Mapped[int]
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    check_claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DocumentPartRow(Base):
    """Part of a document. `start`: the offset of its first byte."""

    __tablename__ = "room_document_parts"

    document_id: Mapped[str] = mapped_column(ForeignKey("room_documents.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
