"""The door to appointments for every other folder. Each use case stands in the file of its subject."""

from __future__ import annotations

from .agenda import Alternative, alternatives, change_limit, first_free, free_times, nearest_times, rules_of
from .appointment import (
    ENTRY_OPENS,
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
from .booking import book, book_inside, booked_with, enter, request_key_of
from .changing import cancel, reschedule
from .contact import contacts_of
from .events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled, AskLastTest, LastTest
from .finding import (
    appointment_by_id,
    appointment_by_locator,
    appointment_by_token,
    appointments_of_day,
    attendance,
    find,
    token_of,
)
from .hold import HOLD, Hold, Purpose
from .holding import hold, hold_by_token, hold_of, hold_token, release
from .reminding import keep_reminding, tell_late, timers_of
from .rules import HORIZON_DAYS, BookingRules
from .slots import Slot
from .visiting import check_in, mark_no_show, mark_served, undo_check_in

__all__ = [
    "ENTRY_OPENS",
    "HOLD",
    "HORIZON_DAYS",
    "INSIDE",
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
    "Entry",
    "Hold",
    "LastTest",
    "Limits",
    "Mode",
    "Purpose",
    "Slot",
    "alternatives",
    "appointment_by_id",
    "appointment_by_locator",
    "appointment_by_token",
    "appointments_of_day",
    "attendance",
    "book",
    "book_inside",
    "booked_with",
    "cancel",
    "change_limit",
    "check_in",
    "contacts_of",
    "enter",
    "entry",
    "entry_closes_at",
    "entry_opens_at",
    "find",
    "first_free",
    "free_times",
    "hold",
    "hold_by_token",
    "hold_of",
    "hold_token",
    "is_changeable",
    "keep_reminding",
    "mark_no_show",
    "mark_served",
    "nearest_times",
    "release",
    "request_key_of",
    "reschedule",
    "rules_of",
    "tell_late",
    "timers_of",
    "token_of",
    "undo_check_in",
]
