"""Public API of the video rooms for other features."""

from __future__ import annotations

from .actions.data_retention import forget_people
from .actions.presence import TIMERS, on_appointment_cancelled, on_appointment_rescheduled
from .queries.room_lists import LobbyEntry, VideoAppointment, expected_starts, lobby, video_day

__all__ = [
    "TIMERS",
    "LobbyEntry",
    "VideoAppointment",
    "expected_starts",
    "forget_people",
    "lobby",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "video_day",
]
