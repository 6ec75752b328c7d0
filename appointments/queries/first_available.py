"""First free slots of an agenda, or of many agendas side by side.

Each agenda is read once or twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.closed_period import ClosedPeriod
from ..domain.slots import FreeSlot
from ..storage import closed_period_rows, taken_slot_rows
from .availability import FIRST_SEARCH_DAYS, SlotSearch, openings_or_none, slots_within_openings

# Days from today, and how many: the first week of a big office takes milliseconds to read, the whole horizon more.
SEARCH_WINDOWS_DAYS = ((0, FIRST_SEARCH_DAYS), (FIRST_SEARCH_DAYS, HORIZON_DAYS + 1 - FIRST_SEARCH_DAYS))
ZONE_MARGIN_DAYS = 2  # the last local date can be two days after the same count of UTC days


@dataclass(frozen=True, slots=True)
class AlternativeSlot:
    """The same visit in another office or mode, and its first free slot."""

    office: Office
    mode: ServiceMode
    first: FreeSlot


async def first_available_slots(
    session: AsyncSession, searches: Sequence[SlotSearch], now: datetime
) -> list[FreeSlot | None]:
    """Return the first slot of each search, None for a search without a free slot.

    An agenda with invalid settings has no slots. The searches are the public's: they use neither `for_staff` nor
    `excluded_id`.
    """
    office_ids = list(dict.fromkeys(search.office.id for search in searches))
    farthest = now + timedelta(days=HORIZON_DAYS + ZONE_MARGIN_DAYS)
    closed = await closed_period_rows.closed_periods_in_interval(session, office_ids, now, farthest)
    found: dict[int, FreeSlot] = {}
    for office_id in office_ids:
        # A query for each office and window serves all its searches, because a query reads the whole agenda.
        for ahead, days in SEARCH_WINDOWS_DAYS:
            pending = {
                index: search
                for index, search in enumerate(searches)
                if search.office.id == office_id and index not in found
            }
            found |= await _search_days(session, pending, closed, now, ahead, days)
    return [found.get(index) for index in range(len(searches))]


async def _search_days(
    session: AsyncSession,
    searches: Mapping[int, SlotSearch],
    closed: Sequence[ClosedPeriod],
    now: datetime,
    ahead: int,
    days: int,
) -> dict[int, FreeSlot]:
    """Search an office for `days` days from `ahead` days on, with a query for all searches."""
    openings = {}
    for index, search in searches.items():
        first_day = hours.to_local_day(search.office.hours, now) + timedelta(days=ahead)
        intervals = openings_or_none(search, now, first_day, days)
        if intervals:
            openings[index] = intervals
    if not openings:
        return {}
    start = min(intervals[0][0] for intervals in openings.values())
    end = max(intervals[-1][1] for intervals in openings.values())
    office_id = next(iter(searches.values())).office.id
    modes = {searches[index].mode for index in openings}
    taken = await taken_slot_rows.taken_slots(session, office_id, modes, start, end, now)
    first = {}
    for index, intervals in openings.items():
        search = searches[index]
        free = slots_within_openings(search, intervals, now, taken[search.mode], closed)
        if free:
            first[index] = free[0]
    return first


async def alternative_slots(
    session: AsyncSession, offices: Iterable[Office], search: SlotSearch, now: datetime
) -> list[AlternativeSlot]:
    """Return the first slots of the same visit in other modes and offices, soonest first."""
    searches = [
        SlotSearch(office, services, mode)
        for office in offices
        if (services := _matching_services(office, search.services))
        for mode in services[0].modes
        if (office.id, mode) != (search.office.id, search.mode)
    ]
    firsts = await first_available_slots(session, searches, now)
    found = [
        AlternativeSlot(other.office, other.mode, first)
        for other, first in zip(searches, firsts, strict=True)
        if first is not None
    ]
    return sorted(found, key=lambda alternative: alternative.first.starts_at)


def _matching_services(office: Office, services: Sequence[OfficeService]) -> tuple[OfficeService, ...]:
    """Return the services of this office with the same slugs; empty if a service is missing."""
    found = office.services_by_slugs(service.slug for service in services)
    return found if len(found) == len(services) else ()
