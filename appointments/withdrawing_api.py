"""Cancelling for the office over HTTP, and the one tap of whoever was cancelled."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core import web
from ..core.auth import Role, require
from .api import described
from .messages import ReasonMessage, RescheduleMessage, SpanMessage, span_of
from .service import cancel_by_office, cancel_span, rebook


async def cancel_one(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/cancel {reason}`."""
    principal = require(await web.principal(request), Role.HOST)
    message = await web.json_body(request, ReasonMessage)
    appointment = await cancel_by_office(
        web.runtime(request), principal, request.path_params["id"], message.reason
    )
    return web.json_response(await described(request, appointment))


async def cancel_many(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments/cancel {date, from?, until?, service?, mode?, reason}`."""
    office = request.path_params["office"]
    principal = require(await web.principal(request), Role.HOST, office)
    message = await web.json_body(request, SpanMessage)
    gone = await cancel_span(web.runtime(request), principal, office, span_of(message), message.reason)
    return web.json_response({"cancelled": len(gone), "appointments": [one.id for one in gone]})


async def rebook_one(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/rebook {starts_at}`: the new appointment, with its own token."""
    message = await web.json_body(request, RescheduleMessage)
    appointment = await rebook(web.runtime(request), request.path_params["token"], message.starts_at)
    return web.json_response(await described(request, appointment))


routes = [
    Route("/api/v1/appointments/{token}/rebook", rebook_one, methods=["POST"]),
    Route("/api/v1/staff/appointments/{id}/cancel", cancel_one, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments/cancel", cancel_many, methods=["POST"]),
]
