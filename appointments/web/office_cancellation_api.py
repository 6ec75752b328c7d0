"""Cancelling for the office over HTTP, and the one tap of whoever was cancelled."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Role, require
from ...core.i18n.dates import rfc3339
from ...core.web import requests
from ...core.web.paging import list_response
from ...offices.service import office_by_slug
from ..service import cancel_by_office, cancel_span, closed_to_come, open_again, rebook
from .api import described
from .schemas import ReasonMessage, RescheduleMessage, SpanMessage, span_of


async def cancel_one(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/cancel {reason}`."""
    principal = require(await requests.principal(request), Role.HOST)
    message = await requests.json_body(request, ReasonMessage)
    appointment = await cancel_by_office(
        requests.runtime(request), principal, request.path_params["id"], message.reason
    )
    return requests.json_response(await described(request, appointment))


async def cancel_many(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments/cancel {date, from?, until?, service?, mode?, reason}`."""
    office = request.path_params["office"]
    principal = require(await requests.principal(request), Role.HOST, office)
    message = await requests.json_body(request, SpanMessage)
    gone = await cancel_span(requests.runtime(request), principal, office, span_of(message), message.reason)
    return requests.json_response({"cancelled": len(gone), "appointments": [one.id for one in gone]})


async def list_closed(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/appointments/closed`: what was closed so and is not over, by time."""
    require(await requests.principal(request), Role.HOST, request.path_params["office"])
    async with requests.runtime(request).reading() as session:
        office = await office_by_slug(session, request.path_params["office"])
        closed = await closed_to_come(session, office, requests.runtime(request).now())
    slugs = {one.id: one.slug for one in office.services}
    shown = [
        {
            "id": one.id,
            "starts_at": rfc3339(one.starts_at, office.timezone),
            "ends_at": rfc3339(one.ends_at, office.timezone),
            "service": slugs.get(one.service_id) if one.service_id else None,
            "mode": one.mode,
        }
        for one in closed
    ]
    return list_response(request, shown, "id")


async def open_closed(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments/closed/{id}/open`."""
    office = request.path_params["office"]
    principal = require(await requests.principal(request), Role.HOST, office)
    await open_again(requests.runtime(request), principal, office, request.path_params["id"])
    return Response(status_code=204)


async def rebook_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/rebook {starts_at}`: the new appointment, with its own token."""
    message = await requests.json_body(request, RescheduleMessage)
    appointment = await rebook(requests.runtime(request), request.path_params["token"], message.starts_at)
    return requests.json_response(await described(request, appointment))


routes = [
    Route("/api/v1/appointments/{token}/rebook", rebook_one, methods=["POST"]),
    Route("/api/v1/staff/appointments/{id}/cancel", cancel_one, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments/cancel", cancel_many, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments/closed", list_closed),
    Route("/api/v1/staff/offices/{office}/appointments/closed/{id}/open", open_closed, methods=["POST"]),
]
