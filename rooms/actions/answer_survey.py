"""Use case of a citizen or guest who rates a call that is over for them."""

from __future__ import annotations

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain import call_survey as rules
from ..domain.call_survey import CallSurvey, SurveyAnswer
from ..storage import room_rows, survey_rows
from .room_transaction import note_changed_call


async def answer_survey(runtime: Runtime, appointment_id: str, person: str, answer: SurveyAnswer) -> CallSurvey:
    """Keep the answer of a person, or change it.

    Raises NotFound, NotAllowed("not_in_the_call"), Refused("call_not_over" | "survey_closed").
    """
    async with runtime.transaction() as tx:
        # locked, so that two answers sent at once cannot both be the first
        if await room_rows.lock_room(tx.session, appointment_id) is None:
            raise NotFound
        room = await room_rows.load_room(tx.session, appointment_id)
        participant_id = await room_rows.participant_id_of_person(tx.session, appointment_id, person)
        participant = rules.survey_participant(room, participant_id)
        assert room is not None, "it was locked above"
        before = await survey_rows.find_survey(tx.session, participant.id)
        survey = rules.answer_survey(room, participant, before, answer, tx.now)
        await note_changed_call(tx, appointment_id)
        await survey_rows.save_survey(tx.session, appointment_id, participant.id, survey)
    return survey
