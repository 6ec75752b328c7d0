"""The two pages of a room: the citizen's, with preview, lobby and call, and the agent's; also after its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    Appointment,
    address_of,
    appointment_by_id,
    appointment_by_token,
    entry_closes_at,
    entry_opens_at,
    services_of,
)
from ...core.auth import Role, require
from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_time
from ...core.web import requests
from ...offices.service import Office, office_by_id
from ...precheck.service import latest_tests
from ..actions import participants
from ..actions.participants import Door
from ..domain import room as rules
from ..domain.room import Room
from .page_texts import page_texts

SOON = timedelta(minutes=20)  # a page that is opened this little too early turns into the door by itself
OUTCOMES = (
    ("resolved", N_("Resolved")),
    ("documents_missing", N_("Documents are missing")),
    ("referred", N_("Referred to another service")),
    ("technical_problem", N_("The connection did not work")),
    ("no_show", N_("Nobody came")),
)
NEEDS = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Step-free access, wheelchair"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("Another person comes along"),
}


async def citizen_room(request: Request) -> Response:
    """Where the link of a video appointment leads on the day."""
    token = request.path_params["token"]
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        appointment = await appointment_by_token(session, token)
        office = await office_by_id(session, appointment.office_id)
        room = await participants.room_of(session, appointment.id)
        last_test = (await latest_tests(session, [appointment.id])).get(appointment.id)
        inside = await participants.is_inside(session, room, None)
    found = participants.door(appointment, room, runtime.now())
    page = _facts(request, appointment, office, room) | {"token": token, "last_test": last_test}
    if found in (Door.NOT_VIDEO, Door.UNCONFIRMED):
        return requests.see_other(f"/a/{token}")
    if found is Door.OPEN:
        return requests.render(
            request, "rooms/room.html", **page, **_citizen(request, appointment, office, token, inside)
        )
    return requests.render(request, f"rooms/{found.value}.html", **page, **_early(appointment, runtime.now()))


async def staff_room(request: Request) -> Response:
    """The agent's side of the same call."""
    appointment_id, runtime = request.path_params["appointment"], requests.runtime(request)
    principal = await requests.principal(request)
    if principal is None:
        query = f"?{request.url.query}" if request.url.query else ""
        return requests.see_other(f"/staff/?next={quote(request.url.path + query)}")
    async with runtime.reading() as session:
        appointment = await appointment_by_id(session, appointment_id)
        staff = require(principal, Role.AGENT, appointment.office_slug)
        office = await office_by_id(session, appointment.office_id)
        room = await participants.room_of(session, appointment.id)
        inside = await participants.is_inside(session, room, staff)
    page = _facts(request, appointment, office, room)
    found = participants.door(appointment, room, runtime.now())
    if found in (Door.NOT_VIDEO, Door.UNCONFIRMED, Door.CANCELLED) or _is_over(found, room):
        return requests.render(request, "rooms/staff_over.html", **page, found=found.value)
    return requests.render(
        request, "rooms/call.html", **page, **_agent(request, appointment, office, staff.name, inside)
    )


def _is_over(found: Door, room: Room | None) -> bool:
    return found is Door.OVER and room is not None and room.end is not None


def _facts(request: Request, appointment: Appointment, office: Office, room: Room | None) -> dict[str, Any]:
    t, language = requests.gettext_of(request), requests.language(request)
    talked_s = rules.talked_s(room) if room else None
    agents = [one.name for one in room.participants if one.is_staff] if room else []
    return {
        "appointment": appointment,
        "again": address_of(office.slug, appointment.service_slugs, appointment.mode),
        "office": office,
        "zone": office.timezone,
        "phone": office.phone.replace(" ", "\u00a0"),  # a number is read in one piece
        "service": ", ".join(one.name(language) for one in services_of(office, appointment)),
        "needs": [t(NEEDS[need]) if need in NEEDS else need for need in appointment.asked_for],
        "talked_minutes": None if talked_s is None else int(talked_s // 60),
        "ended_at": room.end.at if room and room.end else None,
        "outcome": _outcome(t, room),
        "agents": agents,
        "closes_at": entry_closes_at(appointment),
    }


def _outcome(t: Callable[[str], str], room: Room | None) -> str | None:
    if room is None or room.end is None or room.end.outcome is None:
        return None
    known = dict(OUTCOMES)
    return t(known[room.end.outcome]) if room.end.outcome in known else None


def _early(appointment: Appointment, now: datetime) -> dict[str, Any]:
    opens_at = entry_opens_at(appointment)
    wait = opens_at - now
    return {"opens_at": opens_at, "refresh_s": int(wait.total_seconds()) + 1 if wait <= SOON else None}


def _citizen(
    request: Request, appointment: Appointment, office: Office, token: str, inside: bool
) -> dict[str, Any]:
    return {
        "is_staff": False,
        "outcomes": (),
        "texts": page_texts(requests.gettext_of(request)),
        "room": {
            "role": "citizen",
            "inside": inside,
            "hello": {"token": token},
            "office": office.name,
            "closes": format_time(entry_closes_at(appointment), office.timezone),
            "offset_minutes": _offset_minutes(office, requests.runtime(request).now()),
        },
    }


def _agent(request: Request, appointment: Appointment, office: Office, name: str, inside: bool) -> dict[str, Any]:
    t = requests.gettext_of(request)
    return {
        "is_staff": True,
        "outcomes": [(value, t(text)) for value, text in OUTCOMES],
        "texts": page_texts(t),
        "room": {
            "role": "agent",
            "inside": inside,
            "hello": {"appointment": appointment.id},
            "office": office.name,
            "me": name,
            "guest": appointment.name,
            "closes": format_time(entry_closes_at(appointment), office.timezone),
            "offset_minutes": _offset_minutes(office, requests.runtime(request).now()),
        },
    }


def _offset_minutes(office: Office, now: datetime) -> int:
    """The office's offset today, with which the page shows clock times as the office has them."""
    offset = now.astimezone(office.timezone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


routes = [
    Route("/a/{token}/room", citizen_room),
    Route("/staff/rooms/{appointment}", staff_room),
]
