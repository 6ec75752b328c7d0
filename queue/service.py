"""The door to the queue for every other folder: one function per use case."""

from __future__ import annotations

from . import answers
from .calling import call_next, finish, hold, no_show, put_back, recall, start
from .desks import close_desk, desk_object, desk_of, open_desk
from .following import forget_people
from .foretelling import expected_calls, foretell
from .halting import open_line, pause, resume, stop_line
from .holding import (
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
from .hosting import give_up, help_given, place, set_priority
from .line import Why
from .measuring import measure
from .reading import LineWait, board, waits
from .receiving import check_in_appointment, give_ticket
from .recovering import recover
from .remembered import heard_lines
from .searching import find_tickets, token_in
from .slips import Slip, slip
from .standby import join_standby
from .taking import take_ticket
from .ticket import Kind, Priority, State, Ticket
from .ticket_request import ById, ByLocator, IssuedTicket, TicketRequest
from .timing import TIMERS
from .transferring import transfer

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
    "answers",
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
