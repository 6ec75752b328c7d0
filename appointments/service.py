"""The door to appointments for every other folder. Each use case stands in the file of its subject."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.db.timers import TimerHandler
from .address import address_of
from .agenda import (
    also_given,
    change_limit,
    free_time,
    free_times,
    interpreter_notice,
    length_of,
    more_services_of,
    nearest_times,
    next_release,
    rules_of,
)
from .appointment import (
    ENTRY_OPENS,
    MOST_MOVES,
    Appointment,
    AppointmentState,
    BookingRequest,
    Entry,
    Mode,
    entry,
    entry_closes_at,
    entry_opens_at,
    is_changeable,
)
from .asker import INSIDE, Asker, Limits
from .asking import asker_of
from .backfill import DUE_TIMER, come_in, fill
from .backfill import on_booked as watch_booked
from .backfill import on_rescheduled as watch_rescheduled
from .booking import (
    FORGET,
    book,
    book_inside,
    booked_with,
    enter,
    may_book_inside,
    own_duplicate,
    request_key_of,
)
from .changing import cancel, reschedule
from .closed_days import on_closed_days, outside_hours
from .closed_span import ClosedSpan
from .contact import contacts_of
from .earlier import (
    Earlier,
    accept_earlier,
    earlier_of,
    earlier_offer,
    refuse_earlier,
    stop_wanting,
    want_earlier,
)
from .events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled, AskLastTest, LastTest
from .finding import (
    appointment_by_id,
    appointment_by_locator,
    appointment_by_token,
    appointments_of_day,
    appointments_to_come,
    attendance,
    find,
    token_of,
)
from .firsts import Alternative, Sought, alternatives, first_free, first_free_each
from .forgetting import forget_offers, forget_people
from .freed import PLACE_TIMER, go_on
from .hold import HOLD, Hold, Purpose
from .holding import hold, hold_by_token, hold_of, hold_token, holder_of
from .messages import SpanMessage, span_of
from .offer import Offer, OfferState, Part, Wish
from .rebooking import Way, rebook, ways_to_rebook
from .reminding import keep_reminding, timers_of
from .reopening import closed_to_come, open_again
from .rules import HORIZON_DAYS, BookingRules
from .running_late import LateWatch, tell_late, watch_lateness
from .slots import Slot
from .verifying import correct_email, forget, is_mailbox_link, lapse, send_again, verify, verify_mailbox
from .visit_services import present_service, services_of
from .visiting import check_in, mark_no_show, mark_served, undo_check_in
from .waiting import (
    END_TIMER,
    WaitingRequest,
    accept_waiting,
    confirm_waiting,
    expire,
    join,
    on_booked,
    refuse_waiting,
    stop_waiting,
    waiting_by_token,
    waiting_offer,
    waiting_token,
)
from .waiting_entry import Waiting, WaitingState
from .waiting_look import LOOK_TIMER, look
from .withdrawing import Span, cancel_by_office, cancel_span, to_cancel
from .writing import LAPSE, is_secret

TIMERS: Mapping[str, TimerHandler] = {
    PLACE_TIMER: go_on,
    END_TIMER: expire,
    LOOK_TIMER: look,
    DUE_TIMER: fill,
    LAPSE: lapse,
    FORGET: forget,
}

__all__ = [
    "ENTRY_OPENS",
    "HOLD",
    "HORIZON_DAYS",
    "INSIDE",
    "MOST_MOVES",
    "TIMERS",
    "Alternative",
    "Appointment",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentRescheduled",
    "AppointmentState",
    "AskLastTest",
    "Asker",
    "BookingRequest",
    "BookingRules",
    "ClosedSpan",
    "Earlier",
    "Entry",
    "Hold",
    "LastTest",
    "LateWatch",
    "Limits",
    "Mode",
    "Offer",
    "OfferState",
    "Part",
    "Purpose",
    "Slot",
    "Sought",
    "Span",
    "SpanMessage",
    "Waiting",
    "WaitingRequest",
    "WaitingState",
    "Way",
    "Wish",
    "accept_earlier",
    "accept_waiting",
    "address_of",
    "also_given",
    "alternatives",
    "appointment_by_id",
    "appointment_by_locator",
    "appointment_by_token",
    "appointments_of_day",
    "appointments_to_come",
    "asker_of",
    "attendance",
    "book",
    "book_inside",
    "booked_with",
    "cancel",
    "cancel_by_office",
    "cancel_span",
    "change_limit",
    "check_in",
    "closed_to_come",
    "come_in",
    "confirm_waiting",
    "contacts_of",
    "correct_email",
    "earlier_of",
    "earlier_offer",
    "enter",
    "entry",
    "entry_closes_at",
    "entry_opens_at",
    "find",
    "first_free",
    "first_free_each",
    "forget_offers",
    "forget_people",
    "free_time",
    "free_times",
    "hold",
    "hold_by_token",
    "hold_of",
    "hold_token",
    "holder_of",
    "interpreter_notice",
    "is_changeable",
    "is_mailbox_link",
    "is_secret",
    "join",
    "keep_reminding",
    "length_of",
    "mark_no_show",
    "mark_served",
    "may_book_inside",
    "more_services_of",
    "nearest_times",
    "next_release",
    "on_booked",
    "on_closed_days",
    "open_again",
    "outside_hours",
    "own_duplicate",
    "present_service",
    "rebook",
    "refuse_earlier",
    "refuse_waiting",
    "request_key_of",
    "reschedule",
    "rules_of",
    "send_again",
    "services_of",
    "span_of",
    "stop_waiting",
    "stop_wanting",
    "tell_late",
    "timers_of",
    "to_cancel",
    "token_of",
    "undo_check_in",
    "verify",
    "verify_mailbox",
    "waiting_by_token",
    "waiting_offer",
    "waiting_token",
    "want_earlier",
    "watch_booked",
    "watch_lateness",
    "watch_rescheduled",
    "ways_to_rebook",
]
