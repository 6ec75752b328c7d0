"""Delay notices: which later start to announce when an office runs late.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...core.i18n.dates import round_down_to_minutes
from .appointment import Appointment, AppointmentState
from .reminder_schedule import ReminderSettings

ANNOUNCE_AHEAD = timedelta(hours=2)  # for later visits the office may still catch up
MIN_ANNOUNCED_CHANGE = timedelta(minutes=15)  # a smaller change is not worth another message
ROUND_DOWN_TO_MINUTES = 5  # an announced time is a round number


def start_to_announce(
    appointment: Appointment, expected_at: datetime, now: datetime, settings: ReminderSettings
) -> datetime | None:
    """Return the start to announce now, None if nothing is to be announced.

    No start is announced to a citizen who has checked in or whose time has passed. `expected_at`: the
    forecast start. The announced start is rounded down, so that a citizen is not called before they come.
    """
    if settings.late is None or appointment.state is not AppointmentState.CONFIRMED:
        return None
    if not now < appointment.expected_at or appointment.starts_at > now + ANNOUNCE_AHEAD:
        return None
    come_at = max(round_down_to_minutes(expected_at, ROUND_DOWN_TO_MINUTES), appointment.starts_at)
    announced = appointment.told_starts_at
    if announced is None:
        return come_at if come_at - appointment.starts_at >= timedelta(minutes=settings.late) else None
    return come_at if abs(come_at - announced) >= MIN_ANNOUNCED_CHANGE else None
