"""SQL of reminders and delay notices."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.appointment import Appointment, AppointmentState
from .appointment_rows import appointment_from_row
from .tables import AppointmentRow

# No later start is announced; the limit keeps the query within the index of the day.
MAX_ANNOUNCED_DELAY = timedelta(hours=6)


async def save_announced_start(
    session: AsyncSession,
    appointment_id: str,
    announced_start: datetime,
    latest_announced_start: datetime,
    now: datetime,
) -> None:
    """Save the start announced in a delay notice. The caller has locked the appointment."""
    values = {"told_starts_at": announced_start, "latest_told_at": latest_announced_start, "changed_at": now}
    await session.execute(update(AppointmentRow).where(AppointmentRow.id == appointment_id).values(**values))


async def page_of_appointments_to_remind(
    session: AsyncSession, since: datetime, after: str, until: datetime, limit: int
) -> list[Appointment]:
    """Load a page of confirmed appointments that start in [since, until], by start and id.

    `after`: the id at which the previous page ended; appointments at `since` with lower ids are skipped. The
    order is that of the index.
    """
    # The bounds of the start stand outside of the OR, so that SQLite searches the index with both of them
    # (tests/server/test_query_plans.py).
    starts_at, id = AppointmentRow.starts_at, AppointmentRow.id
    statement = (
        select(AppointmentRow)
        .where(
            AppointmentRow.state == AppointmentState.CONFIRMED,
            starts_at >= since,
            starts_at <= until,
            or_(starts_at > since, id > after),
        )
        .order_by(starts_at, id)
        .limit(limit)
    )
    return [appointment_from_row(row) for row in (await session.execute(statement)).scalars()]


async def expected_appointments(
    session: AsyncSession, office_id: str, mode: str, since: datetime, until: datetime
) -> list[Appointment]:
    """Return the confirmed appointments expected in [since, until), by start.

    A citizen is expected at the start, or at the latest start announced.
    """
    values = {
        "office_id": office_id,
        "mode": mode,
        "since": since,
        "earliest": since - MAX_ANNOUNCED_DELAY,
        "until": until,
    }
    return [appointment_from_row(row) for row in (await session.execute(_SELECT_EXPECTED, values)).scalars()]


# built once: each new ticket needs it
_SELECT_EXPECTED = (
    select(AppointmentRow)
    .where(
        AppointmentRow.office_id == bindparam("office_id"),
        AppointmentRow.starts_at >= bindparam("earliest"),
        AppointmentRow.starts_at < bindparam("until"),
        AppointmentRow.state == AppointmentState.CONFIRMED,
        AppointmentRow.mode == bindparam("mode"),
        or_(AppointmentRow.starts_at >= bindparam("since"), AppointmentRow.latest_told_at >= bindparam("since")),
    )
    .order_by(AppointmentRow.starts_at, AppointmentRow.id)
)
