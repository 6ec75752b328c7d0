"""Rules of the survey after a call. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import NotAllowed, Refused
from .room import Participant, ParticipantRole, ParticipantState, Room

OPEN_FOR = timedelta(days=7)  # after the call
CHANGEABLE_FOR = timedelta(days=1)  # after the first answer
MAX_WORDS_CHARACTERS = 500


class Rating(StrEnum):
    """Rating by a choice of three faces."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """Ratings of a person. Sound and picture may be left out, as a call may have had none."""

    overall: Rating
    sound: Rating | None = None
    picture: Rating | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class CallSurvey:
    """Answer of a participant of a call."""

    answer: SurveyAnswer
    answered_at: datetime
    changed_at: datetime

    @property
    def changeable_until(self) -> datetime:
        return self.answered_at + CHANGEABLE_FOR


def survey_participant(room: Room | None, participant_id: str | None) -> Participant:
    """Return the participant who may rate the call: an attended person.

    The citizen counts also if the conversation was by telephone only.
    Raises NotAllowed("not_in_the_call").
    """
    for participant in room.participants if room else ():
        by_phone = room is not None and room.by_phone_since and participant.role is ParticipantRole.CITIZEN
        if participant.id == participant_id and not participant.is_staff and (participant.admitted_at or by_phone):
            return participant
    raise NotAllowed("not_in_the_call")


def answer_survey(
    room: Room, participant: Participant, before: CallSurvey | None, answer: SurveyAnswer, now: datetime
) -> CallSurvey:
    """Return the new or the changed answer.

    Raises Refused("call_not_over" | "survey_closed").
    """
    if over_since(room, participant) is None:
        raise Refused("call_not_over")
    if not is_survey_open(room, participant, before, now):
        raise Refused("survey_closed")
    return replace(before, answer=answer, changed_at=now) if before else CallSurvey(answer, now, now)


def over_since(room: Room, participant: Participant) -> datetime | None:
    """Return since when the call is over for a person, who may leave early; None if not."""
    if room.end is not None:
        return room.end.at
    return participant.state_since if participant.state is ParticipantState.LEFT else None


def is_survey_open(room: Room, participant: Participant, before: CallSurvey | None, now: datetime) -> bool:
    """Check whether an answer can be given or changed."""
    since = over_since(room, participant)
    return since is not None and now < (since + OPEN_FOR if before is None else before.changeable_until)
