"""SQL that reads the events of rooms for the audit. No rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.event_window import EventWindow
from .tables import ParticipantRow, RoomEventRow, RoomRow

MEASUREMENT_KIND = "quality"  # measurements of clients, one each ten seconds: no action of a person


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One event of a room. `actor`: `citizen`, `staff:ID` or None for a timer."""

    id: str
    at: datetime
    kind: str
    actor: str | None
    role: str | None
    details: Mapping[str, Any]
    appointment_id: str
    office_id: str


async def room_events_in_window(
    session: AsyncSession, window: EventWindow, office_ids: Collection[str] | None
) -> list[RoomEvent]:
    """Return the events of rooms in a window, newest first, without measurements.

    `office_ids`: None for all offices.
    """
    row, person = RoomEventRow, ParticipantRow
    columns = (row.id, row.at, row.kind, person.person, person.role, row.details, row.appointment_id)
    found = (
        select(*columns, RoomRow.office_id)
        .join(RoomRow, RoomRow.appointment_id == row.appointment_id)
        .outerjoin(person, person.id == row.participant_id)
        .where(row.kind != MEASUREMENT_KIND)
    )
    if office_ids is not None:
        found = found.where(RoomRow.office_id.in_(office_ids))
    if window.actors is not None:
        found = found.where(person.person.in_(window.actors))
    if window.subject_id is not None:
        found = found.where(row.appointment_id == window.subject_id)
    return [RoomEvent(*values) for values in await session.execute(window.select_page(found, row.at, row.id))]
