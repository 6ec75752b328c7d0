"""When is the first free time: of one agenda, or of many side by side, each of which is read once or twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import Unavailable
from ...offices.service import Office, Service, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.appointment import Mode
from ..domain.closed_period import ClosedSpan
from ..domain.slots import Interval, Slot
from ..storage import agenda_rows
from .availability import SOON_DAYS, free_among, openings_of, rules_of

# From which day on, and how many: the first week of a big office is read in some milliseconds, all of it is not.
LOOKS = ((0, SOON_DAYS), (SOON_DAYS, HORIZON_DAYS + 1 - SOON_DAYS))


@dataclass(frozen=True, slots=True)
class Sought:
    """A visit of these services, one after the other, in one office and mode."""

    office: Office
    services: Sequence[Service]
    mode: Mode


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to get the same service: other office or other mode, and its first free time."""

    office: Office
    mode: Mode
    first: Slot


async def first_free(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    *,
    more: Sequence[Service] = (),
) -> Slot | None:
    """The first slot that can be booked at all. Raises Unavailable."""
    services = (service, *more)
    for one in services:
        rules_of(office, one)
    (first,) = await first_free_each(session, [Sought(office, services, mode)], now)
    return first


async def first_free_each(session: AsyncSession, sought: Sequence[Sought], now: datetime) -> list[Slot | None]:
    """The first slot of each. None also where an agenda cannot be read: it is no way to go, and no fault of the
    others."""
    offices = list(dict.fromkeys(one.office.id for one in sought))
    farthest = now + timedelta(days=HORIZON_DAYS + 2)  # a date can be two days farther than the moment says
    closed = await agenda_rows.closed_in(session, offices, now, farthest)
    found: dict[int, Slot] = {}
    for office_id in offices:
        for ahead, days in LOOKS:
            left = {place: one for place, one in enumerate(sought) if one.office.id == office_id}
            left = {place: one for place, one in left.items() if place not in found}
            found |= await _look(session, left, closed, now, ahead, days)
    return [found.get(place) for place in range(len(sought))]


async def _look(
    session: AsyncSession,
    left: Mapping[int, Sought],
    closed: Sequence[ClosedSpan],
    now: datetime,
    ahead: int,
    days: int,
) -> dict[int, Slot]:
    """What these visits of one office find on `days` days from `ahead` days on, with one query."""
    spans = {place: found for place, one in left.items() if (found := _openings(one, now, ahead, days))}
    if not spans:
        return {}
    start, end = min(one[0][0] for one in spans.values()), max(one[-1][1] for one in spans.values())
    office, modes = next(iter(left.values())).office, {left[place].mode for place in spans}
    taken = await agenda_rows.taken_by_mode(session, office.id, modes, start, end, now)
    free = {}
    for place, openings in spans.items():
        one = left[place]
        shut = _closed_to(one, closed)
        free[place] = free_among(openings, office, one.services, one.mode, now, taken[one.mode], shut)
    return {place: slots[0] for place, slots in free.items() if slots}


def _openings(one: Sought, now: datetime, ahead: int, days: int) -> list[Interval]:
    first_day = hours.local_day(one.office.hours, now) + timedelta(days=ahead)
    try:
        return openings_of(one.office, one.services, one.mode, now, first_day, days)
    except Unavailable:
        return []


def _closed_to(one: Sought, closed: Iterable[ClosedSpan]) -> list[Interval]:
    services = [service.id for service in one.services]
    mine = [span for span in closed if span.office_id == one.office.id and span.means(services, one.mode)]
    return [(span.starts_at, span.ends_at) for span in mine]


async def alternatives(
    session: AsyncSession,
    offices: Iterable[Office],
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    *,
    more: Sequence[Service] = (),
) -> list[Alternative]:
    """The same visit in the other mode and in the other offices, where there is a free time; soonest first."""
    sought = [
        Sought(other, same, other_mode)
        for other in offices
        if (same := _same_services(other, (service, *more)))
        for other_mode in same[0].modes
        if (other.id, other_mode) != (office.id, mode)
    ]
    firsts = await first_free_each(session, sought, now)
    found = [
        Alternative(one.office, one.mode, first)
        for one, first in zip(sought, firsts, strict=True)
        if first is not None
    ]
    return sorted(found, key=lambda one: one.first.starts_at)


def _same_services(office: Office, services: Sequence[Service]) -> tuple[Service, ...]:
    """The services of this office that are those, or none if one is missing."""
    found = office.services_of(one.slug for one in services)
    return found if len(found) == len(services) else ()
