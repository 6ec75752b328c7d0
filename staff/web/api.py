"""JSON API for staff and integrations: board, appointments, search (docs/api.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from ...appointments.service import appointment_json
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute, JsonArray
from ...core.web.validation import EmptyIsNone, OptionalCalendarDay
from ...offices.service import ServiceMode, hours, office_by_slug
from ..queries.board import (
    appointments_on_day,
    can_see_names,
    load_board,
    remove_names,
    search_people,
)
from . import response_schemas


class AppointmentDayQuery(BaseModel, defer_build=True):
    """`?date=&mode=`: a local day, by default today; a mode, by default all."""

    date: OptionalCalendarDay = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None


class PersonSearchQuery(BaseModel, defer_build=True):
    """`?q=`: name, code, contact, locator or QR link."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


async def get_board(request: ApiRequest[None]) -> JsonObject:
    """Answer with the board; without names for integrations."""
    slug = request.path_params["office"]
    runtime = request.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        board = await load_board(
            session, runtime.tokens, office, requests.current_language(request), runtime.now()
        )
    return board if can_see_names(request.staff) else remove_names(board)


async def list_appointments(request: ApiRequest[AppointmentDayQuery]) -> list[JsonObject]:
    slug = request.path_params["office"]
    query = request.message
    runtime = request.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        day = query.date or hours.to_local_day(office.hours, runtime.now())
        appointments = await appointments_on_day(session, office, day, query.mode)
    return [appointment_json(appointment, office) for appointment in appointments]


async def get_search(request: ApiRequest[PersonSearchQuery]) -> JsonObject:
    slug = request.path_params["office"]
    runtime = request.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        result = await search_people(session, runtime.tokens, office, request.message.q, runtime.now())
    return {
        "tickets": result.tickets,
        "appointments": [appointment_json(appointment, office) for appointment in result.appointments],
    }


routes = [
    ApiRoute(
        "GET /staff/offices/{office}/board",
        get_board,
        "The office's board",
        ApiAccess.AGENT,
        response_schemas.Board,
        allows_key=True,
    ),
    ApiRoute(
        "GET /staff/offices/{office}/search",
        get_search,
        "Find somebody of today by name, code, e-mail, phone, locator or the link of a QR code",
        ApiAccess.HOST,
        response_schemas.Found,
        query=PersonSearchQuery,
    ),
    ApiRoute(
        "GET /staff/offices/{office}/appointments",
        list_appointments,
        "The appointments of a day",
        ApiAccess.AGENT,
        JsonArray(response_schemas.AppointmentForStaff),
        query=AppointmentDayQuery,
        cursor="id",
    ),
]
