"""The door to appointments for every other folder. Each use case stands in the file of its subject."""

from __future__ import annotations

from .agenda import Alternative, alternatives, first_free, free_times, nearest_times
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
from .slots import HORIZON_DAYS, Slot
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
    "mark_no_show",
    "mark_served",
    "nearest_times",
    "release",
    "request_key_of",
    "reschedule",
    "token_of",
    "undo_check_in",
]
