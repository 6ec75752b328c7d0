"""What the first pages of a booking show: offices, services, what else is done in the visit, and in which way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.errors import Unavailable
from ..offices.service import Mode, Office, Service, hours
from .choices import Choices, Step, most_more
from .service import Slot, first_free
from .texts import MODES

Loader = Callable[[AsyncSession, Choices, datetime], Awaitable[dict[str, Any]]]


async def _offices(session: AsyncSession, choices: Choices, now: datetime) -> dict[str, Any]:
    """The offices, when each is open, and when each has a place, if the service is known already."""
    wished, shown = choices.wished_service, []
    for office in choices.offices:
        service = next((one for one in office.services if one.slug == wished), None)
        modes = [mode for mode in service.modes if choices.wished_mode in (None, mode)] if service else []
        firsts = [await _first(session, office, service, mode, now) for mode in modes] if service else []
        first = min((slot.starts_at for slot in firsts if slot is not None), default=None)
        shown.append((office, service is not None, first))
    gives = [one for one in shown if one[1]]
    opens = {office.slug: hours.next_opening(office.hours, now) for office in choices.offices}
    is_open = {office.slug: hours.is_open(office.hours, now) for office in choices.offices}
    return {"offices": gives or shown, "opens": opens, "is_open": is_open}


async def _first(
    session: AsyncSession, office: Office, service: Service, mode: Mode, now: datetime
) -> Slot | None:
    """None too of an office whose agenda cannot be read: the others are shown all the same."""
    try:
        return await first_free(session, office, service, mode, now)
    except Unavailable:
        return None


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
    firsts = {
        mode: await first_free(session, choices.office, choices.service, mode, now, more=choices.more)
        for mode in MODES
        if mode in choices.modes
    }
    known = {mode: slot.starts_at for mode, slot in firsts.items() if slot is not None}
    soonest = min(known, key=lambda mode: known[mode], default=next(iter(firsts)))
    return {"firsts": firsts, "marked": choices.mode or soonest}


LOADERS: Mapping[Step, Loader] = {"office": _offices, "service": _services, "mode": _modes}


def asks_for_more(choices: Choices, values: Mapping[str, Any]) -> bool:
    """Whether the reader wants to add a service to the visit, or added one that cannot be done in it."""
    wants = values.get("step") == "more" or (values.get("asked") == "more" and bool(choices.refused))
    return wants and bool(choices.addable)
