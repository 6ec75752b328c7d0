"""API calls of cancellation by the office: cancel, close and reopen periods, rebook."""

from __future__ import annotations

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute, JsonArray
from ...offices.service import office_by_slug
from ..actions.office_cancellation import (
    cancel_by_office,
    cancel_period,
    reopen_period,
)
from ..actions.rebook import rebook_appointment
from ..domain.appointment import Appointment
from ..storage.closed_period_rows import upcoming_closed_periods
from . import response_schemas
from .api import citizen_route, own_appointment_json
from .schemas import ReasonMessage, RescheduleMessage, SpanMessage, period_from_message


async def post_staff_cancel(request: ApiRequest[ReasonMessage]) -> JsonObject:
    appointment = await cancel_by_office(
        request.runtime, request.staff, request.path_params["id"], request.message.reason
    )
    return await own_appointment_json(request, appointment)


async def post_cancel_period(request: ApiRequest[SpanMessage]) -> JsonObject:
    office = request.path_params["office"]
    message = request.message
    cancelled = await cancel_period(
        request.runtime, request.staff, office, period_from_message(message), message.reason
    )
    ids = [appointment.id for appointment in cancelled]
    return {"cancelled": len(ids), "appointments": ids}


async def list_closed_periods(request: ApiRequest[None]) -> list[JsonObject]:
    """List the closed periods that are not over."""
    async with request.runtime.read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        closed = await upcoming_closed_periods(session, office, request.runtime.now())
    slugs = {service.id: service.slug for service in office.services}
    return [
        {
            "id": period.id,
            "starts_at": format_rfc3339(period.starts_at, office.timezone),
            "ends_at": format_rfc3339(period.ends_at, office.timezone),
            "service": slugs.get(period.service_id) if period.service_id else None,
            "mode": period.mode,
        }
        for period in closed
    ]


async def post_reopen_period(request: ApiRequest[None]) -> None:
    await reopen_period(request.runtime, request.staff, request.path_params["office"], request.path_params["id"])


async def post_rebook(request: ApiRequest[RescheduleMessage]) -> Appointment:
    return await rebook_appointment(request.runtime, request.path_params["token"], request.message.starts_at)


routes = [
    citizen_route(
        "rebook",
        post_rebook,
        "Book again after the office cancelled, with the same details",
        "slot_taken",
        "illegal_transition",
        "duplicate_appointment",
        body=RescheduleMessage,
        example={"starts_at": "2026-11-27T09:20:00+01:00"},
    ),
    ApiRoute(
        "POST /staff/appointments/{id}/cancel",
        post_staff_cancel,
        "Cancel for the office; the citizen gets the reason, and another time is kept for a day",
        ApiAccess.HOST,
        response_schemas.Appointment,
        body=ReasonMessage,
        errors={409: ("illegal_transition", "too_late")},
        example={"reason": "Closed for works"},
    ),
    ApiRoute(
        "POST /staff/offices/{office}/appointments/cancel",
        post_cancel_period,
        "Cancel the coming appointments of a day, or of a part of it, and close it to new ones",
        ApiAccess.HOST,
        response_schemas.Cancelled,
        body=SpanMessage,
        example={"date": "2026-11-27", "from": "11:00", "reason": "Closed for works"},
    ),
    ApiRoute(
        "GET /staff/offices/{office}/appointments/closed",
        list_closed_periods,
        "Closed periods that are not over, by time",
        ApiAccess.HOST,
        JsonArray(response_schemas.ClosedSpan),
        cursor="id",
    ),
    ApiRoute(
        "POST /staff/offices/{office}/appointments/closed/{id}/open",
        post_reopen_period,
        "Reopen a closed period; its cancelled appointments stay cancelled",
        ApiAccess.HOST,
        {204: None},
    ),
]
