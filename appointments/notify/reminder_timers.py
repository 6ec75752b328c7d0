"""Outbox subject of an appointment, and the timer of its next reminder."""

from __future__ import annotations

from ...core.runtime import Transaction
from ...offices.service import Office
from ..domain import reminder_schedule
from ..domain.appointment import Appointment
from ..domain.reminder_schedule import PlannedReminder, ReminderSettings
from ..queries.bookable_services import agenda_settings_or_defaults
from ..queries.visit_services import appointment_services

REMINDER_TIMER = "appointment.remind"  # timer of an appointment's next reminder
SUBJECT_PREFIX = "appointment:"


def outbox_subject(appointment: Appointment) -> str:
    """Return the subject of the messages and of the timer, by which they can be voided."""
    return f"{SUBJECT_PREFIX}{appointment.id}"


def appointment_id_from_subject(subject: str) -> str:
    """Return the id of the appointment with this subject."""
    return subject.removeprefix(SUBJECT_PREFIX)


def reminder_settings(office: Office, appointment: Appointment) -> ReminderSettings:
    """Return the settings of the appointment's service; the defaults if a setting is invalid."""
    return agenda_settings_or_defaults(office, appointment_services(office, appointment)[0]).reminders


def planned_reminders(office: Office, appointment: Appointment) -> list[PlannedReminder]:
    """Plan the reminders of an appointment with the settings of its office."""
    return reminder_schedule.plan_reminders(
        appointment.starts_at,
        appointment.created_at,
        office.timezone,
        reminder_settings(office, appointment),
        reminder_schedule.reminder_spread(appointment.id),
    )


async def schedule_next_reminder(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Set the timer of the next reminder; no timer after the last reminder."""
    at = reminder_schedule.next_reminder_at(planned_reminders(office, appointment), tx.now)
    if at is not None:
        await tx.schedule_timer(REMINDER_TIMER, subject=outbox_subject(appointment), due_at=at)
