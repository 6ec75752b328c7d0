"""Loads and saves rooms. The only file of this folder that runs SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import BATCH_ROWS
from ...core.ids import new_id
from ..domain.room import AgentState, Participant, ParticipantRole, ParticipantState, Room, RoomEnd, SentMedia
from .tables import ParticipantRow, PresenceRow, RoomEventRow, RoomRow


@dataclass(frozen=True, slots=True)
class SessionPresence:
    """The live session of one participant, and where it belongs."""

    appointment_id: str
    office_slug: str
    participant_id: str
    person: str  # as in ParticipantRow
    connected: bool
    seen_at: datetime


async def ensure_room(
    session: AsyncSession, appointment_id: str, office_id: str, office_slug: str, now: datetime
) -> bool:
    """Make the room's row unless it is there; whether it is new. Two first hellos at once make one row."""
    values: dict[str, Any] = {
        "appointment_id": appointment_id,
        "office_id": office_id,
        "office_slug": office_slug,
        "version": 0,
        "opened_at": now,
    }
    made = await session.execute(_insert_if_absent(session, values))
    return bool(getattr(made, "rowcount", 0))


def _insert_if_absent(session: AsyncSession, values: dict[str, Any]) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(RoomRow).values(values).on_conflict_do_nothing()
    return postgresql.insert(RoomRow).values(values).on_conflict_do_nothing()


async def lock_room(session: AsyncSession, appointment_id: str) -> RoomRow | None:
    """The room's row, locked until the transaction ends."""
    locked = (
        select(RoomRow)
        .where(RoomRow.appointment_id == appointment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(locked)).scalar_one_or_none()


async def load_room(session: AsyncSession, appointment_id: str) -> Room | None:
    """The room as it is now; None before the first hello."""
    row = await session.get(RoomRow, appointment_id)
    if row is None:
        return None
    return _to_room(row, await _participant_rows(session, [appointment_id]))


async def load_rooms(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, Room]:
    """Several rooms at once, by appointment; those that were never opened are missing."""
    rows = await session.scalars(select(RoomRow).where(RoomRow.appointment_id.in_(appointment_ids)))
    people = await _participant_rows(session, appointment_ids)
    return {row.appointment_id: _to_room(row, people) for row in rows}


async def open_rooms(session: AsyncSession, office_id: str) -> list[Room]:
    """All rooms of an office that are not closed."""
    wanted = select(RoomRow).where(RoomRow.office_id == office_id, RoomRow.ended_at.is_(None))
    rows = (await session.scalars(wanted)).all()
    people = await _participant_rows(session, [row.appointment_id for row in rows])
    return [_to_room(row, people) for row in rows]


async def room_versions(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, int]:
    """The present version of each room, in one question."""
    wanted = select(RoomRow.appointment_id, RoomRow.version).where(RoomRow.appointment_id.in_(appointment_ids))
    return {row.appointment_id: row.version for row in await session.execute(wanted)}


async def participant_id_of_person(session: AsyncSession, appointment_id: str, person: str) -> str | None:
    """The id that this person has in this room."""
    wanted = select(ParticipantRow.id).where(
        ParticipantRow.appointment_id == appointment_id, ParticipantRow.person == person
    )
    return await session.scalar(wanted)


async def appointment_id_of_participant(session: AsyncSession, participant_id: str) -> str | None:
    """In which room this participant is."""
    wanted = select(ParticipantRow.appointment_id).where(ParticipantRow.id == participant_id)
    return await session.scalar(wanted)


async def save_room(session: AsyncSession, row: RoomRow, before: Room, after: Room) -> None:
    """Write what differs, and bump the version."""
    known = {one.id: one for one in before.participants}
    for one in after.participants:
        if one.id in known and known[one.id] != one:
            await _update_participant(session, one)
    row.version += 1
    if after.end is not None:
        row.ended_at, row.end_reason, row.outcome = after.end.at, after.end.reason, after.end.outcome


async def add_participant(session: AsyncSession, appointment_id: str, person: str, one: Participant) -> None:
    """Give a person their row in the room."""
    session.add(
        ParticipantRow(
            id=one.id, appointment_id=appointment_id, person=person, role=one.role, **_participant_columns(one)
        )
    )
    await session.flush()


async def _update_participant(session: AsyncSession, one: Participant) -> None:
    await session.execute(
        update(ParticipantRow).where(ParticipantRow.id == one.id).values(**_participant_columns(one))
    )
    await session.execute(
        update(PresenceRow).where(PresenceRow.participant_id == one.id).values(connected=one.connected)
    )


def _participant_columns(one: Participant) -> dict[str, Any]:
    return {
        "name": one.name,
        "place": one.state.value,
        "since": one.state_since,
        "first_joined_at": one.first_joined_at,
        "admitted_at": one.admitted_at,
        "media": asdict(one.media),
        "agent_state": one.agent_state.value if one.agent_state else None,
        "message": one.lobby_message,
    }


async def set_participant_media(session: AsyncSession, participant_id: str, media: SentMedia) -> None:
    """What somebody sends now: for those who come later; the others are told by a message."""
    await session.execute(
        update(ParticipantRow).where(ParticipantRow.id == participant_id).values(media=asdict(media))
    )


async def set_participant_test_code(session: AsyncSession, participant_id: str, code: str) -> None:
    await session.execute(update(ParticipantRow).where(ParticipantRow.id == participant_id).values(test_code=code))


async def save_presence(session: AsyncSession, participant_id: str, session_hash: str, now: datetime) -> None:
    """Make this the one live session of the participant."""
    await session.merge(
        PresenceRow(participant_id=participant_id, session_hash=session_hash, connected=True, seen_at=now)
    )
    await session.flush()


async def presence_by_session(session: AsyncSession, session_hash: str) -> SessionPresence | None:
    """Whose session this is."""
    return await _load_presence(session, PresenceRow.session_hash == session_hash)


async def presence_by_participant(session: AsyncSession, participant_id: str) -> SessionPresence | None:
    """The live session of a participant."""
    return await _load_presence(session, PresenceRow.participant_id == participant_id)


async def _load_presence(session: AsyncSession, condition: Any) -> SessionPresence | None:
    wanted = (
        select(PresenceRow, ParticipantRow.appointment_id, ParticipantRow.person, RoomRow.office_slug)
        .join(ParticipantRow, ParticipantRow.id == PresenceRow.participant_id)
        .join(RoomRow, RoomRow.appointment_id == ParticipantRow.appointment_id)
        .where(condition)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        return None
    row, appointment_id, person, office_slug = found
    return SessionPresence(appointment_id, office_slug, row.participant_id, person, row.connected, row.seen_at)


async def latest_session_hashes(session: AsyncSession, participant_ids: Collection[str]) -> dict[str, str]:
    """The hash of each person's newest session."""
    wanted = select(PresenceRow).where(PresenceRow.participant_id.in_(participant_ids))
    return {row.participant_id: row.session_hash for row in await session.scalars(wanted)}


async def delete_presence(session: AsyncSession, session_hash: str) -> bool:
    """Let nobody come back to this session; whether it was still somebody's live one."""
    gone = await session.execute(delete(PresenceRow).where(PresenceRow.session_hash == session_hash))
    return bool(getattr(gone, "rowcount", 0))


async def touch_presences(session: AsyncSession, session_hashes: Collection[str], now: datetime) -> None:
    """Say that these sessions are alive."""
    await session.execute(
        update(PresenceRow).where(PresenceRow.session_hash.in_(session_hashes)).values(seen_at=now)
    )


def add_audit_event(
    session: AsyncSession,
    appointment_id: str,
    participant_id: str | None,
    kind: str,
    now: datetime,
    details: dict[str, Any],
) -> None:
    """One line of the audit."""
    session.add(
        RoomEventRow(
            id=new_id(),
            appointment_id=appointment_id,
            participant_id=participant_id,
            kind=kind,
            at=now,
            details=details,
        )
    )


async def audit_events(session: AsyncSession, appointment_id: str) -> list[RoomEventRow]:
    """The audit of a room, oldest first."""
    wanted = (
        select(RoomEventRow)
        .where(RoomEventRow.appointment_id == appointment_id)
        .order_by(RoomEventRow.at, RoomEventRow.id)
    )
    return list(await session.scalars(wanted))


async def participant_consents(session: AsyncSession, participant_id: str) -> list[dict[str, Any]]:
    """What this participant has agreed to or not, oldest first."""
    wanted = (
        select(RoomEventRow.details)
        .join(ParticipantRow, ParticipantRow.appointment_id == RoomEventRow.appointment_id)
        .where(ParticipantRow.id == participant_id, RoomEventRow.participant_id == participant_id)
        .where(RoomEventRow.kind == "consent")
        .order_by(RoomEventRow.at, RoomEventRow.id)
    )
    return list(await session.scalars(wanted))


async def _participant_rows(session: AsyncSession, appointment_ids: Collection[str]) -> Sequence[Any]:
    wanted = (
        select(ParticipantRow, PresenceRow.connected)
        .outerjoin(PresenceRow, PresenceRow.participant_id == ParticipantRow.id)
        .where(ParticipantRow.appointment_id.in_(appointment_ids))
        .order_by(ParticipantRow.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(wanted)).all()


def _to_room(row: RoomRow, people: Sequence[Any]) -> Room:
    return Room(
        appointment_id=row.appointment_id,
        participants=tuple(
            _to_participant(one, bool(connected))
            for one, connected in people
            if one.appointment_id == row.appointment_id
        ),
        end=RoomEnd(row.ended_at, row.end_reason or "ended", row.outcome) if row.ended_at else None,
        version=row.version,
    )


def _to_participant(row: ParticipantRow, connected: bool) -> Participant:
    return Participant(
        id=row.id,
        role=ParticipantRole(row.role),
        name=row.name,
        state=ParticipantState(row.place),
        state_since=row.since,
        first_joined_at=row.first_joined_at,
        admitted_at=row.admitted_at,
        connected=connected,
        media=SentMedia(**row.media),
        agent_state=AgentState(row.agent_state) if row.agent_state else None,
        lobby_message=row.message,
    )


async def anonymise_participants(session: AsyncSession, before: datetime) -> int:
    """A batch of those who are not of the staff, in rooms that were opened before: their names; how many."""
    row = ParticipantRow
    old = select(RoomRow.appointment_id).where(RoomRow.opened_at < before)
    guests = row.role.in_((ParticipantRole.CITIZEN, ParticipantRole.INTERPRETER))
    known = select(row.id).where(guests, row.name != "", row.appointment_id.in_(old)).limit(BATCH_ROWS)
    found = (await session.execute(known.with_for_update(skip_locked=True))).scalars().all()
    if found:
        await session.execute(update(row).where(row.id.in_(found)).values(name="", message=None))
    return len(found)
