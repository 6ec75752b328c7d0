"""When somebody is reminded of an appointment, and until when a reminder says something. Pure: no clock, no SQL.

Days are the office's own: ten o'clock is ten o'clock there, also when the clocks change in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from ...core.errors import FieldError, Invalid

MIN_REMINDER_GAP = timedelta(hours=3)  # two letters about one visit within a few hours are one too many
QUIET_AFTER_BOOKING = timedelta(hours=4)  # its confirmation has just been read
LAST_REMINDER_QUIET_AFTER_BOOKING = timedelta(
    minutes=30
)  # the last one is short, and worth it also for a visit booked today
REMINDER_SPREAD_S = (
    600  # reminders of one clock time leave within ten minutes: timers of the line are not to wait for them
)


class ReminderKind(StrEnum):
    """Which one. The words are the kinds of its messages."""

    DAYS = "appointment_reminder_days"
    DAY = "appointment_reminder_day"
    HOUR = "appointment_reminder_hour"


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """What an office, or one of its services, sets. None: that reminder is not sent.

    `late`: from how many minutes on people are told that we run late.
    """

    days: int | None = 3  # before: there is time to get a paper that is missing, or to give the place back
    days_at: time = time(10)
    day_at: time | None = time(18)  # on the day before, when most people are home
    minutes: int | None = 60  # before: enough to leave for the office, or to look for a quiet room
    late: int | None = 15

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], path: str = "reminders") -> ReminderSettings:
        """The house's rules with what is set instead: `days`, `minutes`, `late` as whole numbers, `days_at` and
        `day_at` as "18:00"; null switches off.

        Raises Invalid with one FieldError for each that makes no sense: `path.NAME`.
        """
        wrong: list[FieldError] = []
        read = {name: _parse_setting(f"{path}.{name}", name, value, wrong) for name, value in settings.items()}
        if wrong:
            raise Invalid(*wrong)
        return cls(**read)


DEFAULT_REMINDER_SETTINGS = ReminderSettings()

# From and up to what a number makes sense: beyond, somebody mistook the unit.
REMINDER_BOUNDS: Mapping[str, tuple[int, int]] = {"days": (1, 30), "minutes": (10, 360), "late": (5, 120)}
_CLOCK_SETTINGS = frozenset({"days_at", "day_at"})
_OPTIONAL_SETTINGS = frozenset({"days", "day_at", "minutes", "late"})


def _parse_setting(path: str, name: str, value: Any, errors: list[FieldError]) -> Any:
    """A value in the words of the rules; what makes no sense is added to `wrong`."""
    if value is None and name in _OPTIONAL_SETTINGS:
        return None
    if name in _CLOCK_SETTINGS:
        return _parse_clock_time(path, value, errors)
    if name not in REMINDER_BOUNDS:
        errors.append(FieldError(path, "unexpected"))
        return None
    least, most = REMINDER_BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int):
        errors.append(FieldError(path, "not_a_number"))
    elif not least <= value <= most:
        errors.append(FieldError(path, "out_of_range", {"min": least, "max": most}))
    return value


def _parse_clock_time(path: str, value: Any, errors: list[FieldError]) -> time:
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time on a wall has no zone
    except (TypeError, ValueError):
        errors.append(FieldError(path, "invalid_time"))
        return time()


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder that is due at `at`, and no longer worth sending from `until` on."""

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
    """The reminders of an appointment in order of time. Whoever booked a moment ago is spared what they just read,
    and of two that come close together only the later one is sent: it is of more use.

    `spread`: how long after its clock time a reminder of a day leaves; not the same for everybody.
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
    """The one to be sent now, if any still says something."""
    return next((one for one in planned if one.at <= now < one.until), None)


def next_reminder_at(planned: list[PlannedReminder], now: datetime) -> datetime | None:
    """When the next one is due after this moment."""
    return next((one.at for one in planned if one.at > now), None)


def reminder_spread(appointment_id: str) -> timedelta:
    """Always the same for one appointment."""
    return timedelta(seconds=crc32(appointment_id.encode()) % REMINDER_SPREAD_S)


def _reminder_times(
    starts_at: datetime, zone: ZoneInfo, rules: ReminderSettings, spread: timedelta
) -> list[tuple[ReminderKind, datetime]]:
    day = starts_at.astimezone(zone).date()
    found = []
    if rules.days is not None:
        found.append(
            (ReminderKind.DAYS, _local_instant(day - timedelta(days=rules.days), rules.days_at, zone) + spread)
        )
    if rules.day_at is not None:
        found.append((ReminderKind.DAY, _local_instant(day - timedelta(days=1), rules.day_at, zone) + spread))
    if rules.minutes is not None:
        found.append((ReminderKind.HOUR, starts_at - timedelta(minutes=rules.minutes)))
    return sorted(found, key=lambda pair: pair[1])


def _local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant of a clock time on that day; one that the clocks skip is as much later as they go on."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
