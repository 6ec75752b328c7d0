"""What the first pages of a booking show: offices, services, what else is done in the visit, and in which way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..queries.availability import SlotSearch
from ..queries.first_available import first_available_slots
from ..queries.service_settings import parse_agenda_settings
from .booking_state import BookingChoices, BookingStep, max_additional_services
from .page_texts import MODE_NAMES

StepLoader = Callable[[AsyncSession, BookingChoices, datetime], Awaitable[dict[str, Any]]]


async def _load_offices(session: AsyncSession, choices: BookingChoices, now: datetime) -> dict[str, Any]:
    """The offices, when each is open, and when each has a place, if the service is known already."""
    wished = choices.wished_service
    given = [(office, one) for office in choices.offices for one in office.services if one.slug == wished]
    firsts = await _first_times_by_office(session, given, choices.wished_mode, now)
    slugs = {office.slug for office, _ in given}
    shown = [(office, office.slug in slugs, firsts.get(office.slug)) for office in choices.offices]
    gives = [one for one in shown if one[1]]
    opens = {office.slug: hours.next_opening_time(office.hours, now) for office in choices.offices}
    is_open = {office.slug: hours.is_open(office.hours, now) for office in choices.offices}
    return {"offices": gives or shown, "opens": opens, "is_open": is_open}


async def _first_times_by_office(
    session: AsyncSession, given: Sequence[tuple[Office, OfficeService]], mode: ServiceMode | None, now: datetime
) -> dict[str, datetime]:
    """When each office that has a place has the first one, by its slug."""
    sought = [
        SlotSearch(office, [service], one)
        for office, service in given
        for one in service.modes
        if mode in (None, one)
    ]
    soonest: dict[str, datetime] = {}
    for one, slot in zip(sought, await first_available_slots(session, sought, now), strict=True):
        if slot is not None:
            known = soonest.get(one.office.slug, slot.starts_at)
            soonest[one.office.slug] = min(known, slot.starts_at)
    return soonest


async def _load_services(_session: AsyncSession, choices: BookingChoices, _now: datetime) -> dict[str, Any]:
    """The office's services; only those of a mode, when a link brought one."""
    office = choices.office
    assert office is not None
    wished = office.services_for(choices.wished_mode) if choices.wished_mode else ()
    return {
        "services": office.services if choices.service else wished or office.services,
        "can_add": len(office.services) > 1
        and any(max_additional_services(office, one) for one in office.services),
    }


async def _load_modes(session: AsyncSession, choices: BookingChoices, now: datetime) -> dict[str, Any]:
    """The modes with their first free time. Marked is the one chosen before, else the sooner one."""
    assert choices.office is not None
    assert choices.service is not None
    for one in choices.services:
        parse_agenda_settings(choices.office, one)  # an agenda that cannot be read is not a full one
    modes = [mode for mode in MODE_NAMES if mode in choices.modes]
    sought = [SlotSearch(choices.office, choices.services, mode) for mode in modes]
    firsts = dict(zip(modes, await first_available_slots(session, sought, now), strict=True))
    known = {mode: slot.starts_at for mode, slot in firsts.items() if slot is not None}
    soonest = min(known, key=lambda mode: known[mode], default=next(iter(firsts)))
    return {"firsts": firsts, "marked": choices.mode or soonest}


STEP_LOADERS: Mapping[BookingStep, StepLoader] = {
    "office": _load_offices,
    "service": _load_services,
    "mode": _load_modes,
}


def should_show_more_services(choices: BookingChoices, values: Mapping[str, Any]) -> bool:
    """Whether the reader wants to add a service to the visit, or added one that cannot be done in it."""
    wants = values.get("step") == "more" or (values.get("asked") == "more" and bool(choices.refused))
    return wants and bool(choices.addable)
