"""Months of offices for the monthly e-mail, cached in each process. No writes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from ...core.db.process_cache import process_cache
from ...core.runtime import Runtime
from ...offices.service import Office
from ..domain.figure_groups import FigureGrouping
from ..domain.figure_period import FigurePeriod
from ..domain.monthly_report import (
    MonthFigures,
    OfficeMonth,
    build_office_month,
    previous_month,
    same_month_a_year_before,
)
from .figure_report import measure_figures

# A month that is over hardly changes, and several people get the same office.
KEPT_FOR = timedelta(hours=1)
MAX_KEPT = 200  # months of offices, a few kilobytes each


class MonthFiguresCache:
    """Figures of past months in this process, by office, its version and month."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, FigurePeriod], tuple[datetime, MonthFigures]] = OrderedDict()

    async def load(self, runtime: Runtime, office: Office, month: FigurePeriod) -> MonthFigures:
        """Return the figures of a month: kept, or measured now."""
        key = (office.id, office.version, month)
        kept = self._kept.get(key)
        if kept is not None and kept[0] <= runtime.now() < kept[0] + KEPT_FOR:
            return kept[1]
        report = await measure_figures(runtime, [office], month, [FigureGrouping.HOUR])
        figures = MonthFigures(report.total, report.groups[FigureGrouping.HOUR])
        self._kept[key] = (runtime.now(), figures)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return figures


async def load_office_months(
    runtime: Runtime, offices: Sequence[Office], month: FigurePeriod
) -> list[OfficeMonth]:
    """Load a month of each office with the months to compare with.

    The figures come from the cache of this process.
    """
    async with runtime.read_session() as session:
        cache = process_cache(session).get(MonthFiguresCache)
    found = []
    for office in offices:
        figures = await cache.load(runtime, office, month)
        before = await cache.load(runtime, office, previous_month(month.first))
        year_before = await cache.load(runtime, office, same_month_a_year_before(month))
        found.append(
            build_office_month(office.slug, office.name, office.targets, figures, before.total, year_before.total)
        )
    return found
