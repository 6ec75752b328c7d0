"""The door to appointments for every other folder. Each use case stands in the file of its subject."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.db.timers import TimerHandler
from .actions.attendance import check_in, mark_no_show, mark_served, undo_check_in
from .actions.book import (
    FORGET,
    book,
    book_inside,
    booked_with,
    enter,
    may_book_inside,
    own_duplicate,
    request_key_of,
)
from .actions.cancel_and_reschedule import cancel, reschedule
from .actions.data_retention import forget_offers, forget_people
from .actions.earlier_slot import (
    Earlier,
    accept_earlier,
    earlier_of,
    earlier_offer,
    refuse_earlier,
    stop_wanting,
    want_earlier,
)
from .actions.early_video_start import DUE_TIMER, come_in, fill
from .actions.early_video_start import on_booked as watch_booked
from .actions.early_video_start import on_rescheduled as watch_rescheduled
from .actions.freed_slots import PLACE_TIMER, go_on
from .actions.hold_slot import hold, hold_by_token, hold_of, hold_token, holder_of
from .actions.office_cancellation import Span, cancel_by_office, cancel_span, to_cancel
from .actions.rebook import Way, rebook, ways_to_rebook
from .actions.reopening import closed_to_come, open_again
from .actions.verification_emails import LAPSE, is_secret
from .actions.verify_email import correct_email, forget, is_mailbox_link, lapse, send_again, verify, verify_mailbox
from .actions.waitlist import (
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
from .actions.waitlist_scan import LOOK_TIMER, look
from .domain.agenda_settings import HORIZON_DAYS, BookingRules
from .domain.appointment import (
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
from .domain.booking_url import address_of
from .domain.closed_period import ClosedSpan
from .domain.contact_identifiers import contacts_of
from .domain.hold import HOLD, Hold, Purpose
from .domain.offer import Offer, OfferState, Part, Wish
from .domain.requester import INSIDE, Asker, Limits
from .domain.slots import Slot
from .domain.waitlist_entry import Waiting, WaitingState
from .events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled, AskLastTest, LastTest
from .notify.delays import LateWatch, tell_late, watch_lateness
from .notify.reminders import keep_reminding, timers_of
from .queries.availability import (
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
from .queries.first_available import Alternative, Sought, alternatives, first_free, first_free_each
from .queries.lookup import (
    appointment_by_id,
    appointment_by_locator,
    appointment_by_token,
    appointments_of_day,
    appointments_to_come,
    attendance,
    find,
    token_of,
)
from .queries.outside_opening_hours import on_closed_days, outside_hours
from .queries.visit_services import present_service, services_of
from .web.requester import asker_of
from .web.schemas import SpanMessage, span_of

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
