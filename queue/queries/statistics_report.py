"""Reads an office's days and says them in figures: for everybody as a whole, for its managers line by line."""

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

MAX_PERIOD_DAYS = 62  # contract.md


@dataclass(frozen=True, slots=True)
class StatisticsPeriod:
    """Some days of one office; `lines` and `services` are for its managers."""

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
    """The figures of the days from `first` to `last`, today when neither is said.

    Raises NotFound, Invalid("ends_before" | "too_many_days").
    """
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    last = last or max(first or date.min, hours.to_local_day(office.hours, runtime.now()))
    first = first or last
    _check_period(first, last)
    visits: list[MeasuredVisit] = []
    for ahead in range((last - first).days + 1):  # day by day: others, who wait for a push, come in between
        async with runtime.read_session() as session:
            visits += await history_rows.visits_on_day(session, office, first + timedelta(days=ahead))
    return await asyncio.to_thread(_compute_period, office, first, last, visits, detailed)


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise Invalid(FieldError("to", "ends_before"))
    if last - first >= timedelta(days=MAX_PERIOD_DAYS):
        raise Invalid(FieldError("to", "too_many_days", {"max": MAX_PERIOD_DAYS}))


def _compute_period(
    office: Office, first: date, last: date, visits: list[MeasuredVisit], detailed: bool
) -> StatisticsPeriod:
    return StatisticsPeriod(
        office,
        first,
        last,
        total=visit_figures(visits),
        days=figures_by_group(visits, lambda one: one.day.isoformat()),
        lines=figures_by_group(visits, lambda one: one.line) if detailed else None,
        services=figures_by_group(visits, lambda one: one.service, lambda one: one.own_service_s)
        if detailed
        else None,
    )
