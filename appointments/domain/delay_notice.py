"""Whom to tell that we run late, and what. Pure: no clock, no SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...core.i18n.dates import round_down_to_minutes
from .appointment import Appointment, AppointmentState
from .reminder_schedule import ReminderSettings

ANNOUNCE_AHEAD = timedelta(hours=2)  # later visits may still be caught up with
MIN_ANNOUNCED_CHANGE = timedelta(minutes=15)  # less is not worth another message
ROUND_DOWN_TO_MINUTES = 5  # a time to come at is told as people say it


def start_to_announce(
    appointment: Appointment, expected_at: datetime, now: datetime, settings: ReminderSettings
) -> datetime | None:
    """The time at which to come, if that is to be told now. Whoever is here, or past their time, is not told.

    `expected_at`: when this visit would begin as things stand. Rounded down: nobody is called before they come.
    """
    if settings.late is None or appointment.state is not AppointmentState.CONFIRMED:
        return None
    if not now < appointment.expected_at or appointment.starts_at > now + ANNOUNCE_AHEAD:
        return None
    come_at = max(round_down_to_minutes(expected_at, ROUND_DOWN_TO_MINUTES), appointment.starts_at)
    told = appointment.told_starts_at
    if told is None:
        return come_at if come_at - appointment.starts_at >= timedelta(minutes=settings.late) else None
    return come_at if abs(come_at - told) >= MIN_ANNOUNCED_CHANGE else None
