"""Entries of the OpenAPI document for the routes of the queue."""

from __future__ import annotations

from pydantic import BaseModel

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse
from .response_schemas import Desk, Ticket
from .schemas import (
    DeskPauseMessage,
    FinishMessage,
    GiveMessage,
    HoldTicketMessage,
    OrderMessage,
    PauseMessage,
    PhoneMessage,
    PriorityMessage,
    RecoverMessage,
    ResumeMessage,
    StandbyMessage,
    StopMessage,
    TicketMessage,
    TransferMessage,
)


class Sent(ApiResponse):
    """An empty answer, whether or not such a ticket exists."""


class OfficeSwitched(ApiResponse):
    """Whether the calls of an office are stopped, and the message on its phones and displays."""

    office: str
    paused: bool
    evacuation: bool
    pause_message: str | None


class LineSwitched(ApiResponse):
    """Whether a line gives tickets without an appointment, and the reason if not."""

    id: str
    slug: str
    name: str
    stopped: bool
    stop_reason: str | None


# The ticket has another state than the caller expected, or is in another line.
TICKET_CHANGED_CODES = ("illegal_transition", "ticket_moved")
WALK_IN_REFUSAL_CODES = (
    "closed",
    "paused",
    "walk_ins_stopped",
    "quota_reached",
    "no_capacity",
    "appointment_only",
)
PERSON_REFUSAL_CODES = ("already_waiting", "too_many_turns", "proof_required")
APPOINTMENT_REFUSAL_CODES = (
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_is_phone",
    "appointment_elsewhere",
    "appointment_over",
    "service_gone",
    "not_confirmed",
)
HOST_REFUSAL_CODES = (
    *WALK_IN_REFUSAL_CODES,
    "already_waiting",
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_is_phone",
    "appointment_elsewhere",
    "appointment_over",
    "not_confirmed",
)


def _citizen_operation(summary: str, *codes: str) -> ApiOperation:
    """Describe an action of a citizen on their own ticket."""
    return ApiOperation(
        summary, ApiAccess.TOKEN, {200: Ticket}, error_codes={409: (*TICKET_CHANGED_CODES, *codes)}
    )


def _agent_operation(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> ApiOperation:
    """Describe an action of an agent on a ticket."""
    refused = {403: ("not_your_desk",), 409: (*TICKET_CHANGED_CODES, *codes)}
    return ApiOperation(summary, ApiAccess.AGENT, {200: Ticket}, request_body=takes, error_codes=refused)


def _host_operation(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> ApiOperation:
    refused = {409: ("ticket_moved", *codes)}
    return ApiOperation(summary, ApiAccess.HOST, {200: Ticket}, request_body=takes, error_codes=refused)


def _line_operation(summary: str) -> ApiOperation:
    return ApiOperation(summary, ApiAccess.HOST, {200: LineSwitched}, request_body=StopMessage)


def _office_operation(summary: str, takes: type[ResumeMessage], *codes: str) -> ApiOperation:
    error_codes = {409: codes} if codes else {}
    return ApiOperation(
        summary, ApiAccess.HOST, {200: OfficeSwitched}, request_body=takes, error_codes=error_codes
    )


OPERATIONS: ApiOperations = {
    "POST /offices/{office}/tickets": ApiOperation(
        "Take a turn, with an appointment or without",
        ApiAccess.PUBLIC,
        {201: Ticket},
        request_body=TicketMessage,
        error_codes={409: (*WALK_IN_REFUSAL_CODES, *APPOINTMENT_REFUSAL_CODES, *PERSON_REFUSAL_CODES)},
    ),
    "POST /offices/{office}/standby": ApiOperation(
        "Wait for room where there is none: a ticket in `standby`",
        ApiAccess.PUBLIC,
        {201: Ticket},
        request_body=StandbyMessage,
        error_codes={409: ("closed", "paused", "appointment_only", *PERSON_REFUSAL_CODES)},
    ),
    "POST /tickets/recover": ApiOperation(
        "Send the link of a turn to the contact that it was taken with; 202 whether there is one or not",
        ApiAccess.PUBLIC,
        {202: Sent},
        request_body=RecoverMessage,
    ),
    "GET /tickets/{token}": ApiOperation("One's own turn", ApiAccess.TOKEN, {200: Ticket}),
    "POST /tickets/{token}/leave": _citizen_operation("Leave the line"),
    "POST /tickets/{token}/postpone": _citizen_operation("Ask for ten more minutes, once", "postpone_used"),
    "POST /tickets/{token}/rejoin": _citizen_operation(
        "Come back after a missed call", "rejoin_used", "rejoin_too_late"
    ),
    "POST /tickets/{token}/help": _citizen_operation("Ask the host for help"),
    "POST /tickets/{token}/push": ApiOperation(
        "Send notifications of the ticket to this browser",
        ApiAccess.TOKEN,
        {200: Ticket},
        request_body=SubscriptionMessage,
        error_codes={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/push/end": ApiOperation(
        "End the notifications to this browser", ApiAccess.TOKEN, {200: Ticket}, request_body=EndpointMessage
    ),
    "POST /tickets/{token}/sms": ApiOperation(
        "Send notifications of the ticket by SMS to this number",
        ApiAccess.TOKEN,
        {200: Ticket},
        request_body=PhoneMessage,
        error_codes={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/sms/end": ApiOperation("End the notifications by SMS", ApiAccess.TOKEN, {200: Ticket}),
    "POST /desks/{desk}/open": ApiOperation(
        "Sit down at a desk", ApiAccess.AGENT, {200: Desk}, error_codes={409: ("desk_taken", "desk_busy")}
    ),
    "POST /desks/{desk}/close": ApiOperation(
        "Leave a desk", ApiAccess.AGENT, {200: Desk}, error_codes={403: ("not_your_desk",), 409: ("desk_busy",)}
    ),
    "POST /desks/{desk}/pause": ApiOperation(
        "Pause the agent's own desk, with a reason and until when",
        ApiAccess.AGENT,
        {200: Desk},
        request_body=DeskPauseMessage,
        error_codes={403: ("not_your_desk",)},
    ),
    "POST /desks/{desk}/resume": ApiOperation(
        "End the pause of a desk; a host, of any desk",
        ApiAccess.AGENT,
        {200: Desk},
        error_codes={403: ("not_your_desk",)},
    ),
    "POST /desks/{desk}/call-next": ApiOperation(
        "Call the next ticket; 204 when no ticket may be called",
        ApiAccess.AGENT,
        {200: Ticket, 204: None},
        error_codes={403: ("not_your_desk",), 409: ("desk_busy", "paused")},
    ),
    "POST /staff/tickets/{id}/recall": _agent_operation("Repeat the call of a ticket"),
    "POST /staff/tickets/{id}/start": _agent_operation(
        "Start to serve the person who was called, or who is on hold", "desk_busy", "desk_not_for_service"
    ),
    "POST /staff/tickets/{id}/put-back": _agent_operation("Put a called ticket back into the line"),
    "POST /staff/tickets/{id}/no-show": _agent_operation(
        "Record that the person who was called did not come: the ticket is missed"
    ),
    "POST /staff/tickets/{id}/undo-no-show": _agent_operation(
        "Call a missed ticket again, at the desk of the agent who called it",
        "desk_busy",
        "desk_not_for_service",
        "paused",
    ),
    "POST /staff/tickets/{id}/hold": _agent_operation(
        "Put a ticket on hold for this desk", takes=HoldTicketMessage
    ),
    "POST /staff/tickets/{id}/transfer": _agent_operation(
        "Transfer the person at the desk to another service or desk",
        "service_not_here",
        "desk_not_for_service",
        "desk_not_open",
        takes=TransferMessage,
    ),
    "POST /staff/tickets/{id}/finish": _agent_operation("Finish a visit", takes=FinishMessage),
    "POST /staff/offices/{office}/tickets": ApiOperation(
        "Give a ticket to a person at the entrance; `override` gives it against the rules",
        ApiAccess.HOST,
        {201: Ticket, 200: Ticket},
        request_body=GiveMessage,
        error_codes={409: HOST_REFUSAL_CODES},
    ),
    "POST /staff/appointments/{id}/check-in": ApiOperation(
        "Check in the person of an appointment; 200 with the ticket if it exists already",
        ApiAccess.HOST,
        {201: Ticket, 200: Ticket},
        error_codes={409: ("appointment_over", "appointment_is_video", "appointment_is_phone", "not_confirmed")},
    ),
    "POST /staff/tickets/{id}/priority": _host_operation(
        "Confirm preferential attention, or say that it does not apply",
        "illegal_transition",
        takes=PriorityMessage,
    ),
    "POST /staff/tickets/{id}/order": _host_operation(
        "Call a ticket before all others", "illegal_transition", takes=OrderMessage
    ),
    "POST /staff/tickets/{id}/helped": _host_operation("Record that a person who asked for help gets it"),
    "POST /staff/tickets/{id}/end-missed": _host_operation(
        "End a missed ticket, and its appointment, because the person did not come", "illegal_transition"
    ),
    "POST /staff/tickets/{id}/leave": _host_operation("Leave the line for a citizen", "illegal_transition"),
    "POST /staff/lines/{id}/stop": _line_operation("Stop tickets without an appointment in a line"),
    "POST /staff/lines/{id}/open": _line_operation("Allow tickets without an appointment in a line again"),
    "POST /staff/offices/{office}/pause": _office_operation(
        "Stop all calls, with a message on phones and displays", PauseMessage, "evacuating"
    ),
    "POST /staff/offices/{office}/resume": _office_operation("Resume calls after a pause", ResumeMessage),
}
