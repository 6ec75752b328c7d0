"""Tables of the console: who gets the monthly figures by e-mail."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class FigureMailRow(Base):
    """An account that gets the monthly figures, at the e-mail of the account.

    `reported_month`: the first day of the last month that was reported.
    """

    __tablename__ = "figure_mails"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reported_month: Mapped[date] = mapped_column(Date)


class FigureMailOfficeRow(Base):
    """An office (slug) whose figures an account gets."""

    __tablename__ = "figure_mail_offices"
    __table_args__ = (Index("ix_figure_mail_offices_office", "office"),)

    user_id: Mapped[str] = mapped_column(
        IdType, ForeignKey("figure_mails.user_id", ondelete="CASCADE"), primary_key=True
    )
    office: Mapped[str] = mapped_column(
        ForeignKey("offices.slug", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
