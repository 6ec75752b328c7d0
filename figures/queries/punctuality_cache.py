"""Cache of the punctuality report of each office in this process. No writes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from ...core.db.process_cache import process_cache
from ...core.runtime import Runtime
from ...offices.service import Office, hours, office_by_slug
from ...queue.service import visits_in_period
from ..domain.punctuality import PunctualityReport, build_punctuality_report, full_weeks_before

# Full weeks do not change, but a visit may still be corrected.
REPORT_CACHED_FOR = timedelta(hours=1)
# Four weeks of a large office take a second of a core.
CONCURRENT_REPORTS = 2


class PunctualityCache:
    """The reports of this process by office.

    A caller computes the report of an office, the others wait for it. If that caller fails, the next tries.
    """

    def __init__(self) -> None:
        self._reports: dict[str, tuple[datetime, PunctualityReport]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free = asyncio.Semaphore(CONCURRENT_REPORTS)

    async def load(self, runtime: Runtime, office: Office) -> PunctualityReport:
        """Return the report of the newest full weeks: cached, or computed now."""
        first, last = full_weeks_before(hours.to_local_day(office.hours, runtime.now()))
        async with self._locks[office.id]:
            found = self._reports.get(office.id)
            if found is not None:
                computed_at, report = found
                is_young = computed_at <= runtime.now() < computed_at + REPORT_CACHED_FOR
                if is_young and (report.first, report.last) == (first, last):
                    return report
            async with self._free:
                visits = await visits_in_period(runtime, office, first, last)
                report = await asyncio.to_thread(build_punctuality_report, first, last, visits, office.timezone)
            self._reports[office.id] = (runtime.now(), report)
            return report


async def load_punctuality(runtime: Runtime, slug: str) -> tuple[Office, PunctualityReport]:
    """Return an office and its report, from the cache of this process. Raises NotFound."""
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        cache = process_cache(session).get(PunctualityCache)
    return office, await cache.load(runtime, office)
