"""Visits and calls of one day of an office, cached once they cannot change. No writes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ...core.db.process_cache import process_cache
from ...core.runtime import Runtime
from ...offices.service import Office, hours
from ...queue.service import visit_facts_of_day
from ..domain.call_statistics import MeasuredCall
from ..domain.figure_groups import VisitFacts
from ..domain.phone_statistics import MeasuredPhoneVisit
from .call_facts import load_call_facts, load_phone_facts

SETTLED_AFTER = timedelta(days=9)  # by then every ticket has expired, and no survey of a call can change
MAX_CACHED_FACTS = 100_000  # visits and calls: about 35 MB in a process, a year of a large office

CacheKey = tuple[str, int, date]  # the office's id and version, and the day


@dataclass(frozen=True, slots=True)
class DayFacts:
    """The visits, video appointments and appointments by telephone of one day."""

    visits: Sequence[VisitFacts]
    calls: Sequence[MeasuredCall]
    phone: Sequence[MeasuredPhoneVisit]

    @property
    def size(self) -> int:
        return 1 + len(self.visits) + len(self.calls) + len(self.phone)


class DayFactsCache:
    """The settled days that were read last, by office and day."""

    def __init__(self) -> None:
        self._days: OrderedDict[CacheKey, DayFacts] = OrderedDict()
        self._size = 0

    def get(self, key: CacheKey) -> DayFacts | None:
        """Return a day, which then counts as read last; None if it is not cached."""
        found = self._days.get(key)
        if found is not None:
            self._days.move_to_end(key)
        return found

    def add(self, key: CacheKey, facts: DayFacts) -> None:
        """Add a day, and evict those that were read longest ago."""
        if key in self._days:
            return
        self._days[key] = facts
        self._size += facts.size
        while self._size > MAX_CACHED_FACTS:
            _, evicted = self._days.popitem(last=False)
            self._size -= evicted.size


async def load_day_facts(runtime: Runtime, office: Office, day: date) -> DayFacts:
    """Return the visits and calls of a local day. Uses a cache of this process."""
    start, end = hours.day_bounds(office.hours, day)
    key = (office.id, office.version, day)
    async with runtime.read_session() as session:
        cache = process_cache(session).get(DayFactsCache)
        if (cached := cache.get(key)) is not None:
            return cached
        visits = await visit_facts_of_day(session, office, day)
        calls = await load_call_facts(session, office, start, end)
        facts = DayFacts(visits, calls, await load_phone_facts(session, office, start, end))
    if _is_settled(end, runtime.now()):
        cache.add(key, facts)
    return facts


def _is_settled(end: datetime, now: datetime) -> bool:
    return end + SETTLED_AFTER <= now
