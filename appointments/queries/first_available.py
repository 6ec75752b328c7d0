"""When is the first free time: of one agenda, or of many side by side, each of which is read once or twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Unavailable
from ...offices.service import Office, OfficeService, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Mode
from ..domain.closed_period import ClosedPeriod
from ..domain.slots import FreeSlot, Interval
from ..storage import agenda_rows
from .availability import FIRST_SEARCH_DAYS, bookable_openings, parse_agenda_settings, slots_within_openings

# From which day on, and how many: the first week of a big office is read in some milliseconds, all of it is not.
SEARCH_WINDOWS_DAYS = ((0, FIRST_SEARCH_DAYS), (FIRST_SEARCH_DAYS, HORIZON_DAYS + 1 - FIRST_SEARCH_DAYS))


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """A visit of these services, one after the other, in one office and mode."""

    office: Office
    services: Sequence[OfficeService]
    mode: Mode


@dataclass(frozen=True, slots=True)
class AlternativeSlot:
    """Another way to get the same service: other office or other mode, and its first free time."""

    office: Office
    mode: Mode
    first: FreeSlot


async def first_available_slot(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    mode: Mode,
    now: datetime,
    *,
    more: Sequence[OfficeService] = (),
) -> FreeSlot | None:
    """The first slot that can be booked at all. Raises Unavailable."""
    services = (service, *more)
    for one in services:
        parse_agenda_settings(office, one)
    (first,) = await first_available_slots(session, [SlotSearch(office, services, mode)], now)
    return first


async def first_available_slots(
    session: AsyncSession, searches: Sequence[SlotSearch], now: datetime
) -> list[FreeSlot | None]:
    """The first slot of each. None also where an agenda cannot be read: it is no way to go, and no fault of the
    others."""
    offices = list(dict.fromkeys(one.office.id for one in searches))
    farthest = now + timedelta(days=HORIZON_DAYS + 2)  # a date can be two days farther than the moment says
    closed = await agenda_rows.closed_periods_in_interval(session, offices, now, farthest)
    found: dict[int, FreeSlot] = {}
    for office_id in offices:
        for ahead, days in SEARCH_WINDOWS_DAYS:
            left = {place: one for place, one in enumerate(searches) if one.office.id == office_id}
            left = {place: one for place, one in left.items() if place not in found}
            found |= await _search_days(session, left, closed, now, ahead, days)
    return [found.get(place) for place in range(len(searches))]


async def _search_days(
    session: AsyncSession,
    left: Mapping[int, SlotSearch],
    closed: Sequence[ClosedPeriod],
    now: datetime,
    ahead: int,
    days: int,
) -> dict[int, FreeSlot]:
    """What these visits of one office find on `days` days from `ahead` days on, with one query."""
    spans = {place: found for place, one in left.items() if (found := _search_openings(one, now, ahead, days))}
    if not spans:
        return {}
    start, end = min(one[0][0] for one in spans.values()), max(one[-1][1] for one in spans.values())
    office, modes = next(iter(left.values())).office, {left[place].mode for place in spans}
    taken = await agenda_rows.taken_slots_by_mode(session, office.id, modes, start, end, now)
    free = {}
    for place, openings in spans.items():
        one = left[place]
        shut = _closed_intervals(one, closed)
        free[place] = slots_within_openings(openings, office, one.services, one.mode, now, taken[one.mode], shut)
    return {place: slots[0] for place, slots in free.items() if slots}


def _search_openings(one: SlotSearch, now: datetime, ahead: int, days: int) -> list[Interval]:
    first_day = hours.to_local_day(one.office.hours, now) + timedelta(days=ahead)
    try:
        return bookable_openings(one.office, one.services, one.mode, now, first_day, days)
    except Unavailable:
        return []


def _closed_intervals(one: SlotSearch, closed: Iterable[ClosedPeriod]) -> list[Interval]:
    services = [service.id for service in one.services]
    mine = [span for span in closed if span.office_id == one.office.id and span.applies_to(services, one.mode)]
    return [(span.starts_at, span.ends_at) for span in mine]


async def alternative_slots(
    session: AsyncSession,
    offices: Iterable[Office],
    office: Office,
    service: OfficeService,
    mode: Mode,
    now: datetime,
    *,
    more: Sequence[OfficeService] = (),
) -> list[AlternativeSlot]:
    """The same visit in the other mode and in the other offices, where there is a free time; soonest first."""
    sought = [
        SlotSearch(other, same, other_mode)
        for other in offices
        if (same := _matching_services(other, (service, *more)))
        for other_mode in same[0].modes
        if (other.id, other_mode) != (office.id, mode)
    ]
    firsts = await first_available_slots(session, sought, now)
    found = [
        AlternativeSlot(one.office, one.mode, first)
        for one, first in zip(sought, firsts, strict=True)
        if first is not None
    ]
    return sorted(found, key=lambda one: one.first.starts_at)


def _matching_services(office: Office, services: Sequence[OfficeService]) -> tuple[OfficeService, ...]:
    """The services of this office that are those, or none if one is missing."""
    found = office.services_by_slugs(one.slug for one in services)
    return found if len(found) == len(services) else ()
