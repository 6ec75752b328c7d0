"""Measured values of the visits of past days, for figures over periods. No writes."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office
from ..domain.line_statistics import VisitFacts
from ..storage import history_rows


async def visit_facts_of_day(session: AsyncSession, office: Office, day: date) -> list[VisitFacts]:
    """Return the measured values of each visit of a local day of an office, by time of issue."""
    return [visit.facts(office.timezone) for visit in await history_rows.visits_on_day(session, office, day)]
