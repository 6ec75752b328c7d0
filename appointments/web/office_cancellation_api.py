"""API calls of cancellation by the office: cancel, close and reopen periods, rebook."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import StaffRole, require_role
from ...core.i18n.dates import format_rfc3339
from ...core.web import authentication, requests
from ...core.web.paging import paged_response
from ...offices.service import office_by_slug
from ..actions.office_cancellation import (
    cancel_by_office,
    cancel_period,
    reopen_period,
    upcoming_closed_periods,
)
from ..actions.rebook import rebook_appointment
from .api import appointment_json
from .schemas import ReasonMessage, RescheduleMessage, SpanMessage, period_from_message


async def post_staff_cancel(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/cancel {reason}`."""
    principal = require_role(await authentication.current_principal(request), StaffRole.HOST)
    message = await requests.read_json_body(request, ReasonMessage)
    appointment = await cancel_by_office(
        requests.current_runtime(request), principal, request.path_params["id"], message.reason
    )
    return requests.json_response(await appointment_json(request, appointment))


async def post_cancel_period(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments/cancel`.

    Body: `{date, from?, until?, service?, mode?, reason}`.
    """
    office = request.path_params["office"]
    principal = require_role(await authentication.current_principal(request), StaffRole.HOST, office)
    message = await requests.read_json_body(request, SpanMessage)
    cancelled = await cancel_period(
        requests.current_runtime(request), principal, office, period_from_message(message), message.reason
    )
    ids = [appointment.id for appointment in cancelled]
    return requests.json_response({"cancelled": len(ids), "appointments": ids})


async def list_closed_periods(request: Request) -> Response:
    """`GET /api/v1/staff/offices/{office}/appointments/closed`: periods that are not over."""
    require_role(await authentication.current_principal(request), StaffRole.HOST, request.path_params["office"])
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        closed = await upcoming_closed_periods(session, office, requests.current_runtime(request).now())
    slugs = {service.id: service.slug for service in office.services}
    shown = [
        {
            "id": period.id,
            "starts_at": format_rfc3339(period.starts_at, office.timezone),
            "ends_at": format_rfc3339(period.ends_at, office.timezone),
            "service": slugs.get(period.service_id) if period.service_id else None,
            "mode": period.mode,
        }
        for period in closed
    ]
    return paged_response(request, shown, "id")


async def post_reopen_period(request: Request) -> Response:
    """`POST /api/v1/staff/offices/{office}/appointments/closed/{id}/open`."""
    office = request.path_params["office"]
    principal = require_role(await authentication.current_principal(request), StaffRole.HOST, office)
    await reopen_period(requests.current_runtime(request), principal, office, request.path_params["id"])
    return Response(status_code=204)


async def post_rebook(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/rebook {starts_at}`: a new appointment and token."""
    message = await requests.read_json_body(request, RescheduleMessage)
    appointment = await rebook_appointment(
        requests.current_runtime(request), request.path_params["token"], message.starts_at
    )
    return requests.json_response(await appointment_json(request, appointment))


routes = [
    Route("/api/v1/appointments/{token}/rebook", post_rebook, methods=["POST"]),
    Route("/api/v1/staff/appointments/{id}/cancel", post_staff_cancel, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments/cancel", post_cancel_period, methods=["POST"]),
    Route("/api/v1/staff/offices/{office}/appointments/closed", list_closed_periods),
    Route("/api/v1/staff/offices/{office}/appointments/closed/{id}/open", post_reopen_period, methods=["POST"]),
]
