"""JSON for staff and integrations: an office's board and its appointments (contract.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment
from ...core.auth import Role, require
from ...core.i18n.dates import rfc3339
from ...core.web import requests
from ...core.web.paging import list_response
from ...core.web.validation import EmptyIsNone, OptionalDay, parse
from ...offices.service import Office, hours, office_by_slug
from ..actions import accounts


class DayQuery(BaseModel):
    """`?date=&mode=`: a local day (today without it), and one of the two modes (both without it)."""

    date: OptionalDay = None
    mode: Annotated[Literal["in_person", "video"] | None, EmptyIsNone] = None


class SearchQuery(BaseModel):
    """`?q=`: what a person says or shows."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


async def board(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/board`: for staff, and without names for integrations."""
    slug = request.path_params["office"]
    principal = accounts.require_board(await requests.principal(request), slug)
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        found = await accounts.board(session, office, requests.language(request), runtime.now())
    return requests.json_response(found if accounts.sees_names(principal) else accounts.without_names(found))


async def appointments(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/appointments?date=&mode=`."""
    slug = request.path_params["office"]
    require(await requests.principal(request), Role.AGENT, slug)
    query = parse(DayQuery, dict(request.query_params))
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        day = query.date or hours.local_day(office.hours, runtime.now())
        found = await accounts.appointments_on(session, office, day, query.mode)
    return list_response(request, [_appointment(one, office) for one in found], "id")


async def search(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/search?q=`."""
    slug = request.path_params["office"]
    require(await requests.principal(request), Role.HOST, slug)
    query = parse(SearchQuery, dict(request.query_params))
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        found = await accounts.search(session, office, query.q, runtime.now())
    return requests.json_response(
        {"tickets": found.tickets, "appointments": [_appointment(one, office) for one in found.appointments]}
    )


def _appointment(one: Appointment, office: Office) -> dict[str, Any]:
    """What staff need to know of an appointment; its token belongs to the citizen alone."""
    return {
        "id": one.id,
        "locator": one.locator,
        "state": str(one.state),
        "office": one.office_slug,
        "service": one.service_slug,
        "more_services": [other.slug for other in one.more_services],
        "mode": one.mode,
        "starts_at": rfc3339(one.starts_at, office.timezone),
        "ends_at": rfc3339(one.ends_at, office.timezone),
        "name": one.name,
        "email": one.email,
        "phone": one.phone,
        "language": one.language,
        "needs": list(one.asked_for),
    }


routes = [
    Route("/api/v1/staff/offices/{office}/board", board),
    Route("/api/v1/staff/offices/{office}/search", search, methods=["GET"]),
    Route("/api/v1/staff/offices/{office}/appointments", appointments, methods=["GET"]),
]
