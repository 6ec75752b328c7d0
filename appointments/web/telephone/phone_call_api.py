"""API calls of agents' telephone calls, and of the number to call (docs/api.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ....core.auth import Principal
from ....core.i18n.dates import format_optional_rfc3339, format_rfc3339
from ....core.json_types import JsonObject
from ....core.runtime import Runtime
from ....core.web import requests
from ....core.web.api_route import ApiAccess, ApiRequest, ApiRoute
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
from .. import response_schemas
from ..api import citizen_route
from ..schemas import FinishCallMessage, NumberToCallMessage, check_number_of_channels

M = TypeVar("M")
CallAction = Callable[[Runtime, Principal | None, str], Awaitable[Appointment]]


async def post_finish(request: ApiRequest[FinishCallMessage]) -> JsonObject:
    message = request.message
    appointment = await finish_call(
        request.runtime,
        request.staff,
        request.path_params["id"],
        outcome=message.outcome,
        note=message.note,
    )
    return await _calls_json(request, appointment)


def _call_endpoint(action: CallAction) -> Callable[[ApiRequest[None]], Awaitable[JsonObject]]:
    """Build the endpoint of an action without a body."""

    async def post_action(request: ApiRequest[None]) -> JsonObject:
        appointment = await action(request.runtime, request.staff, request.path_params["id"])
        return await _calls_json(request, appointment)

    return post_action


async def post_phone(request: ApiRequest[NumberToCallMessage]) -> Appointment:
    message, token = request.message, request.path_params["token"]
    runtime = request.runtime
    async with runtime.read_session() as session:
        known = await appointment_by_token(session, token)
    check_number_of_channels(known, message.phone, requests.offered_channels(request))
    return await change_phone_number(runtime, token, message.phone)


async def _calls_json(request: ApiRequest[Any], appointment: Appointment) -> JsonObject:
    async with request.runtime.read_session() as session:
        status = await phone_appointment_status(session, appointment)
        office = await office_by_id(session, appointment.office_id)
    return {
        "appointment": appointment.id,
        "state": str(appointment.state),
        "attempts": status.attempts,
        "may_give_up": status.may_give_up,
        "calls": [call_json(call, office) for call in status.calls],
    }


def call_json(call: PhoneCall, office: Office) -> JsonObject:
    """Serialise a call for staff."""
    return {
        "id": call.id,
        "agent": call.agent_id,
        "called_at": format_rfc3339(call.called_at, office.timezone),
        "ended_at": format_optional_rfc3339(call.ended_at, office.timezone),
        "result": call.result,
    }


def _call_route(
    call: str,
    endpoint: Callable[[ApiRequest[M]], Awaitable[JsonObject]],
    summary: str,
    *codes: str,
    body: type[M] | None = None,
    example: JsonObject | None = None,
) -> ApiRoute:
    """Build the route of an action on the call of an appointment."""
    return ApiRoute(
        f"POST /staff/appointments/{{id}}/call{call}",
        endpoint,
        summary,
        ApiAccess.AGENT,
        response_schemas.PhoneCalls,
        body=body,
        errors={409: ("not_by_phone", *codes)},
        example=example,
    )


_LASTING = ("no_call_under_way", "call_of_colleague")
routes = [
    _call_route(
        "",
        _call_endpoint(start_call),
        "Begin the call of an appointment by telephone, at most ten minutes before its time",
        "too_early_to_call",
        "call_under_way",
        "illegal_transition",
        "evacuating",
    ),
    _call_route(
        "/finish",
        post_finish,
        "End the call: the citizen was attended",
        *_LASTING,
        body=FinishCallMessage,
        example={"outcome": "resolved", "note": "Sends the form by post."},
    ),
    _call_route(
        "/no-answer",
        _call_endpoint(report_no_answer),
        "End the call without an answer; the citizen is told that the office called",
        *_LASTING,
    ),
    _call_route(
        "/withdraw", _call_endpoint(withdraw_call), "Take back a call that was begun by mistake", *_LASTING
    ),
    _call_route(
        "/no-show",
        _call_endpoint(report_not_reached),
        "Note that the citizen was not reached, after two attempts with five minutes between",
        "call_again_first",
        "call_under_way",
        "illegal_transition",
    ),
    citizen_route(
        "phone",
        post_phone,
        "Change the number of an appointment by telephone, until the call begins",
        "not_by_phone",
        "call_has_begun",
        body=NumberToCallMessage,
        example={"phone": "600000001"},
        can_lack_service=True,
    ),
]
