"""Figures of offices in a period: totals and groups. Writes only counts of days.

A period is read as counts of days, decoded and computed in a thread, so that pushes are not delayed. A report is
computed at a time in each process; a second report waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ...core.db.process_cache import process_cache
from ...core.errors import FieldError, Invalid
from ...core.runtime import Runtime
from ...offices.service import Office, hours, office_by_slug
from ..domain.figure_cells import decode_cells
from ..domain.figure_groups import (
    FigureGrouping,
    OfficeFigures,
    PeriodCells,
    add_up,
    compute_figures,
    group_figures,
)
from ..domain.figure_period import FigurePeriod
from ..domain.target_verdict import wait_within_s
from .counted_days import load_encoded_days

MAX_PUBLIC_DAYS = 62  # docs/api.md#statistics


@dataclass(frozen=True, slots=True)
class FigureReport:
    """The figures of some offices in a period, together and by group.

    `groups`: the figures by the key of each group (`group_figures`).
    """

    offices: Sequence[Office]
    period: FigurePeriod
    total: OfficeFigures
    groups: Mapping[FigureGrouping, Mapping[str, OfficeFigures]]


class ReportLock:
    """The lock of the single report that a process computes at a time."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()


async def measure_figures(
    runtime: Runtime,
    offices: Sequence[Office],
    period: FigurePeriod,
    groupings: Iterable[FigureGrouping] = (),
) -> FigureReport:
    """Compute the figures of offices in a period, each day by the local time of its office.

    The lock is a cache of this process (core/db/process_cache.py).
    """
    async with runtime.read_session() as session:
        lock = process_cache(session).get(ReportLock).lock
    async with lock:
        days = [await load_encoded_days(runtime, office, period) for office in offices]
        return await asyncio.to_thread(_compute_report, offices, period, days, tuple(groupings))


def _compute_report(
    offices: Sequence[Office],
    period: FigurePeriod,
    encoded: Sequence[Mapping[date, bytes]],
    groupings: Sequence[FigureGrouping],
) -> FigureReport:
    """Compute total and groups. The share of short waits needs the target of an office."""
    cells = [
        PeriodCells(office.slug, ((day, decode_cells(stored)) for day, stored in days.items()))
        for office, days in zip(offices, encoded, strict=True)
    ]
    tallies = add_up(cells)
    limits = {office.slug: wait_within_s(office.targets) for office in offices}
    total = compute_figures(tallies, limits[offices[0].slug] if len(offices) == 1 else None)
    return FigureReport(offices, period, total, {by: group_figures(tallies, by, limits) for by in groupings})


async def measure_period(
    runtime: Runtime, slug: str, first: date | None, last: date | None, *, detailed: bool
) -> FigureReport:
    """Compute the figures of an office from `first` to `last`; without either, of today.

    `detailed`: also by line, service and hour. Raises NotFound, Invalid("ends_before" | "too_many_days").
    """
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    last = last or max(first or date.min, hours.to_local_day(office.hours, runtime.now()))
    period = FigurePeriod(first or last, last)
    check_period(period, MAX_PUBLIC_DAYS)
    details = (FigureGrouping.LINE, FigureGrouping.SERVICE, FigureGrouping.HOUR) if detailed else ()
    return await measure_figures(runtime, [office], period, (FigureGrouping.DAY, *details))


def check_period(period: FigurePeriod, most_days: int) -> None:
    """Refuse a period that ends before it begins or is too long. Raises Invalid."""
    if period.length < 1:
        raise Invalid(FieldError("to", "ends_before"))
    if period.length > most_days:
        raise Invalid(FieldError("to", "too_many_days", {"max": most_days}))
