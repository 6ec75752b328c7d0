"""Statistics of some days of an office: totals, by day, line and service. No writes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ...core.errors import FieldError, Invalid
from ...core.runtime import Runtime
from ...offices.service import Office, hours, office_by_slug
from ..domain.line_statistics import MeasuredVisit, VisitFigures, figures_by_group, visit_figures
from ..storage import history_rows

MAX_PERIOD_DAYS = 62  # docs/api.md#statistics


@dataclass(frozen=True, slots=True)
class StatisticsPeriod:
    """The statistics of some days of one office.

    `lines` and `services` are for its managers only.
    """

    office: Office
    first: date
    last: date
    total: VisitFigures
    days: Mapping[str, VisitFigures]
    lines: Mapping[str, VisitFigures] | None = None
    services: Mapping[str, VisitFigures] | None = None


async def measure_period(
    runtime: Runtime, slug: str, first: date | None, last: date | None, *, detailed: bool
) -> StatisticsPeriod:
    """Compute the statistics of the days from `first` to `last`; without either, of today.

    Raises NotFound, Invalid("ends_before" | "too_many_days").
    """
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    last = last or max(first or date.min, hours.to_local_day(office.hours, runtime.now()))
    first = first or last
    _check_period(first, last)
    visits: list[MeasuredVisit] = []
    for offset in range((last - first).days + 1):  # one day at a time, so that pushes are not delayed in between
        async with runtime.read_session() as session:
            visits += await history_rows.visits_on_day(session, office, first + timedelta(days=offset))
    return await asyncio.to_thread(_compute_period, office, first, last, visits, detailed)


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise Invalid(FieldError("to", "ends_before"))
    if last - first >= timedelta(days=MAX_PERIOD_DAYS):
        raise Invalid(FieldError("to", "too_many_days", {"max": MAX_PERIOD_DAYS}))


def _compute_period(
    office: Office, first: date, last: date, visits: list[MeasuredVisit], detailed: bool
) -> StatisticsPeriod:
    by_line = by_service = None
    if detailed:
        by_line = figures_by_group(visits, lambda visit: visit.line)
        by_service = figures_by_group(visits, lambda visit: visit.service, lambda visit: visit.own_service_s)
    return StatisticsPeriod(
        office,
        first,
        last,
        total=visit_figures(visits),
        days=figures_by_group(visits, lambda visit: visit.day.isoformat()),
        lines=by_line,
        services=by_service,
    )
