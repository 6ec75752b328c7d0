"""API calls of agents' telephone calls, and of the number to call (docs/api.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole, require_role
from ....core.contact.phone_numbers import check_sms_number
from ....core.i18n.dates import format_rfc3339
from ....core.runtime import Runtime
from ....core.web import authentication, requests
from ....offices.service import Office, office_by_id
from ...actions.telephone.phone_calls import (
    finish_call,
    report_no_answer,
    report_not_reached,
    start_call,
    withdraw_call,
)
from ...actions.telephone.phone_number import change_phone_number
from ...domain.appointment import Appointment
from ...domain.phone_call import PhoneCall
from ...queries.lookup import appointment_by_token
from ...queries.phone_calls import phone_appointment_status
from ..api import appointment_json
from ..schemas import FinishCallMessage, NumberToCallMessage

CallAction = Callable[[Runtime, Principal | None, str], Awaitable[Appointment]]


async def post_finish(request: Request) -> Response:
    """`POST /api/v1/staff/appointments/{id}/call/finish {outcome?, note?}`."""
    principal = await _require_agent(request)
    message = await requests.read_json_body(request, FinishCallMessage)
    appointment = await finish_call(
        requests.current_runtime(request),
        principal,
        request.path_params["id"],
        outcome=message.outcome,
        note=message.note,
    )
    return await _call_response(request, appointment)


def _call_route(path: str, action: CallAction) -> Route:
    """Build the route of an action without a body."""

    async def post_action(request: Request) -> Response:
        principal = await _require_agent(request)
        appointment = await action(requests.current_runtime(request), principal, request.path_params["id"])
        return await _call_response(request, appointment)

    return Route(f"/api/v1/staff/appointments/{{id}}/call{path}", post_action, methods=["POST"])


async def post_phone(request: Request) -> Response:
    """`POST /api/v1/appointments/{token}/phone {phone}`: the number that the agent calls."""
    message, token = await requests.read_json_body(request, NumberToCallMessage), request.path_params["token"]
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        known = await appointment_by_token(session, token)
    if known.remind_by_sms:
        check_sms_number(message.phone, requests.sms_countries(request))
    appointment = await change_phone_number(runtime, token, message.phone)
    return requests.json_response(await appointment_json(request, appointment))


async def _require_agent(request: Request) -> Principal:
    return require_role(await authentication.current_principal(request), StaffRole.AGENT)


async def _call_response(request: Request, appointment: Appointment) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        status = await phone_appointment_status(session, appointment)
        office = await office_by_id(session, appointment.office_id)
    return requests.json_response(
        {
            "appointment": appointment.id,
            "state": str(appointment.state),
            "attempts": status.attempts,
            "may_give_up": status.may_give_up,
            "calls": [call_json(call, office) for call in status.calls],
        }
    )


def call_json(call: PhoneCall, office: Office) -> dict[str, Any]:
    """Serialise one call for staff."""
    return {
        "id": call.id,
        "agent": call.agent_id,
        "called_at": format_rfc3339(call.called_at, office.timezone),
        "ended_at": format_rfc3339(call.ended_at, office.timezone) if call.ended_at else None,
        "result": call.result,
    }


routes = [
    _call_route("", start_call),
    Route("/api/v1/staff/appointments/{id}/call/finish", post_finish, methods=["POST"]),
    _call_route("/no-answer", report_no_answer),
    _call_route("/withdraw", withdraw_call),
    _call_route("/no-show", report_not_reached),
    Route("/api/v1/appointments/{token}/phone", post_phone, methods=["POST"]),
]
