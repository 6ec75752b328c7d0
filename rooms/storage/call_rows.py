"""SQL that reads calls and their measurements for the figures. No rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.call_record import CallRecord
from ..domain.call_timeline import CallEvent
from ..domain.room import STAFF_ROLES, ParticipantRole
from .room_event_rows import MEASUREMENT_KIND
from .tables import ParticipantRow, RoomEventRow, RoomRow


async def call_records(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, CallRecord]:
    """Return the call of each appointment whose room was opened, by appointment."""
    room, person = RoomRow, ParticipantRow
    columns = (person.appointment_id, person.role, person.first_joined_at, person.admitted_at)
    people: dict[str, list[Any]] = defaultdict(list)
    for row in await session.execute(select(*columns).where(person.appointment_id.in_(appointment_ids))):
        people[row.appointment_id].append(row)
    rooms = select(room.appointment_id, room.ended_at, room.end_reason, room.outcome, room.by_phone_since)
    return {
        row.appointment_id: _to_record(row, people[row.appointment_id])
        for row in await session.execute(rooms.where(room.appointment_id.in_(appointment_ids)))
    }


async def load_call_lengths(
    session: AsyncSession, office_id: str, since: datetime, limit: int
) -> dict[str, timedelta]:
    """Return the lengths of the office's latest calls, by appointment."""
    room, person = RoomRow, ParticipantRow
    began_at = func.min(person.admitted_at, type_=person.admitted_at.type)
    calls = (
        select(room.appointment_id, room.ended_at, began_at.label("began_at"))
        .join(person, person.appointment_id == room.appointment_id)
        .where(room.office_id == office_id, room.ended_at >= since, person.role.not_in(STAFF_ROLES))
        .where(person.admitted_at.is_not(None))
        .group_by(room.appointment_id, room.ended_at)
        .order_by(room.ended_at.desc())
        .limit(limit)
    )
    return {row.appointment_id: row.ended_at - row.began_at for row in await session.execute(calls)}


def _to_record(room: Any, people: list[Any]) -> CallRecord:
    citizen = next((person for person in people if person.role == ParticipantRole.CITIZEN), None)
    begins = [person.admitted_at for person in people if person.role not in STAFF_ROLES and person.admitted_at]
    if room.by_phone_since is not None:
        begins.append(room.by_phone_since)
    return CallRecord(
        joined_at=citizen.first_joined_at if citizen else None,
        admitted_at=citizen.admitted_at if citizen else None,
        began_at=min(begins, default=None),
        ended_at=room.ended_at,
        end_reason=room.end_reason,
        outcome=room.outcome,
        by_phone_at=room.by_phone_since,
    )


async def load_call_events(session: AsyncSession, appointment_id: str) -> list[CallEvent]:
    """Return the recorded events of a call, oldest first."""
    row = RoomEventRow
    columns = (row.at, row.kind, row.participant_id, row.details)
    found = select(*columns).where(row.appointment_id == appointment_id).order_by(row.at, row.id)
    return [CallEvent(*values) for values in await session.execute(found)]


async def load_participant_names(session: AsyncSession, appointment_id: str) -> dict[str, tuple[str, str]]:
    """Return role and name of each participant by id. Deleted names are empty."""
    person = ParticipantRow
    found = select(person.id, person.role, person.name).where(person.appointment_id == appointment_id)
    return {id: (role, name) for id, role, name in await session.execute(found)}


async def load_quality_samples(
    session: AsyncSession, appointment_ids: Collection[str]
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the measurements of each call, by appointment."""
    row = RoomEventRow
    measured = select(row.appointment_id, row.details).where(
        row.appointment_id.in_(appointment_ids), row.kind == MEASUREMENT_KIND
    )
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for appointment_id, details in await session.execute(measured):
        found[appointment_id].append(details)
    return found
