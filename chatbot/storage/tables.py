"""Table of conversations. A row lives as long as somebody may come back to it, and not longer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class ChatSessionRow(Base):
    """One conversation. `state`: where it stands; `turns`: what was said, for the page that is loaded again.

    `version` counts turns, so that of two at once only one is taken. `origin`: the caller's address, signed, to
    count by; `request_key`: the last message's, so that it is answered once however often it is sent.
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
