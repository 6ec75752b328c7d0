"""The queue's calls, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from pydantic import BaseModel

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, NonJsonBody
from .host_openapi import OPERATIONS as OF_HOSTS
from .response_schemas import Desk, Statistics, Ticket
from .schemas import (
    FinishMessage,
    HoldTicketMessage,
    PhoneMessage,
    RecoverMessage,
    StandbyMessage,
    TicketMessage,
    TransferMessage,
)
from .statistics_api import StatisticsQuery


class Sent(ApiResponse):
    """Nothing is said of what there is."""


TICKET_CHANGED_CODES = (
    "illegal_transition",
    "ticket_moved",
)  # it is in another state than was thought, or in another line
WALK_IN_REFUSAL_CODES = (
    "closed",
    "paused",
    "walk_ins_stopped",
    "quota_reached",
    "no_capacity",
    "appointment_only",
)
APPOINTMENT_REFUSAL_CODES = (
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_elsewhere",
    "appointment_over",
    "service_gone",
    "not_confirmed",
)


def _citizen_operation(summary: str, *codes: str) -> ApiOperation:
    """What somebody does with their own ticket."""
    return ApiOperation(
        summary, ApiAccess.TOKEN, {200: Ticket}, error_codes={409: (*TICKET_CHANGED_CODES, *codes)}
    )


def _agent_operation(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> ApiOperation:
    """What an agent does with a ticket."""
    refused = {403: ("not_your_desk",), 409: (*TICKET_CHANGED_CODES, *codes)}
    return ApiOperation(summary, ApiAccess.AGENT, {200: Ticket}, request_body=takes, error_codes=refused)


OPERATIONS: ApiOperations = {
    "GET /stats/offices/{office}": ApiOperation(
        "What became of an office's visits, in figures; line by line and service by service for its managers",
        ApiAccess.PUBLIC,
        {200: (Statistics, NonJsonBody("text/csv"))},
        query_model=StatisticsQuery,
    ),
    "POST /offices/{office}/tickets": ApiOperation(
        "Take a turn, with an appointment or without",
        ApiAccess.PUBLIC,
        {201: Ticket},
        request_body=TicketMessage,
        error_codes={409: (*WALK_IN_REFUSAL_CODES, *APPOINTMENT_REFUSAL_CODES, "already_waiting")},
    ),
    "POST /offices/{office}/standby": ApiOperation(
        "Wait for room where there is none: a ticket in `standby`",
        ApiAccess.PUBLIC,
        {201: Ticket},
        request_body=StandbyMessage,
        error_codes={409: ("closed", "paused", "appointment_only", "already_waiting")},
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
        "Be told of the turn by this browser when its page is closed",
        ApiAccess.TOKEN,
        {200: Ticket},
        request_body=SubscriptionMessage,
        error_codes={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/push/end": ApiOperation(
        "Be told no more by this browser", ApiAccess.TOKEN, {200: Ticket}, request_body=EndpointMessage
    ),
    "POST /tickets/{token}/sms": ApiOperation(
        "Be told of the turn by SMS, to this number of one's own",
        ApiAccess.TOKEN,
        {200: Ticket},
        request_body=PhoneMessage,
        error_codes={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/sms/end": ApiOperation("Be told no more by SMS", ApiAccess.TOKEN, {200: Ticket}),
    "POST /desks/{desk}/open": ApiOperation(
        "Sit down at a desk", ApiAccess.AGENT, {200: Desk}, error_codes={409: ("desk_taken", "desk_busy")}
    ),
    "POST /desks/{desk}/close": ApiOperation(
        "Leave a desk", ApiAccess.AGENT, {200: Desk}, error_codes={403: ("not_your_desk",), 409: ("desk_busy",)}
    ),
    "POST /desks/{desk}/call-next": ApiOperation(
        "Call whoever is next; 204 when nobody may be called",
        ApiAccess.AGENT,
        {200: Ticket, 204: None},
        error_codes={403: ("not_your_desk",), 409: ("desk_busy", "paused")},
    ),
    "POST /staff/tickets/{id}/recall": _agent_operation("Call again whoever was called"),
    "POST /staff/tickets/{id}/start": _agent_operation(
        "Begin to serve whoever was called, or who is on hold", "desk_busy"
    ),
    "POST /staff/tickets/{id}/put-back": _agent_operation("Put whoever was called back into the line"),
    "POST /staff/tickets/{id}/no-show": _agent_operation("Whoever was called did not come"),
    "POST /staff/tickets/{id}/hold": _agent_operation(
        "Keep somebody waiting for this desk", takes=HoldTicketMessage
    ),
    "POST /staff/tickets/{id}/transfer": _agent_operation(
        "Send whoever is being served to another service or desk",
        "service_not_here",
        "desk_not_for_service",
        "desk_not_open",
        takes=TransferMessage,
    ),
    "POST /staff/tickets/{id}/finish": _agent_operation("The visit is over", takes=FinishMessage),
    **OF_HOSTS,
}
