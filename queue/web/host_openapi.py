"""The hosts' calls, as the API's document says them: one entry for each route of `host_api.py`."""

from __future__ import annotations

from pydantic import BaseModel

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse
from .host_schemas import GiveMessage, OrderMessage, PauseMessage, PriorityMessage, StopMessage
from .response_schemas import Ticket


class OfficeSwitched(ApiResponse):
    """Whether an office's calls are stopped, and what its phones and screens say of it."""

    office: str
    paused: bool
    pause_message: str | None


class LineSwitched(ApiResponse):
    """Whether a line gives turns without an appointment, and why not."""

    id: str
    slug: str
    name: str
    stopped: bool
    stop_reason: str | None


def _ticket_operation(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> ApiOperation:
    refused = {409: ("ticket_moved", *codes)}
    return ApiOperation(summary, ApiAccess.HOST, {200: Ticket}, request_body=takes, error_codes=refused)


def _line_operation(summary: str) -> ApiOperation:
    return ApiOperation(summary, ApiAccess.HOST, {200: LineSwitched}, request_body=StopMessage)


def _office_operation(summary: str) -> ApiOperation:
    return ApiOperation(summary, ApiAccess.HOST, {200: OfficeSwitched}, request_body=PauseMessage)


HOST_REFUSAL_CODES = (
    "closed",
    "paused",
    "walk_ins_stopped",
    "quota_reached",
    "no_capacity",
    "appointment_only",
    "already_waiting",
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_elsewhere",
    "appointment_over",
    "not_confirmed",
)

OPERATIONS: ApiOperations = {
    "POST /staff/offices/{office}/tickets": ApiOperation(
        "Give a turn to whoever stands at the entrance; with `override` in spite of the rules",
        ApiAccess.HOST,
        {201: Ticket, 200: Ticket},
        request_body=GiveMessage,
        error_codes={409: HOST_REFUSAL_CODES},
    ),
    "POST /staff/appointments/{id}/check-in": ApiOperation(
        "The person of an appointment is here; 200 with the turn that there was",
        ApiAccess.HOST,
        {201: Ticket, 200: Ticket},
        error_codes={409: ("appointment_over", "appointment_is_video", "not_confirmed")},
    ),
    "POST /staff/tickets/{id}/priority": _ticket_operation(
        "Confirm preferential attention, or say that it does not apply",
        "illegal_transition",
        takes=PriorityMessage,
    ),
    "POST /staff/tickets/{id}/order": _ticket_operation(
        "Put somebody before the others", "illegal_transition", takes=OrderMessage
    ),
    "POST /staff/tickets/{id}/helped": _ticket_operation("Whoever asked for help is being looked after"),
    "POST /staff/tickets/{id}/leave": _ticket_operation("Give somebody's turn up for them", "illegal_transition"),
    "POST /staff/lines/{id}/stop": _line_operation("Give no more turns without an appointment in a line"),
    "POST /staff/lines/{id}/open": _line_operation("Give turns without an appointment in a line again"),
    "POST /staff/offices/{office}/pause": _office_operation("Stop all calls, and tell every phone and screen"),
    "POST /staff/offices/{office}/resume": _office_operation("Go on after a pause"),
}
