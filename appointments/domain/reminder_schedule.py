"""Reminder schedule: when each reminder is due, and until when it is useful.

Pure: no clock, no SQL. Clock times are those of the office's zone, also across a clock change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from ...core.errors import FieldError, Invalid
from ...core.i18n.dates import local_instant
from .setting_values import Bounds, parse_clock_time, parse_number

MIN_REMINDER_GAP = timedelta(hours=3)  # a second reminder within a few hours says nothing new
QUIET_AFTER_BOOKING = timedelta(hours=4)  # the citizen has just read the confirmation
# The last reminder is short, and useful also for a visit that was booked on the same day.
LAST_REMINDER_QUIET_AFTER_BOOKING = timedelta(minutes=30)
REMINDER_SPREAD_S = 600  # reminders of one clock time leave within ten minutes, so that other timers stay punctual


class ReminderKind(StrEnum):
    """The reminders of an appointment. The values are the kinds of their outbox rows."""

    DAYS = "appointment_reminder_days"
    DAY = "appointment_reminder_day"
    HOUR = "appointment_reminder_hour"


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """Reminder settings of an office or of one of its services. None switches a reminder off.

    `late`: the delay in minutes from which citizens get a delay notice.
    """

    days: int | None = 3  # days before the visit: time to get a missing paper, or to give the slot back
    days_at: time = time(10)
    day_at: time | None = time(18)  # on the day before, when most people are at home
    minutes: int | None = 60  # before the start: enough to leave for the office, or to find a quiet room
    late: int | None = 15

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], path: str = "reminders") -> ReminderSettings:
        """Parse the settings that override the defaults.

        `days`, `minutes` and `late` are whole numbers, `days_at` and `day_at` clock times such as "18:00";
        null or false switches off. Raises Invalid with one FieldError `path.NAME` for each invalid value.
        """
        errors: list[FieldError] = []
        values = {name: _parse_setting(f"{path}.{name}", name, value, errors) for name, value in settings.items()}
        if errors:
            raise Invalid(*errors)
        return cls(**values)


DEFAULT_REMINDER_SETTINGS = ReminderSettings()

REMINDER_BOUNDS: Mapping[str, Bounds] = {"days": (1, 30), "minutes": (10, 360), "late": (5, 120)}
_CLOCK_SETTINGS = frozenset({"days_at", "day_at"})
_OPTIONAL_SETTINGS = frozenset({"days", "day_at", "minutes", "late"})


def _parse_setting(path: str, name: str, value: Any, errors: list[FieldError]) -> Any:
    if (value is None or value is False) and name in _OPTIONAL_SETTINGS:
        return None
    if name in _CLOCK_SETTINGS:
        return parse_clock_time(path, value, errors)
    if name not in REMINDER_BOUNDS:
        known = [setting.name for setting in fields(ReminderSettings)]
        errors.append(FieldError(path, "unexpected", {"known": ", ".join(known)}))
        return None
    return parse_number(path, value, REMINDER_BOUNDS[name], errors)


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

    A reminder soon after the booking is left out. Of two reminders that are close together only the later one
    is kept, because it is more useful. `spread`: how long after its clock time a reminder leaves.
    """
    planned: list[PlannedReminder] = []
    until = starts_at
    for reminder, at in reversed(_reminder_times(starts_at, zone, settings, spread)):
        quiet = LAST_REMINDER_QUIET_AFTER_BOOKING if reminder is ReminderKind.HOUR else QUIET_AFTER_BOOKING
        if at < until and at >= booked_at + quiet:
            planned.append(PlannedReminder(reminder, at, until))
            until = at - MIN_REMINDER_GAP
    return planned[::-1]


def due_reminder(planned: list[PlannedReminder], now: datetime) -> PlannedReminder | None:
    """Return the reminder to send now, None if there is none."""
    return next((reminder for reminder in planned if reminder.at <= now < reminder.until), None)


def next_reminder_at(planned: list[PlannedReminder], now: datetime) -> datetime | None:
    """Return when the next reminder is due, None if there is none."""
    return next((reminder.at for reminder in planned if reminder.at > now), None)


def reminder_spread(appointment_id: str) -> timedelta:
    """Return how long this appointment's reminders are spread; always the same for one id."""
    return timedelta(seconds=crc32(appointment_id.encode()) % REMINDER_SPREAD_S)


def _reminder_times(
    starts_at: datetime, zone: ZoneInfo, settings: ReminderSettings, spread: timedelta
) -> list[tuple[ReminderKind, datetime]]:
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
