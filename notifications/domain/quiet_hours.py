"""The hours in which nobody is woken for what can wait: wall-clock times of an office's zone. Pure.

On the night when clocks go back, a time that comes twice counts widely: quiet begins at the first one and ends at
the second. A time that is skipped when clocks go forward is the moment that it would have been.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SETTING_FORMAT = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end`, over midnight where the end comes first."""

    start: time
    end: time

    def quiet_until(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet that reigns at this moment ends, in UTC; None when none does."""
        today = at.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):  # the night of yesterday may still go on
            begins, ends = self._quiet_period(day, zone)
            if begins <= at < ends:
                return ends
        return None

    def _quiet_period(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The quiet hours that begin on this day."""
        until = day if self.start < self.end else day + timedelta(days=1)
        return min(_instants(day, self.start, zone)), max(_instants(until, self.end, zone))


def _instants(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """When the wall clock shows it: one moment, or the two of a time that comes twice. Of a skipped time the
    moment by the offset before the change (PEP 495: `fold=0`)."""
    shown = datetime.combine(day, at, zone)
    first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return [first, second] if second > first else [first]


def parse_quiet_hours(text: str) -> QuietHours:
    """The hours of `21:30-8:00`. Raises ValueError, in words for whoever sets it up."""
    found = _SETTING_FORMAT.fullmatch(text.replace(" ", ""))
    try:
        if found is None:
            raise ValueError
        hours = [int(one) for one in found.groups()]
        made = QuietHours(time(hours[0], hours[1]), time(hours[2], hours[3]))
    except ValueError:
        raise ValueError("write from when until when, such as 21:30-8:00") from None
    if made.start == made.end:
        raise ValueError("they would never end; leave it empty for none")
    return made
