"""When each part of a test was measured: one that was left and gone on with is of more than one moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class Part(StrEnum):
    """Measured together: permissions and camera; microphone and speaker; all that needs the network."""

    DEVICES = "devices"
    VOICE = "voice"
    NETWORK = "network"


MeasurementTimes = Mapping[Part, datetime]

MAX_AGE_S = 86_400  # static/precheck/test_storage.js keeps a report for a day
SAME_RUN_WINDOW = timedelta(minutes=3)  # a test takes one; whoever reads slowly still makes one test


def times_from_ages(ages_s: Mapping[Part, float], now: datetime) -> MeasurementTimes:
    """The moments by our clock. Browsers tell ages in seconds: a phone's own clock may be wrong."""
    return {part: now - timedelta(seconds=age_s) for part, age_s in ages_s.items()}


def latest_time(times: MeasurementTimes, default: datetime) -> datetime:
    """When the test was made: its last part; `otherwise` for who tells no ages."""
    return max(times.values(), default=default)


def earlier_parts(times: MeasurementTimes) -> list[tuple[Part, datetime]]:
    """The parts that are of another moment than the last one, in the order of the test."""
    last = max(times.values(), default=None)
    return [
        (part, times[part]) for part in Part if part in times and last and last - times[part] > SAME_RUN_WINDOW
    ]
