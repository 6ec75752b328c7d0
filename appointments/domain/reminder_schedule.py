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

APART = timedelta(hours=3)  # two letters about one visit within a few hours are one too many
AFTER_BOOKING = timedelta(hours=4)  # its confirmation has just been read
HOUR_AFTER_BOOKING = timedelta(minutes=30)  # the last one is short, and worth it also for a visit booked today
SPREAD_S = 600  # reminders of one clock time leave within ten minutes: timers of the line are not to wait for them


class Reminder(StrEnum):
    """Which one. The words are the kinds of its messages."""

    DAYS = "appointment_reminder_days"
    DAY = "appointment_reminder_day"
    HOUR = "appointment_reminder_hour"


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """What an office, or one of its services, sets. None: that reminder is not sent.

    `late`: from how many minutes on people are told that we run late.
    """

    days: int | None = 3  # before: there is time to get a paper that is missing, or to give the place back
    days_at: time = time(10)
    day_at: time | None = time(18)  # on the day before, when most people are home
    minutes: int | None = 60  # before: enough to leave for the office, or to look for a quiet room
    late: int | None = 15

    @classmethod
    def of(cls, settings: Mapping[str, Any], path: str = "reminders") -> ReminderRules:
        """The house's rules with what is set instead: `days`, `minutes`, `late` as whole numbers, `days_at` and
        `day_at` as "18:00"; null switches off.

        Raises Invalid with one FieldError for each that makes no sense: `path.NAME`.
        """
        wrong: list[FieldError] = []
        read = {name: _read(f"{path}.{name}", name, value, wrong) for name, value in settings.items()}
        if wrong:
            raise Invalid(*wrong)
        return cls(**read)


HOUSE = ReminderRules()

# From and up to what a number makes sense: beyond, somebody mistook the unit.
BOUNDS: Mapping[str, tuple[int, int]] = {"days": (1, 30), "minutes": (10, 360), "late": (5, 120)}
_CLOCKS = frozenset({"days_at", "day_at"})
_MAY_BE_OFF = frozenset({"days", "day_at", "minutes", "late"})


def _read(path: str, name: str, value: Any, wrong: list[FieldError]) -> Any:
    """A value in the words of the rules; what makes no sense is added to `wrong`."""
    if value is None and name in _MAY_BE_OFF:
        return None
    if name in _CLOCKS:
        return _wall_clock(path, value, wrong)
    if name not in BOUNDS:
        wrong.append(FieldError(path, "unexpected"))
        return None
    least, most = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int):
        wrong.append(FieldError(path, "not_a_number"))
    elif not least <= value <= most:
        wrong.append(FieldError(path, "out_of_range", {"min": least, "max": most}))
    return value


def _wall_clock(path: str, value: Any, wrong: list[FieldError]) -> time:
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time on a wall has no zone
    except (TypeError, ValueError):
        wrong.append(FieldError(path, "invalid_time"))
        return time()


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder that is due at `at`, and no longer worth sending from `until` on."""

    reminder: Reminder
    at: datetime
    until: datetime


def plan(
    starts_at: datetime,
    booked_at: datetime,
    zone: ZoneInfo,
    rules: ReminderRules,
    spread: timedelta = timedelta(),
) -> list[Planned]:
    """The reminders of an appointment in order of time. Whoever booked a moment ago is spared what they just read,
    and of two that come close together only the later one is sent: it is of more use.

    `spread`: how long after its clock time a reminder of a day leaves; not the same for everybody.
    """
    planned: list[Planned] = []
    until = starts_at
    for reminder, at in reversed(_moments(starts_at, zone, rules, spread)):
        quiet = HOUR_AFTER_BOOKING if reminder is Reminder.HOUR else AFTER_BOOKING
        if at < until and at >= booked_at + quiet:
            planned.append(Planned(reminder, at, until))
            until = at - APART
    return planned[::-1]


def due(planned: list[Planned], now: datetime) -> Planned | None:
    """The one to be sent now, if any still says something."""
    return next((one for one in planned if one.at <= now < one.until), None)


def next_at(planned: list[Planned], now: datetime) -> datetime | None:
    """When the next one is due after this moment."""
    return next((one.at for one in planned if one.at > now), None)


def spread_of(appointment_id: str) -> timedelta:
    """Always the same for one appointment."""
    return timedelta(seconds=crc32(appointment_id.encode()) % SPREAD_S)


def _moments(
    starts_at: datetime, zone: ZoneInfo, rules: ReminderRules, spread: timedelta
) -> list[tuple[Reminder, datetime]]:
    day = starts_at.astimezone(zone).date()
    found = []
    if rules.days is not None:
        found.append((Reminder.DAYS, _at(day - timedelta(days=rules.days), rules.days_at, zone) + spread))
    if rules.day_at is not None:
        found.append((Reminder.DAY, _at(day - timedelta(days=1), rules.day_at, zone) + spread))
    if rules.minutes is not None:
        found.append((Reminder.HOUR, starts_at - timedelta(minutes=rules.minutes)))
    return sorted(found, key=lambda pair: pair[1])


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant of a clock time on that day; one that the clocks skip is as much later as they go on."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
