"""What the first pages of a booking show: offices, services, what else is done in the visit, and in which way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Mode, Office, Service, hours
from ..service import Sought, first_free_each, rules_of
from .booking_state import Choices, Step, most_more
from .texts import MODES

Loader = Callable[[AsyncSession, Choices, datetime], Awaitable[dict[str, Any]]]


async def _offices(session: AsyncSession, choices: Choices, now: datetime) -> dict[str, Any]:
    """The offices, when each is open, and when each has a place, if the service is known already."""
    wished = choices.wished_service
    given = [(office, one) for office in choices.offices for one in office.services if one.slug == wished]
    firsts = await _firsts(session, given, choices.wished_mode, now)
    slugs = {office.slug for office, _ in given}
    shown = [(office, office.slug in slugs, firsts.get(office.slug)) for office in choices.offices]
    gives = [one for one in shown if one[1]]
    opens = {office.slug: hours.next_opening(office.hours, now) for office in choices.offices}
    is_open = {office.slug: hours.is_open(office.hours, now) for office in choices.offices}
    return {"offices": gives or shown, "opens": opens, "is_open": is_open}


async def _firsts(
    session: AsyncSession, given: Sequence[tuple[Office, Service]], mode: Mode | None, now: datetime
) -> dict[str, datetime]:
    """When each office that has a place has the first one, by its slug."""
    sought = [
        Sought(office, [service], one) for office, service in given for one in service.modes if mode in (None, one)
    ]
    soonest: dict[str, datetime] = {}
    for one, slot in zip(sought, await first_free_each(session, sought, now), strict=True):
        if slot is not None:
            known = soonest.get(one.office.slug, slot.starts_at)
            soonest[one.office.slug] = min(known, slot.starts_at)
    return soonest


async def _services(_session: AsyncSession, choices: Choices, _now: datetime) -> dict[str, Any]:
    """The office's services; only those of a mode, when a link brought one."""
    office = choices.office
    assert office is not None
    wished = office.services_for(choices.wished_mode) if choices.wished_mode else ()
    return {
        "services": office.services if choices.service else wished or office.services,
        "can_add": len(office.services) > 1 and any(most_more(office, one) for one in office.services),
    }


async def _modes(session: AsyncSession, choices: Choices, now: datetime) -> dict[str, Any]:
    """The modes with their first free time. Marked is the one chosen before, else the sooner one."""
    assert choices.office is not None
    assert choices.service is not None
    for one in choices.services:
        rules_of(choices.office, one)  # an agenda that cannot be read is not a full one
    modes = [mode for mode in MODES if mode in choices.modes]
    sought = [Sought(choices.office, choices.services, mode) for mode in modes]
    firsts = dict(zip(modes, await first_free_each(session, sought, now), strict=True))
    known = {mode: slot.starts_at for mode, slot in firsts.items() if slot is not None}
    soonest = min(known, key=lambda mode: known[mode], default=next(iter(firsts)))
    return {"firsts": firsts, "marked": choices.mode or soonest}


LOADERS: Mapping[Step, Loader] = {"office": _offices, "service": _services, "mode": _modes}


def asks_for_more(choices: Choices, values: Mapping[str, Any]) -> bool:
    """Whether the reader wants to add a service to the visit, or added one that cannot be done in it."""
    wants = values.get("step") == "more" or (values.get("asked") == "more" and bool(choices.refused))
    return wants and bool(choices.addable)
