"""Why there is no ticket, and what there is instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Sought, first_free_each
from ...core.errors import Refused
from ...core.i18n.dates import format_time, local, relative_day, rfc3339
from ...offices.service import Office, Service, all_offices, hours
from ..domain.admission import STANDBY_HELPS, Refusal
from ..domain.wait_estimate import Range
from ..queries import office_state
from ..queries.ticket_json import range_json
from ..storage import store


async def refused(
    session: AsyncSession, office: Office, service: Service, refusal: Refusal, language: str, now: datetime
) -> Refused:
    standby = await _standby(session, office, service) if refusal.code in STANDBY_HELPS else []
    others = await alternatives(session, office, service, language, now)
    details: dict[str, Any] = {"alternatives": [*standby, *others]}
    stop_reason = office.line_of(service).stop_reason
    if refusal.code == "walk_ins_stopped" and stop_reason:
        details["reason"] = stop_reason
    if refusal.opens_at is not None:
        zone = office.timezone
        day = relative_day(refusal.opens_at, zone, language, now)
        same_day = local(refusal.opens_at, zone).date() == local(now, zone).date()
        time = format_time(refusal.opens_at, zone)
        details |= {"opens_at": rfc3339(refusal.opens_at, zone), "opens": time if same_day else f"{day}, {time}"}
    return Refused(refusal.code, **details)


async def _standby(session: AsyncSession, office: Office, service: Service) -> list[dict[str, Any]]:
    """To wait for room, in the order in which people came."""
    return [
        {
            "kind": "standby",
            "office": office.slug,
            "service": service.slug,
            "waiting": await store.count_standby(session, service.line_id),
            "link": f"/o/{office.slug}?service={service.slug}",
        }
    ]


async def alternatives(
    session: AsyncSession, office: Office, service: Service, language: str, now: datetime
) -> list[dict[str, Any]]:
    """What exists instead: another office now with its wait, the next free appointments, video."""
    found = []
    for other in await all_offices(session):
        same = next((one for one in other.services if one.slug == service.slug), None)
        if other.id != office.id and same is not None:
            found += await _other_office(session, other, same, language, now)
    sought = [Sought(office, [service], mode) for mode in service.modes]
    for mode, first in zip(service.modes, await first_free_each(session, sought, now), strict=True):
        if first is not None:
            found.append(
                {
                    "kind": "video" if mode == "video" else "appointment",
                    "office": office.slug,
                    "mode": mode,
                    "starts_at": rfc3339(first.starts_at, office.timezone),
                    "link": f"/appointments/new?office={office.slug}&service={service.slug}&mode={mode}",
                }
            )
    return found


async def _other_office(
    session: AsyncSession, other: Office, service: Service, language: str, now: datetime
) -> list[dict[str, Any]]:
    line = other.line_of(service)
    is_open = hours.is_open(other.hours, now) and not other.paused
    if not is_open or line.stopped or not service.walk_in or "in_person" not in service.modes:
        return []
    wait = next(one for one in await office_state.waits(session, other, now, language) if one.slug == line.slug)
    eta = Range(*wait.eta) if wait.eta else None
    return [
        {
            "kind": "office",
            "office": other.slug,
            "name": other.name,
            "waiting": wait.waiting,
            "eta": range_json(eta, other),
            "link": f"/o/{other.slug}?service={service.slug}",
        }
    ]
