"""Reads an office's days and says them in figures: for everybody as a whole, for its managers line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ...core.errors import FieldError, Invalid
from ...core.runtime import Runtime
from ...offices.service import Office, hours, office_by_slug
from ..domain.line_statistics import Figures, Visit, figures, grouped
from ..storage import store

DAYS_AT_MOST = 62  # contract.md


@dataclass(frozen=True, slots=True)
class Period:
    """Some days of one office; `lines` and `services` are for its managers."""

    office: Office
    first: date
    last: date
    total: Figures
    days: Mapping[str, Figures]
    lines: Mapping[str, Figures] | None = None
    services: Mapping[str, Figures] | None = None


async def measure(runtime: Runtime, slug: str, first: date | None, last: date | None, *, detailed: bool) -> Period:
    """The figures of the days from `first` to `last`, today when neither is said.

    Raises NotFound, Invalid("ends_before" | "too_many_days").
    """
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
    last = last or max(first or date.min, hours.local_day(office.hours, runtime.now()))
    first = first or last
    _check(first, last)
    visits: list[Visit] = []
    for ahead in range((last - first).days + 1):  # day by day: others, who wait for a push, come in between
        async with runtime.reading() as session:
            visits += await store.visits(session, office, first + timedelta(days=ahead))
    return await asyncio.to_thread(_counted, office, first, last, visits, detailed)


def _check(first: date, last: date) -> None:
    if last < first:
        raise Invalid(FieldError("to", "ends_before"))
    if last - first >= timedelta(days=DAYS_AT_MOST):
        raise Invalid(FieldError("to", "too_many_days", {"max": DAYS_AT_MOST}))


def _counted(office: Office, first: date, last: date, visits: list[Visit], detailed: bool) -> Period:
    return Period(
        office,
        first,
        last,
        total=figures(visits),
        days=grouped(visits, lambda one: one.day.isoformat()),
        lines=grouped(visits, lambda one: one.line) if detailed else None,
        services=grouped(visits, lambda one: one.service, lambda one: one.own_service_s) if detailed else None,
    )
