"""Measured values of the visits of past days, for figures over periods. No writes."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.runtime import Runtime
from ...offices.service import Office
from ..domain.line_statistics import MeasuredVisit, VisitFacts
from ..storage import history_rows


async def visit_facts_of_day(session: AsyncSession, office: Office, day: date) -> list[VisitFacts]:
    """Return the measured values of each visit of a local day of an office, by time of issue."""
    return [visit.facts(office.timezone) for visit in await history_rows.visits_on_day(session, office, day)]


async def first_visit_day(session: AsyncSession, office_id: str) -> date | None:
    """Return the day of the first ticket of an office; None without tickets."""
    return await history_rows.first_ticket_day(session, office_id)


async def visits_in_period(runtime: Runtime, office: Office, first: date, last: date) -> list[MeasuredVisit]:
    """Load the visits of the days from `first` to `last`, a day at a time."""
    visits: list[MeasuredVisit] = []
    for offset in range((last - first).days + 1):
        async with runtime.read_session() as session:
            visits += await history_rows.visits_on_day(session, office, first + timedelta(days=offset))
    return visits
