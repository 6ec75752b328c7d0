"""The public API of the queue: what other features import. No code of its own."""

from __future__ import annotations

from .actions.agent import call_next, finish_service, start_service
from .actions.citizen import ask_for_help, leave_line, leave_on_cancellation, leave_on_reschedule
from .actions.desks import close_desk, desk_id_for_agent, note_agent_call, open_desk
from .actions.host import check_in_appointment
from .actions.line_transaction import announce_office_change
from .actions.notification_subscriptions import delete_old_contacts, save_linked_chat
from .actions.requester_checks import rekey_active_tickets
from .actions.take_ticket import take_ticket
from .actions.ticket_request import TicketRequest
from .actions.timers import TIMERS
from .actions.upcoming_call_notifications import expected_call_times, run_upcoming_call_notifier
from .domain.admission import AdmissionRefusal
from .domain.display_screen import MAX_SCREEN_NAME, MAX_SCREENS, DisplayScreen, screen_key
from .domain.line_settings import LineSettings
from .domain.ticket import TicketPriority, TicketState
from .events import EvacuationCommitted, EvacuationEnded, OfficeEvacuated
from .queries.attention import agents_at_desks, lines_by_agent, tickets_needing_attention
from .queries.cached_office_state import line_listeners
from .queries.desk_times import DeskTimes, SpentTime, measure_desk_times
from .queries.evacuations import evacuation_start, phones_to_tell
from .queries.office_state import LineWait
from .queries.office_use import lines_with_open_tickets, open_desk_names
from .queries.offices_now import load_offices_now
from .queries.recorded_demand import RECENT, recorded_days
from .queries.staff_board import LoadedStaffBoard, load_staff_board
from .queries.ticket_lookup import load_ticket_slip
from .queries.ticket_search import MAX_SEARCH_RESULTS, find_tickets, token_in_link
from .queries.visit_report import first_visit_day, visit_facts_of_day, visits_in_period
from .queries.walk_in_admission import line_waits, walk_in_refusals
from .queries.what_if.what_if_plan import (
    MAX_ARRIVALS,
    MAX_MORE_DESKS,
    TYPED,
    PlannedWhatIf,
    WhatIfQuestion,
    usual_hours,
)
from .queries.what_if.what_if_runs import WhatIfAnswer, answer_what_if, kept_answer
from .realtime.desk_texts import activity_detail, activity_text
from .realtime.display_sockets import run_display_resync
from .realtime.screen_presence import run_screen_presence
from .realtime.ticket_sockets import TicketSubscribers
from .simulation.recorded_desks import AWAY_AFTER, UNRECORDED_GAP
from .simulation.what_if import HourComparison, HourRange, WhatIfResult
from .storage.contact_rows import people_of_tickets, ticket_contacts
from .storage.queue_event_rows import (
    OfficeEvent,
    TicketEvent,
    office_events_in_window,
    ticket_codes,
    ticket_events_in_window,
)
from .storage.screen_rows import delete_screen, insert_screen, load_screens, screen_by_id, update_screen_name
from .web import response_schemas
from .web.audit_texts import AUDIT_SENTENCES, CITIZEN_SENTENCES

__all__ = [
    "AUDIT_SENTENCES",
    "AWAY_AFTER",
    "CITIZEN_SENTENCES",
    "MAX_ARRIVALS",
    "MAX_MORE_DESKS",
    "MAX_SCREENS",
    "MAX_SCREEN_NAME",
    "MAX_SEARCH_RESULTS",
    "RECENT",
    "TIMERS",
    "TYPED",
    "UNRECORDED_GAP",
    "AdmissionRefusal",
    "DeskTimes",
    "DisplayScreen",
    "EvacuationCommitted",
    "EvacuationEnded",
    "HourComparison",
    "HourRange",
    "LineSettings",
    "LineWait",
    "LoadedStaffBoard",
    "OfficeEvacuated",
    "OfficeEvent",
    "PlannedWhatIf",
    "SpentTime",
    "TicketEvent",
    "TicketPriority",
    "TicketRequest",
    "TicketState",
    "TicketSubscribers",
    "WhatIfAnswer",
    "WhatIfQuestion",
    "WhatIfResult",
    "activity_detail",
    "activity_text",
    "agents_at_desks",
    "announce_office_change",
    "answer_what_if",
    "ask_for_help",
    "call_next",
    "check_in_appointment",
    "close_desk",
    "delete_old_contacts",
    "delete_screen",
    "desk_id_for_agent",
    "evacuation_start",
    "expected_call_times",
    "find_tickets",
    "finish_service",
    "first_visit_day",
    "insert_screen",
    "kept_answer",
    "leave_line",
    "leave_on_cancellation",
    "leave_on_reschedule",
    "line_listeners",
    "line_waits",
    "lines_by_agent",
    "lines_with_open_tickets",
    "load_offices_now",
    "load_screens",
    "load_staff_board",
    "load_ticket_slip",
    "measure_desk_times",
    "note_agent_call",
    "office_events_in_window",
    "open_desk",
    "open_desk_names",
    "people_of_tickets",
    "phones_to_tell",
    "recorded_days",
    "rekey_active_tickets",
    "response_schemas",
    "run_display_resync",
    "run_screen_presence",
    "run_upcoming_call_notifier",
    "save_linked_chat",
    "screen_by_id",
    "screen_key",
    "start_service",
    "take_ticket",
    "ticket_codes",
    "ticket_contacts",
    "ticket_events_in_window",
    "tickets_needing_attention",
    "token_in_link",
    "update_screen_name",
    "usual_hours",
    "visit_facts_of_day",
    "visits_in_period",
    "walk_in_refusals",
]
