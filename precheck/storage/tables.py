"""Table of connection tests: measurements under a short code.

No name, no address, no picture.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class ConnectionTestRow(Base):
    """A test of a device. The verdict is not stored: it follows from the measurements."""

    __tablename__ = "connection_tests"
    __table_args__ = (Index("ix_connection_tests_appointment_id", "appointment_id", "reported_at"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    code: Mapped[str | None] = mapped_column(String(8), unique=True)  # None after a newer test took it
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    appointment_id: Mapped[str | None] = mapped_column(IdType)
    office_slug: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its last part was measured
    finished: Mapped[bool] = mapped_column(server_default=true())  # False: left before the last step
    quick: Mapped[bool] = mapped_column(server_default=false())  # the short test on entering a lobby
    moments: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")  # part: RFC 3339 time
    measurements: Mapped[dict[str, Any]] = mapped_column(JSON)
    our_side: Mapped[dict[str, Any]] = mapped_column(JSON)
