"""Reminder schedule: when each reminder is due, and until when it is useful.

Pure: no clock, no SQL. Times of day are local times of the office, also across a clock change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zlib import crc32
from zoneinfo import ZoneInfo

from ...core.i18n.catalogues import N_
from ...core.i18n.dates import local_instant
from ...offices.domain.documents.field import Number, TimeOfDay, field

MIN_REMINDER_GAP = timedelta(hours=3)  # a second reminder within a few hours says nothing new
# The last reminder is short, and useful also for a visit that was booked on the same day.
LAST_REMINDER_QUIET_AFTER_BOOKING = timedelta(minutes=30)
MAX_REMINDER_DAYS = 30
REMINDERS = N_("Reminders")  # title of their group in a form
# Reminders of a clock time leave within ten minutes, so that other timers stay punctual.
REMINDER_SPREAD_S = 600


class ReminderKind(StrEnum):
    """The reminders of an appointment. The values are the kinds of their outbox rows."""

    DAYS = "appointment_reminder_days"
    DAY = "appointment_reminder_day"
    HOUR = "appointment_reminder_hour"


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """Reminder settings of an office or of a service. None switches a reminder off.

    `late`: the delay in minutes from which citizens get a delay notice.
    """

    days: int | None = field(
        Number(
            N_("First reminder before the visit by"),
            example=N_("With 3: three days before, with what to bring and until when the visit can be changed."),
            least=1,
            most=MAX_REMINDER_DAYS,
            unit="days",
            units=("days",),
            can_be_off=True,
            group=REMINDERS,
        ),
        default=3,  # days before the visit: time to get a missing paper, or to give the slot back
    )
    days_at: time = field(
        TimeOfDay(
            N_("Time of the first reminder"),
            example=N_("With 10:00: it is sent at ten in the morning of that day."),
            group=REMINDERS,
        ),
        default=time(10),
    )
    day_at: time | None = field(
        TimeOfDay(
            N_("Reminder on the day before, at"),
            example=N_("With 18:00: at six in the evening of the day before."),
            can_be_off=True,
            group=REMINDERS,
        ),
        default=time(18),  # when most people are at home
    )
    minutes: int | None = field(
        Number(
            N_("Last reminder before the visit by"),
            example=N_("With 60: an hour before, with the time from which check-in or the video call opens."),
            least=10,
            most=360,
            unit="minutes",
            units=("minutes",),
            can_be_off=True,
            group=REMINDERS,
        ),
        default=60,  # before the start: enough to leave for the office, or to find a quiet room
    )
    late: int | None = field(
        Number(
            N_("People are told a later time from a delay of"),
            example=N_(
                "With 15: when the office runs 15 minutes late, people of the next two hours are "
                "told a later time."
            ),
            least=5,
            most=120,
            unit="minutes",
            units=("minutes",),
            can_be_off=True,
            group=REMINDERS,
        ),
        default=15,
    )
    after_booking: int = field(
        Number(
            N_("No reminder for this long after the booking"),
            example=N_("With 4 hours: a person who books at 15:00 for the next day gets no reminder at 18:00."),
            most=7 * 24 * 60,
            unit="minutes",
            units=("hours", "minutes", "days"),
            group=REMINDERS,
        ),
        default=240,  # the citizen has just read the confirmation
    )


DEFAULT_REMINDER_SETTINGS = ReminderSettings()
NO_REMINDERS = {"days": False, "day_at": False, "minutes": False}  # what `reminders: false` means


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder that is due at `at` and no longer useful from `until` on."""

    reminder: ReminderKind
    at: datetime
    until: datetime


def plan_reminders(
    starts_at: datetime,
    booked_at: datetime,
    zone: ZoneInfo,
    settings: ReminderSettings,
    spread: timedelta = timedelta(),
) -> list[PlannedReminder]:
    """Plan the reminders of an appointment, by time.

    A reminder soon after the booking is left out. Of two reminders that are close together only the later
    is kept, because it is more useful. `spread`: how long after its clock time a reminder leaves.
    """
    # From the last reminder back: of two close reminders the later stays, and ends the use of the earlier.
    planned: list[PlannedReminder] = []
    until = starts_at
    for reminder, at in reversed(_reminder_times(starts_at, zone, settings, spread)):
        quiet = timedelta(minutes=settings.after_booking)
        if reminder is ReminderKind.HOUR:
            quiet = LAST_REMINDER_QUIET_AFTER_BOOKING
        if at < until and at >= booked_at + quiet:
            planned.append(PlannedReminder(reminder, at, until))
            # A worker that was down sends no two reminders within the gap (docs/decisions/0022).
            until = at - MIN_REMINDER_GAP
    return planned[::-1]


def due_reminder(planned: list[PlannedReminder], now: datetime) -> PlannedReminder | None:
    """Return the reminder to send now, None if no reminder is due."""
    return next((reminder for reminder in planned if reminder.at <= now < reminder.until), None)


def next_reminder_at(planned: list[PlannedReminder], now: datetime) -> datetime | None:
    """Return when the next reminder is due, None after the last reminder."""
    return next((reminder.at for reminder in planned if reminder.at > now), None)


def reminder_spread(appointment_id: str) -> timedelta:
    """Return how late this appointment's reminders leave; always the same for an id."""
    # Python's hash() of a string differs between processes.
    return timedelta(seconds=crc32(appointment_id.encode()) % REMINDER_SPREAD_S)


def _reminder_times(
    starts_at: datetime, zone: ZoneInfo, settings: ReminderSettings, spread: timedelta
) -> list[tuple[ReminderKind, datetime]]:
    # Days are counted in the calendar of the office: 24 hours earlier is another clock time after a clock change.
    day = starts_at.astimezone(zone).date()
    times = []
    if settings.days is not None:
        at = local_instant(day - timedelta(days=settings.days), settings.days_at, zone)
        times.append((ReminderKind.DAYS, at + spread))
    if settings.day_at is not None:
        at = local_instant(day - timedelta(days=1), settings.day_at, zone)
        times.append((ReminderKind.DAY, at + spread))
    if settings.minutes is not None:
        times.append((ReminderKind.HOUR, starts_at - timedelta(minutes=settings.minutes)))
    return sorted(times, key=lambda reminder_time: reminder_time[1])
