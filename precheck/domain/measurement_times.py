"""Times at which the parts of a test were measured.

A resumed test has parts of different times. No clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class Part(StrEnum):
    """Steps measured together: permissions and camera; microphone and speaker; network."""

    DEVICES = "devices"
    VOICE = "voice"
    NETWORK = "network"


MeasurementTimes = Mapping[Part, datetime]

# static/precheck/record/test_storage.js keeps a report for a day
MAX_AGE_S = 86_400
# a test takes a minute; reading the pages slowly is still the same test
SAME_RUN_WINDOW = timedelta(minutes=3)


def times_from_ages(ages_s: Mapping[Part, float], now: datetime) -> MeasurementTimes:
    """Convert ages to times of the server's clock.

    Browsers send ages because a phone's clock may be wrong.
    """
    return {part: now - timedelta(seconds=age_s) for part, age_s in ages_s.items()}


def latest_time(times: MeasurementTimes, default: datetime) -> datetime:
    """Return the time of the last part, or `default` if no ages were sent."""
    return max(times.values(), default=default)


def earlier_parts(times: MeasurementTimes) -> list[tuple[Part, datetime]]:
    """List the parts measured in an earlier run than the last part, in the order of the test."""
    last = max(times.values(), default=None)
    return [
        (part, times[part]) for part in Part if part in times and last and last - times[part] > SAME_RUN_WINDOW
    ]
