"""Public API of the video rooms for other features."""

from __future__ import annotations

from .actions.evacuation import begin_evacuation_of_calls, end_evacuation_of_calls
from .actions.presence import TIMERS, on_appointment_cancelled, on_appointment_rescheduled
from .actions.room_transfers import (
    TransferOffer,
    answer_transfer,
    finish_transfer,
    offer_transfer,
    withdraw_transfer,
)
from .domain.call_quality import CallQuality
from .domain.call_record import CallRecord
from .domain.call_survey import SurveyAnswer
from .domain.room_invite import GuestRole
from .domain.room_transfer import RoomTransfer, TransferKind, TransferSide, TransferState
from .events import RoomOffered
from .queries.call_report import call_qualities
from .queries.call_surveys import can_citizen_rate
from .queries.office_transfers import OfficeTransfer, latest_transfer, office_transfers
from .queries.room_lists import (
    LobbyCount,
    LobbyGuest,
    VideoAppointmentStatus,
    count_in_lobbies,
    forecast_video_starts,
    lobby_guests,
    todays_video_appointments,
)
from .realtime.socket_messages import OutcomeKey
from .storage.acceptance_rows import anonymise_acceptances
from .storage.call_rows import call_records
from .storage.document_rows import delete_old_documents
from .storage.room_event_rows import RoomEvent, room_events_in_window
from .storage.room_invite_rows import anonymise_invites
from .storage.room_rows import anonymise_participants
from .storage.survey_rows import anonymise_surveys, survey_answers
from .web.audit_texts import AUDIT_SENTENCES
from .web.room_caller import room_of_staff

__all__ = [
    "AUDIT_SENTENCES",
    "TIMERS",
    "CallQuality",
    "CallRecord",
    "GuestRole",
    "LobbyCount",
    "LobbyGuest",
    "OfficeTransfer",
    "OutcomeKey",
    "RoomEvent",
    "RoomOffered",
    "RoomTransfer",
    "SurveyAnswer",
    "TransferKind",
    "TransferOffer",
    "TransferSide",
    "TransferState",
    "VideoAppointmentStatus",
    "anonymise_acceptances",
    "anonymise_invites",
    "anonymise_participants",
    "anonymise_surveys",
    "answer_transfer",
    "begin_evacuation_of_calls",
    "call_qualities",
    "call_records",
    "can_citizen_rate",
    "count_in_lobbies",
    "delete_old_documents",
    "end_evacuation_of_calls",
    "finish_transfer",
    "forecast_video_starts",
    "latest_transfer",
    "lobby_guests",
    "offer_transfer",
    "office_transfers",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "room_events_in_window",
    "room_of_staff",
    "survey_answers",
    "todays_video_appointments",
    "withdraw_transfer",
]
