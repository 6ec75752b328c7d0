"""Tables of the figures."""

from __future__ import annotations

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType


class CallQualityRow(Base):
    """The quality of one call that is over, kept because its source is deleted or large.

    The connection test of a call is deleted after 30 days, and its measurements are a hundred rows.
    `test`: the grade of the last test before the call, or `none`. `rtt_ms`, `loss_pct`: medians of the call.
    """

    __tablename__ = "call_qualities"

    appointment_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    test: Mapped[str] = mapped_column(String(8))
    samples: Mapped[int]
    bad_samples: Mapped[int]
    rtt_ms: Mapped[float | None] = mapped_column(Float)
    loss_pct: Mapped[float | None] = mapped_column(Float)
