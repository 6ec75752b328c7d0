"""SQL of the search over all appointments that still carry personal data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_name
from ...core.i18n.accent_classes import accent_pattern
from ..domain.appointment import Appointment, AppointmentState
from .appointment_rows import appointment_from_row
from .tables import IS_IDENTIFIED_SQL, AppointmentRow


async def find_by_locator(session: AsyncSession, office_ids: Collection[str], locator: str) -> Appointment | None:
    """Find the appointment with this locator in these offices."""
    row = AppointmentRow
    statement = select(row).where(row.locator == locator, row.office_id.in_(office_ids))
    found = (await session.execute(statement)).scalar_one_or_none()
    return None if found is None else appointment_from_row(found)


async def find_by_contact_keys(
    session: AsyncSession, office_ids: Collection[str], keys: Sequence[str], now: datetime, limit: int
) -> list[Appointment]:
    """Return the appointments of a citizen in these offices, upcoming appointments first."""
    row = AppointmentRow
    # Offices are compared below: with them in the WHERE clause, SQLite would take the index of their days
    # instead of the index of the citizen.
    statement = select(row).where(row.email_key.in_(keys), row.state != AppointmentState.RESCHEDULED)
    rows = (await session.execute(statement.order_by(row.starts_at))).scalars()
    own = [appointment_from_row(found) for found in rows if found.office_id in office_ids]
    upcoming = [appointment for appointment in own if appointment.starts_at >= now]
    past = [appointment for appointment in own if appointment.starts_at < now]
    return (upcoming + past[::-1])[:limit]


async def find_by_words(
    session: AsyncSession, office_ids: Collection[str], words: Sequence[str], now: datetime, limit: int
) -> list[Appointment]:
    """Return the appointments in which each folded word is found.

    A word is part of the name, a contact or the locator. Upcoming appointments come first, by time,
    then past appointments, newest first. No index helps: the rows of these offices are read until the limit.
    """
    row = AppointmentRow
    is_sqlite = dialect_name(session) == "sqlite"
    base = select(row).where(
        row.office_id.in_(office_ids),
        row.state != AppointmentState.RESCHEDULED,
        text(IS_IDENTIFIED_SQL),
        *(_has_word(word, is_sqlite=is_sqlite) for word in words),
    )
    upcoming = base.where(row.starts_at >= now).order_by(row.starts_at, row.id).limit(limit)
    found = list((await session.execute(upcoming)).scalars())
    if len(found) < limit:
        past = base.where(row.starts_at < now).order_by(row.starts_at.desc(), row.id.desc())
        found += (await session.execute(past.limit(limit - len(found)))).scalars()
    return [appointment_from_row(found_row) for found_row in found]


def _has_word(word: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    row = AppointmentRow
    codes = [column.contains(word.upper()) for column in (row.phone, row.document, row.locator)]
    contacts = [row.email.icontains(word), *codes]
    if not word.isalpha():
        return or_(*contacts)
    # Both operators read the classes of characters in the pattern alike; LIKE knows no classes.
    pattern = accent_pattern(word)
    name = row.name.op("GLOB")(f"*{pattern}*") if is_sqlite else row.name.op("~")(pattern)
    return or_(name, *contacts)
