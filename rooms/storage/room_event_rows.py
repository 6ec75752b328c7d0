"""SQL that reads the events of rooms for the audit. No rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.event_window import EventWindow
from .tables import ParticipantRow, RoomEventRow, RoomRow

# measurements of clients, each ten seconds: no action of a person
MEASUREMENT_KIND = "quality"


@dataclass(frozen=True, slots=True)
class EventPerson:
    """A participant whom an event is about. An empty name was deleted by data retention."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """An event of a room.

    `actor`: `citizen`, `staff:ID`, `guest:ID` or None for a timer, with `name` and `role` in the room. `about`:
    the other participant, such as the person who was let in.
    """

    id: str
    at: datetime
    kind: str
    actor: str | None
    role: str | None
    name: str
    details: Mapping[str, Any]
    appointment_id: str
    office_id: str
    about: EventPerson | None = None


async def room_events_in_window(
    session: AsyncSession, window: EventWindow, office_ids: Collection[str] | None
) -> list[RoomEvent]:
    """Return the events of rooms in a window, newest first, without measurements.

    `office_ids`: None for all offices.
    """
    row, person = RoomEventRow, ParticipantRow
    name = func.coalesce(person.name, "")
    columns = (row.id, row.at, row.kind, person.person, person.role, name, row.details, row.appointment_id)
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
    events = [RoomEvent(*values) for values in await session.execute(window.select_page(found, row.at, row.id))]
    return await _add_people(session, events)


async def _add_people(session: AsyncSession, events: list[RoomEvent]) -> list[RoomEvent]:
    """Add the participants whom events are about."""
    wanted = {event.details["participant"] for event in events if event.details.get("participant")}
    if not wanted:
        return events
    row = ParticipantRow
    found = await session.execute(select(row.id, row.role, row.name).where(row.id.in_(wanted)))
    people = {id: EventPerson(role, name) for id, role, name in found}
    return [replace(event, about=people.get(event.details.get("participant", ""))) for event in events]
