"""SQL of the surveys after calls. No rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import update_in_batches
from ...core.row_mapping import from_row, row_values
from ...core.runtime import Runtime
from ..domain.call_survey import CallSurvey, SurveyAnswer
from .survey_tables import SurveyRow


async def find_survey(session: AsyncSession, participant_id: str) -> CallSurvey | None:
    """Return the answer of a participant; None without an answer."""
    row = await session.get(SurveyRow, participant_id, populate_existing=True)
    return CallSurvey(from_row(SurveyAnswer, row), row.answered_at, row.changed_at) if row else None


async def save_survey(session: AsyncSession, appointment_id: str, participant_id: str, survey: CallSurvey) -> None:
    """Write the answer of a participant. The room is locked."""
    columns = row_values(
        survey.answer,
        participant_id=participant_id,
        appointment_id=appointment_id,
        answered_at=survey.answered_at,
        changed_at=survey.changed_at,
    )
    await session.merge(SurveyRow(**columns))


async def survey_answers(
    session: AsyncSession, appointment_ids: Collection[str]
) -> dict[str, tuple[SurveyAnswer, ...]]:
    """Return the answers of each call that has answers, by appointment, oldest first."""
    row = SurveyRow
    found = select(row).where(row.appointment_id.in_(appointment_ids)).order_by(row.answered_at)
    answers: dict[str, list[SurveyAnswer]] = defaultdict(list)
    for each in await session.scalars(found):
        answers[each.appointment_id].append(from_row(SurveyAnswer, each))
    return {appointment_id: tuple(given) for appointment_id, given in answers.items()}


async def anonymise_surveys(runtime: Runtime, before: datetime) -> int:
    """Delete the words of answers given before a time; the ratings stay. Idempotent."""
    row = SurveyRow
    is_due = (row.answered_at < before) & row.words.is_not(None)
    return await update_in_batches(runtime, row.participant_id, is_due, words=None)
