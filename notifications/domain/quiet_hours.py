"""Quiet hours, in which pushes and SMS that can wait are postponed. Pure: no clock.

They are local times of an office's time zone. When clocks go back, a local time occurs twice: quiet hours
then start at its first occurrence and end at its second. A local time that clocks skip counts with the offset
before the change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SETTING_FORMAT = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times from `start` until `end`; over midnight if `end` is smaller."""

    start: time
    end: time

    def quiet_until(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the quiet hours at this instant end, in UTC; None outside of quiet hours."""
        today = at.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):  # quiet hours that began yesterday may not be over
            begins, ends = self._quiet_period(day, zone)
            if begins <= at < ends:
                return ends
        return None

    def _quiet_period(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return start and end, in UTC, of the quiet hours that begin on this day."""
        last_day = day if self.start < self.end else day + timedelta(days=1)
        return min(_instants(day, self.start, zone)), max(_instants(last_day, self.end, zone))


def _instants(day: date, local_time: time, zone: ZoneInfo) -> list[datetime]:
    """Return the instants of a local time: two if clocks go back over it, else a single.

    A skipped time counts with the offset before the change (PEP 495: `fold=0`).
    """
    local = datetime.combine(day, local_time, zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return [first, second] if second > first else [first]


def parse_quiet_hours(text: str) -> QuietHours:
    """Parse a setting such as `21:30-8:00`. Raises ValueError with a hint for the operator."""
    match = _SETTING_FORMAT.fullmatch(text.replace(" ", ""))
    try:
        if match is None:
            raise ValueError
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        quiet_hours = QuietHours(time(start_hour, start_minute), time(end_hour, end_minute))
    except ValueError:
        raise ValueError("write start and end, such as 21:30-8:00") from None
    if quiet_hours.start == quiet_hours.end:
        raise ValueError("start and end are equal, so quiet hours would never end; leave it empty for none")
    return quiet_hours
