"""Refusals of a ticket with their alternatives. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import SlotSearch, booking_url_for_services, first_available_slots
from ...core.errors import Refused
from ...core.i18n.dates import format_relative_day, format_rfc3339, format_time, to_local_time
from ...offices.service import Office, OfficeService, public_offices
from ..domain.admission import STANDBY_REFUSAL_CODES, AdmissionRefusal
from ..domain.wait_estimate import ForecastRange
from ..queries import office_state
from ..queries.office_state import LineWait
from ..queries.ticket_json import range_json
from ..queries.walk_in_admission import WalkInOption, walk_in_options, walk_in_refusal
from ..storage import ticket_rows


class TicketRefused(Exception):
    """A refusal inside the transaction of a ticket.

    Its alternatives need simulations, which must not run while the line is locked. `details` are added to the
    answer.
    """

    def __init__(
        self, office: Office, service: OfficeService, refusal: AdmissionRefusal, **details: object
    ) -> None:
        super().__init__(refusal.code)
        self.office = office
        self.service = service
        self.refusal = refusal
        self.details = details


def paused_error(office: Office) -> Refused:
    """Return the refusal of a paused office, which tells an evacuation from a pause."""
    return Refused("paused", **_evacuation_detail(office))


def _evacuation_detail(office: Office) -> dict[str, Any]:
    return {"evacuation": True} if office.is_evacuating else {}


async def refusal_error(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    refusal: AdmissionRefusal,
    language: str,
    now: datetime,
    options: Sequence[WalkInOption] | None = None,
) -> Refused:
    """Return the refusal with its alternatives, its reason and the next opening time.

    `options`: those of the office, if the caller has them.
    """
    here = []
    if refusal.code in STANDBY_REFUSAL_CODES:
        here = await _standby_alternative(session, office, service)
        if options is None:
            options = walk_in_options(await office_state.load_office_state(session, office, now), language)
        here += _open_service_alternatives(options, office, service, language)
    others = await find_alternatives(session, office, service, language, now)
    details: dict[str, Any] = {
        "service": service.slug,
        "lasts_today": refusal.lasts_today,
        "alternatives": [*here, *others],
    }
    if refusal.code == "paused":
        details |= _evacuation_detail(office)
    stop_reason = office.line_for_service(service).stop_text(language)
    if refusal.code == "walk_ins_stopped" and stop_reason:
        details["reason"] = stop_reason
    if refusal.opens_at is not None:
        zone = office.timezone
        day = format_relative_day(refusal.opens_at, zone, now, language)
        same_day = to_local_time(refusal.opens_at, zone).date() == to_local_time(now, zone).date()
        time = format_time(refusal.opens_at, zone)
        details |= {
            "opens_at": format_rfc3339(refusal.opens_at, zone),
            "opens": time if same_day else f"{day}, {time}",
        }
    return Refused(refusal.code, **details)


def _open_service_alternatives(
    options: Sequence[WalkInOption], office: Office, refused: OfficeService, language: str
) -> list[dict[str, Any]]:
    """Return the other services of this office that give tickets now."""
    return [
        {
            "kind": "service",
            "office": office.slug,
            "service": option.service.slug,
            "name": option.service.name(language),
            **_wait_json(option.wait, office),
            "link": f"/o/{office.slug}?service={option.service.slug}",
        }
        for option in options
        if option.service.id != refused.id and option.refusal is None
    ]


def _wait_json(wait: LineWait, office: Office) -> dict[str, Any]:
    return {
        "waiting": wait.waiting,
        "eta": range_json(ForecastRange(*wait.eta) if wait.eta else None, office),
    }


async def _standby_alternative(
    session: AsyncSession, office: Office, service: OfficeService
) -> list[dict[str, Any]]:
    """Return the alternative to wait on standby."""
    return [
        {
            "kind": "standby",
            "office": office.slug,
            "service": service.slug,
            "waiting": await ticket_rows.count_standby_tickets(session, service.line_id),
            "link": f"/o/{office.slug}?service={service.slug}",
        }
    ]


async def find_alternatives(
    session: AsyncSession, office: Office, service: OfficeService, language: str, now: datetime
) -> list[dict[str, Any]]:
    """Return other offices with this service, and the first free appointments."""
    found = []
    for other in await public_offices(session):
        same = next((given for given in other.services if given.slug == service.slug), None)
        if other.id != office.id and same is not None:
            found += await _other_office_alternative(session, other, same, language, now)
    searches = [SlotSearch(office, [service], mode) for mode in service.modes]
    for mode, first in zip(service.modes, await first_available_slots(session, searches, now), strict=True):
        if first is not None:
            found.append(
                {
                    "kind": "appointment" if mode == "in_person" else mode,
                    "office": office.slug,
                    "mode": mode,
                    "starts_at": format_rfc3339(first.starts_at, office.timezone),
                    "link": booking_url_for_services(office.slug, [service.slug], mode),
                }
            )
    return found


async def _other_office_alternative(
    session: AsyncSession, other: Office, service: OfficeService, language: str, now: datetime
) -> list[dict[str, Any]]:
    state = await office_state.load_office_state(session, other, now)
    if walk_in_refusal(state, service) is not None:
        return []
    return [
        {
            "kind": "office",
            "office": other.slug,
            "name": other.name,
            **_wait_json(office_state.line_wait(state, other.line_for_service(service), language), other),
            "link": f"/o/{other.slug}?service={service.slug}",
        }
    ]
