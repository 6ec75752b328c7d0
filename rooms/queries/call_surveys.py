"""Surveys after calls, for their pages and the figures. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotAllowed
from ..domain.call_survey import CallSurvey, is_survey_open, over_since, survey_participant
from ..domain.room import Room
from ..storage import room_rows, survey_rows
from .room_access import CITIZEN_PERSON


@dataclass(frozen=True, slots=True)
class OfferedSurvey:
    """Survey of a person on the page after the call. `given`: the answer, if any."""

    is_open: bool
    given: CallSurvey | None


async def survey_for_person(
    session: AsyncSession, room: Room | None, person: str, now: datetime
) -> OfferedSurvey | None:
    """Return the survey of a person; None if not attended, or still in the call."""
    if room is None:
        return None
    participant_id = await room_rows.participant_id_of_person(session, room.appointment_id, person)
    try:
        participant = survey_participant(room, participant_id)
    except NotAllowed:
        return None
    if over_since(room, participant) is None:
        return None
    given = await survey_rows.find_survey(session, participant.id)
    return OfferedSurvey(is_survey_open(room, participant, given, now), given)


async def can_citizen_rate(session: AsyncSession, appointment_id: str, now: datetime) -> bool:
    """Check whether the citizen can rate the call now, or change the answer."""
    room = await room_rows.load_room(session, appointment_id)
    offered = await survey_for_person(session, room, CITIZEN_PERSON, now)
    return offered is not None and offered.is_open
