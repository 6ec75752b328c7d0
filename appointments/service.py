"""Public API of appointments: what other features may import, besides pure modules."""

from __future__ import annotations

from .actions.attendance import check_in, mark_no_show, mark_served, undo_check_in
from .actions.book import (
    book_appointment,
    book_as_staff,
    create_appointment,
    find_booking_with_request_key,
    hash_request_key,
)
from .actions.cancel_and_reschedule import StaffMove, cancel_appointment, move_by_office, reschedule_appointment
from .actions.data_retention import (
    anonymise_old_appointments,
    delete_old_offers_and_requests,
    delete_old_visit_notes,
    rekey_mailboxes,
)
from .actions.earlier_slot import request_earlier_slot
from .actions.early_video_start import reschedule_no_show_check, schedule_no_show_check
from .actions.hold_slot import hold_by_holder, hold_slot, hold_token, release_hold
from .actions.lost_link import send_lost_links
from .actions.office_cancellation import (
    CancellationPeriod,
    appointments_to_cancel,
    cancel_by_office,
    cancel_period,
    reopen_period,
)
from .actions.public_limits import spend_proof
from .actions.rebook import Replacement, replace_appointment
from .actions.reception.staff_changes import (
    CitizenDetails,
    cancel_for_citizen,
    correct_details,
    note_told,
    send_link_again,
)
from .actions.telephone.linked_chat import save_linked_chat
from .actions.telephone.phone_calls import (
    finish_call,
    report_no_answer,
    report_not_reached,
    start_call,
    withdraw_call,
)
from .actions.timers import TIMERS
from .actions.waitlist import WaitlistRequest, join_waitlist, remove_from_waitlist
from .domain.agenda_settings import HORIZON_DAYS, AgendaSettings
from .domain.appointment import (
    ON_TIME_WITHIN,
    Appointment,
    AppointmentState,
    BookingRequest,
    EntryLimits,
    EntryWindow,
    entry_closes_at,
    entry_opens_at,
    entry_window,
    is_changeable,
)
from .domain.booking_details import BOOKING_DETAILS, staff_facts
from .domain.booking_url import booking_url_for_services
from .domain.closed_period import ClosedPeriod
from .domain.contact_identifiers import parse_contact_identifiers
from .domain.needs import known_needs
from .domain.offer import EarlierSlotRequest
from .domain.phone_call import call_opens_at
from .domain.reminder_schedule import NO_REMINDERS
from .domain.requester import UNLIMITED_REQUESTER, BookingLimits, Requester
from .domain.slots import FreeSlot
from .domain.start_forecast import RemoteVisit, forecast_starts
from .domain.visit_note import MAX_NOTE_CHARACTERS, VisitNote, VisitNoteKind, VisitPerson
from .domain.waitlist_entry import WaitlistState
from .events import (
    AgentCallChanged,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRescheduled,
    LastTestLoader,
    LastTestResult,
    RatingCheck,
)
from .notify.appointment_messages import call_back_to_room, send_room_message, void_call_back
from .notify.delays import run_delay_monitor
from .notify.reminders import reminder_timers, run_reminder_repair
from .queries.affected_appointments import (
    OfficeFit,
    affected_appointments,
    people_to_tell,
    unfit_appointment_ids,
    unfit_appointments,
)
from .queries.appointment_json import appointment_json
from .queries.appointment_search import MIN_SEARCH_CHARACTERS, duplicate_appointments, search_appointments
from .queries.availability import SlotSearch, available_slots, nearest_available_slots
from .queries.bookable_services import agenda_settings_or_defaults, change_limit
from .queries.day_agenda import (
    LoadOfDay,
    ServicePlaces,
    booked_appointment,
    booked_on_day,
    closed_periods_of_day,
    load_of_days,
    places_of_day,
)
from .queries.first_available import first_available_slots
from .queries.lookup import (
    appointment_by_id,
    appointment_by_token,
    appointment_token,
    appointments_on_closed_days,
    appointments_outside_hours,
    count_attendance,
    current_appointment,
    look_up_appointment,
)
from .queries.mode_changes import can_change_mode, moved_visit_search
from .queries.new_times import propose_new_times
from .queries.phone_calls import (
    PhoneAppointmentStatus,
    forecast_phone_starts,
    phone_appointment_status,
    todays_phone_appointments,
)
from .queries.visit_notes import visit_notes
from .queries.visit_services import additional_services, appointment_services, first_service_now, visit_duration
from .storage.appointment_rows import (
    appointments_by_ids,
    appointments_of_day,
    count_missing_appointments,
    locators_by_id,
)
from .storage.calendar_rows import BookedAppointment, appointment_moves, first_appointment_start
from .storage.closed_period_rows import upcoming_closed_periods
from .storage.locks import acquire_advisory_lock
from .storage.phone_call_rows import load_calls
from .storage.reminder_rows import expected_appointments
from .storage.visit_note_rows import insert_visit_note, notes_of_subjects
from .web.appointment_view import appointment_at_address
from .web.audit_texts import AUDIT_SENTENCES
from .web.response_schemas import PublishedAppointment
from .web.schemas import (
    ChannelNames,
    FinishCallMessage,
    InsideMessage,
    OptionalProof,
    SpanMessage,
    booking_request,
    build_requester,
    check_channels,
    parse_slot_time,
    period_from_message,
    phone_field,
    run_with_optional_proof,
)
from .web.time_picker import time_label
from .web.visit_note_texts import build_note_rows, format_notes

__all__ = [
    "AUDIT_SENTENCES",
    "BOOKING_DETAILS",
    "HORIZON_DAYS",
    "MAX_NOTE_CHARACTERS",
    "MIN_SEARCH_CHARACTERS",
    "NO_REMINDERS",
    "ON_TIME_WITHIN",
    "TIMERS",
    "UNLIMITED_REQUESTER",
    "AgendaSettings",
    "AgentCallChanged",
    "Appointment",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentRescheduled",
    "AppointmentState",
    "BookedAppointment",
    "BookingLimits",
    "BookingRequest",
    "CancellationPeriod",
    "ChannelNames",
    "CitizenDetails",
    "ClosedPeriod",
    "EarlierSlotRequest",
    "EntryLimits",
    "EntryWindow",
    "FinishCallMessage",
    "FreeSlot",
    "InsideMessage",
    "LastTestLoader",
    "LastTestResult",
    "LoadOfDay",
    "OfficeFit",
    "OptionalProof",
    "PhoneAppointmentStatus",
    "PublishedAppointment",
    "RatingCheck",
    "RemoteVisit",
    "Replacement",
    "Requester",
    "ServicePlaces",
    "SlotSearch",
    "SpanMessage",
    "StaffMove",
    "VisitNote",
    "VisitNoteKind",
    "VisitPerson",
    "WaitlistRequest",
    "WaitlistState",
    "acquire_advisory_lock",
    "additional_services",
    "affected_appointments",
    "agenda_settings_or_defaults",
    "anonymise_old_appointments",
    "appointment_at_address",
    "appointment_by_id",
    "appointment_by_token",
    "appointment_json",
    "appointment_moves",
    "appointment_services",
    "appointment_token",
    "appointments_by_ids",
    "appointments_of_day",
    "appointments_on_closed_days",
    "appointments_outside_hours",
    "appointments_to_cancel",
    "available_slots",
    "book_appointment",
    "book_as_staff",
    "booked_appointment",
    "booked_on_day",
    "booking_request",
    "booking_url_for_services",
    "build_note_rows",
    "build_requester",
    "call_back_to_room",
    "call_opens_at",
    "can_change_mode",
    "cancel_appointment",
    "cancel_by_office",
    "cancel_for_citizen",
    "cancel_period",
    "change_limit",
    "check_channels",
    "check_in",
    "closed_periods_of_day",
    "correct_details",
    "count_attendance",
    "count_missing_appointments",
    "create_appointment",
    "current_appointment",
    "delete_old_offers_and_requests",
    "delete_old_visit_notes",
    "duplicate_appointments",
    "entry_closes_at",
    "entry_opens_at",
    "entry_window",
    "expected_appointments",
    "find_booking_with_request_key",
    "finish_call",
    "first_appointment_start",
    "first_available_slots",
    "first_service_now",
    "forecast_phone_starts",
    "forecast_starts",
    "format_notes",
    "hash_request_key",
    "hold_by_holder",
    "hold_slot",
    "hold_token",
    "insert_visit_note",
    "is_changeable",
    "join_waitlist",
    "known_needs",
    "load_calls",
    "load_of_days",
    "locators_by_id",
    "look_up_appointment",
    "mark_no_show",
    "mark_served",
    "move_by_office",
    "moved_visit_search",
    "nearest_available_slots",
    "note_told",
    "notes_of_subjects",
    "parse_contact_identifiers",
    "parse_slot_time",
    "people_to_tell",
    "period_from_message",
    "phone_appointment_status",
    "phone_field",
    "places_of_day",
    "propose_new_times",
    "rekey_mailboxes",
    "release_hold",
    "reminder_timers",
    "remove_from_waitlist",
    "reopen_period",
    "replace_appointment",
    "report_no_answer",
    "report_not_reached",
    "request_earlier_slot",
    "reschedule_appointment",
    "reschedule_no_show_check",
    "run_delay_monitor",
    "run_reminder_repair",
    "run_with_optional_proof",
    "save_linked_chat",
    "schedule_no_show_check",
    "search_appointments",
    "send_link_again",
    "send_lost_links",
    "send_room_message",
    "spend_proof",
    "staff_facts",
    "start_call",
    "time_label",
    "todays_phone_appointments",
    "undo_check_in",
    "unfit_appointment_ids",
    "unfit_appointments",
    "upcoming_closed_periods",
    "visit_duration",
    "visit_notes",
    "void_call_back",
    "withdraw_call",
]
