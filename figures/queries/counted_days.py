"""Cases of the days of an office, counted once and stored when a day is settled.

Writes only these counts. A request that meets a day without a count stores it, as the nightly work does.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import first_appointment_start
from ...core.runtime import Runtime
from ...offices.service import Office, hours
from ...queue.service import first_visit_day, visit_facts_of_day
from ..domain.figure_cells import FigureCell, count_cases, encode_cells
from ..domain.figure_period import FigurePeriod
from ..storage.figure_day_rows import load_counted_days, lock_day, save_day
from .call_facts import load_call_facts, load_phone_facts

# By then tickets have expired and calls are over. Later changes, as of a survey, are corrections. It is more than
# the day for which note_changed_record tells no correction (offices/actions/past_records.py).
SETTLED_AFTER = timedelta(days=3)


async def load_encoded_days(runtime: Runtime, office: Office, period: FigurePeriod) -> dict[date, bytes]:
    """Return the encoded cells of each day of a period, from the first record on."""
    async with runtime.read_session() as session:
        first = await first_recorded_day(session, office)
        if first is None:
            return {}
        counted = await load_counted_days(session, office, max(first, period.first), period.last)
    for day in period.days():
        if day >= first and day not in counted:
            counted[day] = await count_day(runtime, office, day)
    return counted


async def count_day(runtime: Runtime, office: Office, day: date) -> bytes:
    """Count the cases of a day, and store them if it is settled. Return the encoded cells.

    Another process may do the same: the second process waits, and returns what the first has stored.
    """
    if not is_settled(office, day, runtime.now()):
        async with runtime.read_session() as session:
            return encode_cells(await _count_cases(session, office, day))
    async with runtime.transaction() as tx:
        # locked before the records are read: a correction that commits later waits, and invalidates this count
        counted = await lock_day(tx.session, office, day)
        if counted is not None:
            return counted
        return await save_day(tx.session, office, day, await _count_cases(tx.session, office, day))


def is_settled(office: Office, day: date, now: datetime) -> bool:
    """Return whether a later change of the records of a day is a correction."""
    _, end = hours.day_bounds(office.hours, day)
    return end + SETTLED_AFTER <= now


async def first_recorded_day(session: AsyncSession, office: Office) -> date | None:
    """Return the first day with a visit or an appointment. Days before it are not stored.

    Otherwise requests for any past years would fill the table with empty days.
    """
    visited = await first_visit_day(session, office.id)
    booked = await first_appointment_start(session, office.id)
    days = (visited, None if booked is None else hours.to_local_day(office.hours, booked))
    return min((day for day in days if day is not None), default=None)


async def _count_cases(session: AsyncSession, office: Office, day: date) -> list[FigureCell]:
    start, end = hours.day_bounds(office.hours, day)
    visits = await visit_facts_of_day(session, office, day)
    calls = await load_call_facts(session, office, start, end)
    return count_cases(visits, calls, await load_phone_facts(session, office, start, end))
