"""The queue's calls, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from pydantic import BaseModel

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import Access, Answered, Operation, Operations, Text
from .host_openapi import OPERATIONS as OF_HOSTS
from .response_schemas import Desk, Statistics, Ticket
from .schemas import (
    FinishMessage,
    HoldMessage,
    PhoneMessage,
    RecoverMessage,
    StandbyMessage,
    TicketMessage,
    TransferMessage,
)
from .statistics_api import StatisticsQuery


class Sent(Answered):
    """Nothing is said of what there is."""


CHANGED = ("illegal_transition", "ticket_moved")  # it is in another state than was thought, or in another line
NO_TICKET = ("closed", "paused", "walk_ins_stopped", "quota_reached", "no_capacity", "appointment_only")
NOT_WITH_APPOINTMENT = (
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_elsewhere",
    "appointment_over",
    "service_gone",
    "not_confirmed",
)


def _own(summary: str, *codes: str) -> Operation:
    """What somebody does with their own ticket."""
    return Operation(summary, Access.TOKEN, {200: Ticket}, refuses={409: (*CHANGED, *codes)})


def _at_desk(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> Operation:
    """What an agent does with a ticket."""
    refused = {403: ("not_your_desk",), 409: (*CHANGED, *codes)}
    return Operation(summary, Access.AGENT, {200: Ticket}, takes=takes, refuses=refused)


OPERATIONS: Operations = {
    "GET /stats/offices/{office}": Operation(
        "What became of an office's visits, in figures; line by line and service by service for its managers",
        Access.PUBLIC,
        {200: (Statistics, Text("text/csv"))},
        query=StatisticsQuery,
    ),
    "POST /offices/{office}/tickets": Operation(
        "Take a turn, with an appointment or without",
        Access.PUBLIC,
        {201: Ticket},
        takes=TicketMessage,
        refuses={409: (*NO_TICKET, *NOT_WITH_APPOINTMENT, "already_waiting")},
    ),
    "POST /offices/{office}/standby": Operation(
        "Wait for room where there is none: a ticket in `standby`",
        Access.PUBLIC,
        {201: Ticket},
        takes=StandbyMessage,
        refuses={409: ("closed", "paused", "appointment_only", "already_waiting")},
    ),
    "POST /tickets/recover": Operation(
        "Send the link of a turn to the contact that it was taken with; 202 whether there is one or not",
        Access.PUBLIC,
        {202: Sent},
        takes=RecoverMessage,
    ),
    "GET /tickets/{token}": Operation("One's own turn", Access.TOKEN, {200: Ticket}),
    "POST /tickets/{token}/leave": _own("Leave the line"),
    "POST /tickets/{token}/postpone": _own("Ask for ten more minutes, once", "postpone_used"),
    "POST /tickets/{token}/rejoin": _own("Come back after a missed call", "rejoin_used", "rejoin_too_late"),
    "POST /tickets/{token}/help": _own("Ask the host for help"),
    "POST /tickets/{token}/push": Operation(
        "Be told of the turn by this browser when its page is closed",
        Access.TOKEN,
        {200: Ticket},
        takes=SubscriptionMessage,
        refuses={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/push/end": Operation(
        "Be told no more by this browser", Access.TOKEN, {200: Ticket}, takes=EndpointMessage
    ),
    "POST /tickets/{token}/sms": Operation(
        "Be told of the turn by SMS, to this number of one's own",
        Access.TOKEN,
        {200: Ticket},
        takes=PhoneMessage,
        refuses={409: ("ticket_over",), 503: ("unavailable",)},
    ),
    "POST /tickets/{token}/sms/end": Operation("Be told no more by SMS", Access.TOKEN, {200: Ticket}),
    "POST /desks/{desk}/open": Operation(
        "Sit down at a desk", Access.AGENT, {200: Desk}, refuses={409: ("desk_taken", "desk_busy")}
    ),
    "POST /desks/{desk}/close": Operation(
        "Leave a desk", Access.AGENT, {200: Desk}, refuses={403: ("not_your_desk",), 409: ("desk_busy",)}
    ),
    "POST /desks/{desk}/call-next": Operation(
        "Call whoever is next; 204 when nobody may be called",
        Access.AGENT,
        {200: Ticket, 204: None},
        refuses={403: ("not_your_desk",), 409: ("desk_busy", "paused")},
    ),
    "POST /staff/tickets/{id}/recall": _at_desk("Call again whoever was called"),
    "POST /staff/tickets/{id}/start": _at_desk(
        "Begin to serve whoever was called, or who is on hold", "desk_busy"
    ),
    "POST /staff/tickets/{id}/put-back": _at_desk("Put whoever was called back into the line"),
    "POST /staff/tickets/{id}/no-show": _at_desk("Whoever was called did not come"),
    "POST /staff/tickets/{id}/hold": _at_desk("Keep somebody waiting for this desk", takes=HoldMessage),
    "POST /staff/tickets/{id}/transfer": _at_desk(
        "Send whoever is being served to another service or desk",
        "service_not_here",
        "desk_not_for_service",
        "desk_not_open",
        takes=TransferMessage,
    ),
    "POST /staff/tickets/{id}/finish": _at_desk("The visit is over", takes=FinishMessage),
    **OF_HOSTS,
}
