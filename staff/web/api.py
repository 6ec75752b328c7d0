"""JSON API for staff and integrations: board, appointments, search (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment
from ...core.auth import StaffRole, require_role
from ...core.i18n.dates import format_rfc3339
from ...core.web import authentication, requests
from ...core.web.paging import paged_response
from ...core.web.validation import EmptyIsNone, OptionalCalendarDay, parse_model
from ...offices.service import Office, ServiceMode, hours, office_by_slug
from ..queries.board import (
    appointments_on_day,
    can_see_names,
    load_board,
    remove_names,
    require_board_access,
    search_people,
)


class AppointmentDayQuery(BaseModel, defer_build=True):
    """`?date=&mode=`: a local day, by default today; a mode, by default all."""

    date: OptionalCalendarDay = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None


class PersonSearchQuery(BaseModel, defer_build=True):
    """`?q=`: name, code, contact, locator or QR link."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


async def get_board(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/board`: without names for integrations."""
    slug = request.path_params["office"]
    principal = require_board_access(await authentication.current_principal(request), slug)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        board = await load_board(
            session, runtime.tokens, office, requests.current_language(request), runtime.now()
        )
    return requests.json_response(board if can_see_names(principal) else remove_names(board))


async def list_appointments(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/appointments?date=&mode=`."""
    slug = request.path_params["office"]
    require_role(await authentication.current_principal(request), StaffRole.AGENT, slug)
    query = parse_model(AppointmentDayQuery, dict(request.query_params))
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        day = query.date or hours.to_local_day(office.hours, runtime.now())
        appointments = await appointments_on_day(session, office, day, query.mode)
    return paged_response(request, [_appointment_json(appointment, office) for appointment in appointments], "id")


async def get_search(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/search?q=`."""
    slug = request.path_params["office"]
    require_role(await authentication.current_principal(request), StaffRole.HOST, slug)
    query = parse_model(PersonSearchQuery, dict(request.query_params))
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        result = await search_people(session, runtime.tokens, office, query.q, runtime.now())
    return requests.json_response(
        {
            "tickets": result.tickets,
            "appointments": [_appointment_json(appointment, office) for appointment in result.appointments],
        }
    )


def _appointment_json(appointment: Appointment, office: Office) -> dict[str, Any]:
    """Convert an appointment for staff, without the citizen's token."""
    return {
        "id": appointment.id,
        "locator": appointment.locator,
        "state": str(appointment.state),
        "office": appointment.office_slug,
        "service": appointment.service_slug,
        "more_services": [service.slug for service in appointment.more_services],
        "mode": appointment.mode,
        "starts_at": format_rfc3339(appointment.starts_at, office.timezone),
        "ends_at": format_rfc3339(appointment.ends_at, office.timezone),
        "name": appointment.name,
        "email": appointment.email,
        "phone": appointment.phone,
        "language": appointment.language,
        "needs": list(appointment.all_needs),
    }


routes = [
    Route("/api/v1/staff/offices/{office}/board", get_board),
    Route("/api/v1/staff/offices/{office}/search", get_search, methods=["GET"]),
    Route("/api/v1/staff/offices/{office}/appointments", list_appointments, methods=["GET"]),
]
