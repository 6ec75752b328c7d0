"""Public API of the video rooms for other features."""

from __future__ import annotations

from .actions.presence import TIMERS, on_appointment_cancelled, on_appointment_rescheduled
from .domain.call_quality import CallQuality
from .domain.call_record import CallRecord
from .queries.call_report import call_qualities, call_records
from .queries.room_lists import (
    LobbyCount,
    LobbyGuest,
    VideoAppointmentStatus,
    count_in_lobbies,
    forecast_video_starts,
    lobby_guests,
    todays_video_appointments,
)
from .storage.room_event_rows import RoomEvent, room_events_in_window
from .storage.room_rows import anonymise_participants

__all__ = [
    "TIMERS",
    "CallQuality",
    "CallRecord",
    "LobbyCount",
    "LobbyGuest",
    "RoomEvent",
    "VideoAppointmentStatus",
    "anonymise_participants",
    "call_qualities",
    "call_records",
    "count_in_lobbies",
    "forecast_video_starts",
    "lobby_guests",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "room_events_in_window",
    "todays_video_appointments",
]
