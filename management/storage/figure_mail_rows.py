"""SQL of the accounts that get the monthly figures. No rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import affects_one_row
from .tables import FigureMailOfficeRow, FigureMailRow


@dataclass(frozen=True, slots=True)
class FigureMail:
    """The monthly figures of an account. `offices`: slugs."""

    user_id: str
    language: str
    offices: tuple[str, ...]
    reported_month: date


async def figure_mail_of_user(session: AsyncSession, user_id: str) -> FigureMail | None:
    """Load the monthly figures of an account; None if it gets none."""
    found = await _load(session, [user_id])
    return found[0] if found else None


async def figure_mails_before(session: AsyncSession, month: date) -> list[FigureMail]:
    """Load the e-mails whose last reported month is before this month (its first day)."""
    due = select(FigureMailRow.user_id).where(FigureMailRow.reported_month < month).order_by(FigureMailRow.user_id)
    return await _load(session, (await session.scalars(due)).all())


async def _load(session: AsyncSession, user_ids: Collection[str]) -> list[FigureMail]:
    if not user_ids:
        return []
    rows = (await session.scalars(select(FigureMailRow).where(FigureMailRow.user_id.in_(user_ids)))).all()
    offices = (
        await session.scalars(select(FigureMailOfficeRow).where(FigureMailOfficeRow.user_id.in_(user_ids)))
    ).all()
    return [
        FigureMail(
            row.user_id,
            row.language,
            tuple(sorted(office.office for office in offices if office.user_id == row.user_id)),
            row.reported_month,
        )
        for row in sorted(rows, key=lambda row: row.user_id)
    ]


async def save_figure_mail(
    session: AsyncSession, user_id: str, language: str, offices: Sequence[str], reported_month: date, now: datetime
) -> None:
    """Insert or change the monthly figures of an account. Its reported month never goes back."""
    row = await session.get(FigureMailRow, user_id, with_for_update=True)
    if row is None:
        row = FigureMailRow(user_id=user_id, created_at=now, reported_month=reported_month, language=language)
        session.add(row)
    row.language, row.reported_month = language, max(row.reported_month, reported_month)
    await session.flush()
    await session.execute(delete(FigureMailOfficeRow).where(FigureMailOfficeRow.user_id == user_id))
    session.add_all(FigureMailOfficeRow(user_id=user_id, office=slug) for slug in offices)


async def delete_figure_mail(session: AsyncSession, user_id: str) -> bool:
    """Delete the monthly figures of an account. False if it got none."""
    await session.execute(delete(FigureMailOfficeRow).where(FigureMailOfficeRow.user_id == user_id))
    return await affects_one_row(session, delete(FigureMailRow).where(FigureMailRow.user_id == user_id))


async def claim_month(session: AsyncSession, user_id: str, month: date) -> bool:
    """Mark a month (its first day) as reported. False if it is already, or the row is gone."""
    statement = (
        update(FigureMailRow)
        .where(FigureMailRow.user_id == user_id, FigureMailRow.reported_month < month)
        .values(reported_month=month)
    )
    return await affects_one_row(session, statement)
