"""Opening hours of an office. No clock, no SQL.

Opening hours are local times of the office's time zone. A day has 23 or 25 hours when the clocks change, and the
office still opens at nine: intervals are built from local times and returned in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# the next opening is None if it is further away
MAX_LOOK_AHEAD_DAYS = 31


@dataclass(frozen=True, slots=True)
class OpeningInterval:
    """An interval of local times. `closes` at 00:00 means the end of the day."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class OpeningSchedule:
    """Weekly hours (0 = Monday) and the days that differ.

    `closures` maps days without weekly hours to a reason. `extra` openings are added to those of a day, also of a
    closed day.
    """

    timezone: ZoneInfo
    weekly: Mapping[int, tuple[OpeningInterval, ...]]
    closures: Mapping[date, str] = field(default_factory=dict)
    extra: Mapping[date, tuple[OpeningInterval, ...]] = field(default_factory=dict)


def opening_intervals(schedule: OpeningSchedule, day: date) -> list[tuple[datetime, datetime]]:
    """Return the intervals of a local day in UTC, in order, with touching intervals joined."""
    weekly = () if day in schedule.closures else schedule.weekly.get(day.weekday(), ())
    openings = [*weekly, *schedule.extra.get(day, ())]
    intervals = sorted(_to_utc_interval(schedule.timezone, day, opening) for opening in openings)
    joined: list[tuple[datetime, datetime]] = []
    for start, end in intervals:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def to_local_day(schedule: OpeningSchedule, moment: datetime) -> date:
    """Return the local date of the office at this moment."""
    return moment.astimezone(schedule.timezone).date()


def day_bounds(schedule: OpeningSchedule, day: date) -> tuple[datetime, datetime]:
    """Return the start and end of a local day in UTC: 23, 24 or 25 hours."""
    return _to_utc(schedule.timezone, day, time()), _to_utc(schedule.timezone, day + timedelta(days=1), time())


def is_open(schedule: OpeningSchedule, now: datetime) -> bool:
    """Whether the office is open at this moment."""
    return closing_time(schedule, now) is not None


def closing_time(schedule: OpeningSchedule, now: datetime) -> datetime | None:
    """Return when the current interval ends; None if closed.

    Intervals that touch at midnight are joined.
    """
    end = None
    for day in (to_local_day(schedule, now), to_local_day(schedule, now) + timedelta(days=1)):
        for start, stop in opening_intervals(schedule, day):
            if start <= (end or now) < stop:
                end = stop
    return end


def next_opening_time(schedule: OpeningSchedule, now: datetime) -> datetime | None:
    """Return when the office opens next; None if it is open, or stays closed for a month."""
    if is_open(schedule, now):
        return None
    today = to_local_day(schedule, now)
    for ahead in range(MAX_LOOK_AHEAD_DAYS + 1):
        for start, _ in opening_intervals(schedule, today + timedelta(days=ahead)):
            if start > now:
                return start
    return None


def _to_utc_interval(zone: ZoneInfo, day: date, opening: OpeningInterval) -> tuple[datetime, datetime]:
    ends_on = day + timedelta(days=1) if opening.closes == time() else day
    return _to_utc(zone, day, opening.opens), _to_utc(zone, ends_on, opening.closes)


def _to_utc(zone: ZoneInfo, day: date, at: time) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
