"""SQL of emergencies."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import flush_inserts
from ...core.row_mapping import from_row, row_values
from ..domain.emergency import Emergency, EmergencyAnswer
from .tables import EmergencyRow


async def open_emergencies(session: AsyncSession, office_ids: Collection[str]) -> list[Emergency]:
    """Load the open emergencies of offices, oldest first."""
    row = EmergencyRow
    is_open = row.office_id.in_(office_ids) & row.ended_at.is_(None)
    found = select(row).where(is_open).order_by(row.started_at, row.id)
    return [_to_emergency(row) for row in await session.scalars(found)]


async def started_emergency(session: AsyncSession, person_id: str) -> Emergency | None:
    """Load the open emergency that this person started; None if there is none."""
    found = select(EmergencyRow).where(EmergencyRow.starter_id == person_id, EmergencyRow.ended_at.is_(None))
    row = (await session.scalars(found)).one_or_none()
    return _to_emergency(row) if row else None


async def lock_emergency(session: AsyncSession, emergency_id: str) -> Emergency | None:
    """Load an emergency and lock its row; None if it is unknown."""
    found = select(EmergencyRow).where(EmergencyRow.id == emergency_id).with_for_update()
    row = (await session.scalars(found)).one_or_none()
    return _to_emergency(row) if row else None


async def insert_emergency(session: AsyncSession, emergency: Emergency) -> None:
    """Insert an emergency. Raises WriteConflict if the person has an open emergency."""
    session.add(EmergencyRow(**row_values(emergency, answers=[], false_alarm=False)))
    await flush_inserts(session)


async def save_answers(session: AsyncSession, emergency: Emergency) -> None:
    """Store who comes."""
    answers = [
        {"id": answer.person_id, "name": answer.name, "at": answer.at.isoformat()} for answer in emergency.answers
    ]
    await session.execute(update(EmergencyRow).where(EmergencyRow.id == emergency.id).values(answers=answers))


async def end_emergency(
    session: AsyncSession, emergency_id: str, ender_id: str, now: datetime, *, note: str | None, false_alarm: bool
) -> None:
    """Mark an emergency as ended."""
    values = {"ended_at": now, "ender_id": ender_id, "note": note, "false_alarm": false_alarm}
    await session.execute(update(EmergencyRow).where(EmergencyRow.id == emergency_id).values(**values))


async def erase_old_emergencies(session: AsyncSession, before: datetime) -> None:
    """Delete the notes and names of emergencies that ended before this time.

    The audit keeps who acted.
    """
    row = EmergencyRow
    has_contents = or_(row.note.is_not(None), row.starter != "")
    await session.execute(
        update(row)
        .where(row.ended_at < before, has_contents)
        .values(note=None, starter="", answers=[], appointment_id=None)
    )


def _to_emergency(row: EmergencyRow) -> Emergency:
    answers = tuple(
        EmergencyAnswer(answer["id"], answer["name"], datetime.fromisoformat(answer["at"]))
        for answer in row.answers
    )
    return from_row(Emergency, row, answers=answers)
