"""Rules of the survey: the people who may rate a call, and its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from office360.core.errors import NotAllowed, Refused
from office360.rooms.domain.call_survey import (
    CHANGEABLE_FOR,
    OPEN_FOR,
    CallSurvey,
    Rating,
    SurveyAnswer,
    answer_survey,
    survey_participant,
)
from office360.rooms.domain.room import Participant, ParticipantRole, ParticipantState, Room, RoomEnd

T0 = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
GOOD, BAD = SurveyAnswer(Rating.GOOD, Rating.GOOD), SurveyAnswer(Rating.BAD)


def make_room(role: ParticipantRole, admitted_at: datetime | None, by_phone: datetime | None = None) -> Room:
    one = Participant("one", role, "Amina", ParticipantState.LEFT, T0, admitted_at=admitted_at)
    return Room("a", (one,), RoomEnd(T0, "ended"), by_phone_since=by_phone)


@pytest.mark.parametrize(
    ("room", "may"),
    [
        (make_room(ParticipantRole.CITIZEN, T0), True),
        (make_room(ParticipantRole.INTERPRETER, T0), True),
        (make_room(ParticipantRole.CITIZEN, None, by_phone=T0), True),
        (make_room(ParticipantRole.CITIZEN, None), False),
        (make_room(ParticipantRole.INTERPRETER, None, by_phone=T0), False),
        (make_room(ParticipantRole.AGENT, T0), False),
        (None, False),
    ],
)
def test_only_attended_people_rate_a_call(room: Room | None, may: bool) -> None:
    if may:
        assert survey_participant(room, "one").id == "one"
    else:
        with pytest.raises(NotAllowed, match="not_in_the_call"):
            survey_participant(room, "one")


def test_answer_is_given_for_a_week_and_changed_for_a_day() -> None:
    room = make_room(ParticipantRole.CITIZEN, T0)
    one = room.participants[0]
    last = T0 + OPEN_FOR - timedelta(seconds=1)
    given = answer_survey(room, one, None, GOOD, last)
    changed = answer_survey(room, one, given, BAD, last + CHANGEABLE_FOR - timedelta(seconds=1))
    assert (changed.answer, changed.answered_at) == (BAD, last)
    for before, now in ((given, last + CHANGEABLE_FOR), (None, T0 + OPEN_FOR)):
        with pytest.raises(Refused, match="survey_closed"):
            answer_survey(room, one, before, BAD, now)


def test_person_inside_rates_nothing_and_one_who_left_does() -> None:
    room = replace(make_room(ParticipantRole.CITIZEN, T0), end=None)
    one = room.participants[0]
    assert answer_survey(room, one, None, GOOD, T0).answer == GOOD
    back = replace(one, state=ParticipantState.ADMITTED)
    with pytest.raises(Refused, match="call_not_over"):
        answer_survey(room, back, CallSurvey(GOOD, T0, T0), GOOD, T0)
