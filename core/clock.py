"""The time of day. No other module asks the operating system for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# Goes on while the machine sleeps, where the system has such a clock, and never jumps.
_STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Source of the current time: a dependency, so that tests can set it."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class DatabaseClock:
    """The clock of the database server, the same for all processes.

    So they agree on the order of people in a line. A reading is carried on by the steady clock of this machine,
    whose own time of day may be wrong or jump. Before the first reading it is the `system` clock.
    core/db/clock_reading.py reads it.
    """

    def __init__(self, system: Clock | None = None) -> None:
        self._system = system or SystemClock()
        self._read_at: datetime | None = None
        self._read_at_s = 0.0

    def now(self) -> datetime:
        if self._read_at is None:
            return self._system.now()
        return self._read_at + timedelta(seconds=self.steady_s() - self._read_at_s)

    @staticmethod
    def steady_s() -> float:
        """Return the seconds of the steady clock, for the moments of a reading."""
        return time.clock_gettime(_STEADY_CLOCK)

    def correct(self, read_at: datetime, asked_at_s: float, answered_at_s: float) -> None:
        """Take over a reading of the database's clock, made between these two moments.

        A reading that confirms the present time within its own uncertainty is not taken over, so that the time
        does not step back by the jitter of the network.
        """
        # the database read its clock at some instant between question and answer
        middle_s, uncertainty_s = (asked_at_s + answered_at_s) / 2, (answered_at_s - asked_at_s) / 2
        expected = self.now() + timedelta(seconds=middle_s - self.steady_s())
        if self._read_at is None or abs((read_at - expected).total_seconds()) > uncertainty_s:
            self._read_at, self._read_at_s = read_at, middle_s

    def skew_s(self) -> float:
        """Return by how many seconds the clock of this machine is fast."""
        return (self._system.now() - self.now()).total_seconds()
