"""The door to the queue for every other folder: one function per use case."""

from __future__ import annotations

from .actions.agent import call_next, finish, hold, no_show, put_back, recall, start
from .actions.citizen import (
    ask_help,
    describe,
    describe_ticket,
    leave,
    on_appointment_cancelled,
    on_appointment_rescheduled,
    postpone,
    rejoin,
    ticket_by_token,
)
from .actions.desks import close_desk, desk_object, desk_of, open_desk
from .actions.host import give_up, help_given, place, set_priority
from .actions.notification_subscriptions import forget_people
from .actions.paper_slip import Slip, slip
from .actions.pause import open_line, pause, resume, stop_line
from .actions.receiving import check_in_appointment, give_ticket
from .actions.recover_ticket import recover
from .actions.standby import join_standby
from .actions.take_ticket import take_ticket
from .actions.ticket_request import ById, ByLocator, IssuedTicket, TicketRequest
from .actions.timers import TIMERS
from .actions.transfer import transfer
from .actions.upcoming_call_notifications import expected_calls, foretell
from .domain.line import Why
from .domain.ticket import Kind, Priority, State, Ticket
from .queries.cached_office_state import heard_lines
from .queries.office_state import LineWait, board, waits
from .queries.statistics_report import measure
from .queries.ticket_search import find_tickets, token_in
from .web import response_schemas

__all__ = [
    "TIMERS",
    "ById",
    "ByLocator",
    "IssuedTicket",
    "Kind",
    "LineWait",
    "Priority",
    "Slip",
    "State",
    "Ticket",
    "TicketRequest",
    "Why",
    "ask_help",
    "board",
    "call_next",
    "check_in_appointment",
    "close_desk",
    "describe",
    "describe_ticket",
    "desk_object",
    "desk_of",
    "expected_calls",
    "find_tickets",
    "finish",
    "foretell",
    "forget_people",
    "give_ticket",
    "give_up",
    "heard_lines",
    "help_given",
    "hold",
    "join_standby",
    "leave",
    "measure",
    "no_show",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "open_desk",
    "open_line",
    "pause",
    "place",
    "postpone",
    "put_back",
    "recall",
    "recover",
    "rejoin",
    "response_schemas",
    "resume",
    "set_priority",
    "slip",
    "start",
    "stop_line",
    "take_ticket",
    "ticket_by_token",
    "token_in",
    "transfer",
    "waits",
]
