"""The door to appointments for every other folder. Each use case stands in the file of its subject."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.db.timers import TimerHandler
from .actions.attendance import check_in, mark_no_show, mark_served, undo_check_in
from .actions.book import (
    FORGET_TIMER,
    book_appointment,
    book_as_staff,
    can_book_as_staff,
    create_appointment,
    find_booking_with_request_key,
    find_own_duplicate,
    hash_request_key,
)
from .actions.cancel_and_reschedule import cancel_appointment, reschedule_appointment
from .actions.data_retention import anonymise_old_appointments, delete_old_offers_and_requests
from .actions.earlier_slot import (
    EarlierSlotStatus,
    accept_earlier_slot,
    cancel_earlier_request,
    earlier_slot_status,
    latest_earlier_offer,
    refuse_earlier_slot,
    request_earlier_slot,
)
from .actions.early_video_start import NO_SHOW_TIMER, accept_early_start, invite_next
from .actions.early_video_start import reschedule_no_show_check as watch_rescheduled
from .actions.early_video_start import schedule_no_show_check as watch_booked
from .actions.freed_slots import FREED_SLOT_TIMER, advance_freed_slot
from .actions.hold_slot import hold_by_holder, hold_by_token, hold_slot, hold_token, holder_key
from .actions.office_cancellation import (
    CancellationPeriod,
    appointments_to_cancel,
    cancel_by_office,
    cancel_period,
)
from .actions.rebook import ReplacementTime, rebook_appointment, replacement_times
from .actions.reopening import reopen_period, upcoming_closed_periods
from .actions.verification_emails import UNVERIFIED_TIMER, is_verification_secret
from .actions.verify_email import (
    correct_email,
    expire_unverified_appointment,
    forget_requester,
    is_mailbox_verification_link,
    resend_verification_email,
    verify_appointment,
    verify_mailbox_link,
)
from .actions.waitlist import (
    WAITLIST_END_TIMER,
    WaitlistRequest,
    accept_waitlist_offer,
    confirm_waitlist_entry,
    expire_waitlist_entry,
    join_waitlist,
    latest_waitlist_offer,
    leave_waitlist,
    refuse_waitlist_offer,
    remove_from_waitlist,
    waitlist_entry_by_token,
    waitlist_token,
)
from .actions.waitlist_scan import WAITLIST_SCAN_TIMER, scan_waitlist
from .domain.agenda_settings import HORIZON_DAYS, AgendaSettings
from .domain.appointment import (
    ENTRY_OPENS_BEFORE_START,
    MAX_MOVES,
    Appointment,
    AppointmentState,
    BookingRequest,
    EntryWindow,
    Mode,
    entry_closes_at,
    entry_opens_at,
    entry_window,
    is_changeable,
)
from .domain.booking_url import booking_url_for_services
from .domain.closed_period import ClosedPeriod
from .domain.contact_identifiers import parse_contact_identifiers
from .domain.hold import HOLD_DURATION, HoldPurpose, SlotHold
from .domain.offer import DayPart, EarlierSlotRequest, OfferState, SlotOffer
from .domain.requester import UNLIMITED_REQUESTER, BookingLimits, Requester
from .domain.slots import FreeSlot
from .domain.waitlist_entry import WaitlistEntry, WaitlistState
from .events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled, LastTestLoader, LastTestResult
from .notify.delays import DelayMonitor, announce_delay, run_delay_monitor
from .notify.reminders import reminder_timers, run_reminder_repair
from .queries.availability import (
    additional_services,
    available_slot_at,
    available_slots,
    change_limit,
    interpreter_notice,
    nearest_available_slots,
    next_release_at,
    parse_agenda_settings,
    require_additional_services,
    visit_duration,
)
from .queries.first_available import (
    AlternativeSlot,
    SlotSearch,
    alternative_slots,
    first_available_slot,
    first_available_slots,
)
from .queries.lookup import (
    appointment_by_id,
    appointment_by_locator,
    appointment_by_token,
    appointment_token,
    appointments_of_day,
    count_attendance,
    expected_appointments,
    look_up_appointment,
)
from .queries.outside_opening_hours import appointments_on_closed_days, appointments_outside_hours
from .queries.visit_services import appointment_services, first_service_now
from .web.requester import build_requester
from .web.schemas import SpanMessage, period_from_message

TIMERS: Mapping[str, TimerHandler] = {
    FREED_SLOT_TIMER: advance_freed_slot,
    WAITLIST_END_TIMER: expire_waitlist_entry,
    WAITLIST_SCAN_TIMER: scan_waitlist,
    NO_SHOW_TIMER: invite_next,
    UNVERIFIED_TIMER: expire_unverified_appointment,
    FORGET_TIMER: forget_requester,
}

__all__ = [
    "ENTRY_OPENS_BEFORE_START",
    "HOLD_DURATION",
    "HORIZON_DAYS",
    "MAX_MOVES",
    "TIMERS",
    "UNLIMITED_REQUESTER",
    "AgendaSettings",
    "AlternativeSlot",
    "Appointment",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentRescheduled",
    "AppointmentState",
    "BookingLimits",
    "BookingRequest",
    "CancellationPeriod",
    "ClosedPeriod",
    "DayPart",
    "DelayMonitor",
    "EarlierSlotRequest",
    "EarlierSlotStatus",
    "EntryWindow",
    "FreeSlot",
    "HoldPurpose",
    "LastTestLoader",
    "LastTestResult",
    "Mode",
    "OfferState",
    "ReplacementTime",
    "Requester",
    "SlotHold",
    "SlotOffer",
    "SlotSearch",
    "SpanMessage",
    "WaitlistEntry",
    "WaitlistRequest",
    "WaitlistState",
    "accept_earlier_slot",
    "accept_early_start",
    "accept_waitlist_offer",
    "additional_services",
    "alternative_slots",
    "announce_delay",
    "anonymise_old_appointments",
    "appointment_by_id",
    "appointment_by_locator",
    "appointment_by_token",
    "appointment_services",
    "appointment_token",
    "appointments_of_day",
    "appointments_on_closed_days",
    "appointments_outside_hours",
    "appointments_to_cancel",
    "available_slot_at",
    "available_slots",
    "book_appointment",
    "book_as_staff",
    "booking_url_for_services",
    "build_requester",
    "can_book_as_staff",
    "cancel_appointment",
    "cancel_by_office",
    "cancel_earlier_request",
    "cancel_period",
    "change_limit",
    "check_in",
    "confirm_waitlist_entry",
    "correct_email",
    "count_attendance",
    "create_appointment",
    "delete_old_offers_and_requests",
    "earlier_slot_status",
    "entry_closes_at",
    "entry_opens_at",
    "entry_window",
    "expected_appointments",
    "find_booking_with_request_key",
    "find_own_duplicate",
    "first_available_slot",
    "first_available_slots",
    "first_service_now",
    "hash_request_key",
    "hold_by_holder",
    "hold_by_token",
    "hold_slot",
    "hold_token",
    "holder_key",
    "interpreter_notice",
    "is_changeable",
    "is_mailbox_verification_link",
    "is_verification_secret",
    "join_waitlist",
    "latest_earlier_offer",
    "latest_waitlist_offer",
    "leave_waitlist",
    "look_up_appointment",
    "mark_no_show",
    "mark_served",
    "nearest_available_slots",
    "next_release_at",
    "parse_agenda_settings",
    "parse_contact_identifiers",
    "period_from_message",
    "rebook_appointment",
    "refuse_earlier_slot",
    "refuse_waitlist_offer",
    "reminder_timers",
    "remove_from_waitlist",
    "reopen_period",
    "replacement_times",
    "request_earlier_slot",
    "require_additional_services",
    "reschedule_appointment",
    "resend_verification_email",
    "run_delay_monitor",
    "run_reminder_repair",
    "undo_check_in",
    "upcoming_closed_periods",
    "verify_appointment",
    "verify_mailbox_link",
    "visit_duration",
    "waitlist_entry_by_token",
    "waitlist_token",
    "watch_booked",
    "watch_rescheduled",
]
