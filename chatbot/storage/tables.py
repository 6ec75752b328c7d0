"""Table of conversations. A timer deletes a row when its conversation expires."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class ChatSessionRow(Base):
    """A conversation. `state`: the dialogue's state; `turns`: the transcript.

    `version` counts turns, so that two concurrent turns are not both saved. `origin`: the signed client address,
    by which conversations are counted. `request_key`: the key of the last message, so that a repeated message gets
    the same answer.
    """

    __tablename__ = "chat_sessions"
    __table_args__ = (
        Index("ix_chat_sessions_origin_created_at", "origin", "created_at"),
        Index("ix_chat_sessions_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    turns: Mapped[list[Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str | None] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
