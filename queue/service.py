"""The door to the queue for every other folder: one function per use case."""

from __future__ import annotations

from .actions.agent import (
    call_next,
    finish_service,
    hold_ticket,
    put_back_ticket,
    recall_ticket,
    record_no_show,
    start_service,
)
from .actions.citizen import (
    ask_for_help,
    describe_ticket,
    describe_ticket_by_id,
    leave_line,
    leave_on_cancellation,
    leave_on_reschedule,
    postpone_call,
    rejoin_line,
    ticket_by_token,
)
from .actions.desks import close_desk, desk_id_for_agent, desk_object, open_desk
from .actions.host import clear_help_request, leave_line_for_citizen, put_ticket_first, set_priority
from .actions.notification_subscriptions import delete_old_contacts
from .actions.paper_slip import TicketSlip, load_ticket_slip
from .actions.pause import pause_office, reopen_walk_ins, resume_office, stop_walk_ins
from .actions.receiving import check_in_appointment, give_ticket
from .actions.recover_ticket import send_recovery_link
from .actions.standby import join_standby
from .actions.take_ticket import take_ticket
from .actions.ticket_request import AppointmentById, AppointmentByLocator, IssuedTicket, TicketRequest
from .actions.timers import TIMERS
from .actions.transfer import transfer_ticket
from .actions.upcoming_call_notifications import expected_call_times, run_upcoming_call_notifier
from .domain.line import CallReason
from .domain.ticket import Ticket, TicketKind, TicketPriority, TicketState
from .queries.cached_office_state import line_listeners
from .queries.office_state import LineWait, line_waits, staff_board
from .queries.statistics_report import measure_period
from .queries.ticket_search import find_tickets, token_in_link
from .web import response_schemas

__all__ = [
    "TIMERS",
    "AppointmentById",
    "AppointmentByLocator",
    "CallReason",
    "IssuedTicket",
    "LineWait",
    "Ticket",
    "TicketKind",
    "TicketPriority",
    "TicketRequest",
    "TicketSlip",
    "TicketState",
    "ask_for_help",
    "call_next",
    "check_in_appointment",
    "clear_help_request",
    "close_desk",
    "delete_old_contacts",
    "describe_ticket",
    "describe_ticket_by_id",
    "desk_id_for_agent",
    "desk_object",
    "expected_call_times",
    "find_tickets",
    "finish_service",
    "give_ticket",
    "hold_ticket",
    "join_standby",
    "leave_line",
    "leave_line_for_citizen",
    "leave_on_cancellation",
    "leave_on_reschedule",
    "line_listeners",
    "line_waits",
    "load_ticket_slip",
    "measure_period",
    "open_desk",
    "pause_office",
    "postpone_call",
    "put_back_ticket",
    "put_ticket_first",
    "recall_ticket",
    "record_no_show",
    "rejoin_line",
    "reopen_walk_ins",
    "response_schemas",
    "resume_office",
    "run_upcoming_call_notifier",
    "send_recovery_link",
    "set_priority",
    "staff_board",
    "start_service",
    "stop_walk_ins",
    "take_ticket",
    "ticket_by_token",
    "token_in_link",
    "transfer_ticket",
]
