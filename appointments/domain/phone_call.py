"""Rules of telephone calls: when an agent may call, and when to give up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import Refused
from .appointment import ROOM_OPEN_AFTER_END, Appointment, entry_closes_at

CALL_OPENS_BEFORE_START = timedelta(minutes=10)  # earlier, the citizen is not ready yet
MIN_ATTEMPTS = 2  # before the citizen counts as not reached
# A second call at once finds the same telephone in the same bag.
MIN_ATTEMPT_GAP = timedelta(minutes=5)


class PhoneCallResult(StrEnum):
    """How a call ended. Values are stored. A withdrawn call was begun by mistake."""

    HELD = "held"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A call of an agent. `result` is None while it lasts.

    `expected_at`: when the citizen expected it, as announced last.
    """

    id: str
    appointment_id: str
    agent_id: str
    called_at: datetime
    ended_at: datetime | None = None
    result: PhoneCallResult | None = None
    expected_at: datetime | None = None


def call_opens_at(appointment: Appointment) -> datetime:
    return appointment.starts_at - CALL_OPENS_BEFORE_START


def forgotten_call_ends_at(appointment: Appointment, call: PhoneCall) -> datetime:
    """Return when a call that its agent does not end counts as ended, as a room closes.

    A call that began late has half an hour too.
    """
    return max(entry_closes_at(appointment), call.called_at + ROOM_OPEN_AFTER_END)


def open_call(calls: Iterable[PhoneCall]) -> PhoneCall | None:
    """Return the call that lasts, None without such a call."""
    return next((call for call in calls if call.result is None), None)


def count_attempts(calls: Iterable[PhoneCall]) -> int:
    """Count the attempts without an answer; calls soon after an attempt belong to it."""
    attempts, last = 0, None
    for call in sorted(calls, key=lambda call: call.called_at):
        is_attempt = call.result is PhoneCallResult.NO_ANSWER
        if is_attempt and (last is None or call.called_at >= last + MIN_ATTEMPT_GAP):
            attempts, last = attempts + 1, call.called_at
    return attempts


def can_report_no_show(calls: Iterable[PhoneCall]) -> bool:
    return count_attempts(calls) >= MIN_ATTEMPTS


def check_no_show(calls: Iterable[PhoneCall]) -> None:
    """Refuse to give up too early. Raises Refused("call_again_first")."""
    if not can_report_no_show(calls):
        minutes = int(MIN_ATTEMPT_GAP.total_seconds()) // 60
        raise Refused("call_again_first", attempts=MIN_ATTEMPTS, minutes=minutes)
