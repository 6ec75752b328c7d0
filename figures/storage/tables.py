"""Tables of the figures."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Float, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType


class CallQualityRow(Base):
    """The quality of a call that is over, kept because its source is deleted or large.

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


class FigureDayRow(Base):
    """The counted cases of a local day of an office that can hardly change any more.

    `timezone`: of the office when they were counted. `encoding`: of `cells`, or NOT_COUNTED.
    `cells`: as figures/domain/figure_cells.py encodes them, without names, ids or agents.
    """

    __tablename__ = "figure_days"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    timezone: Mapped[str] = mapped_column(String(64))
    encoding: Mapped[int]
    cells: Mapped[bytes] = mapped_column(LargeBinary)
