"""SQL of the video rooms: rooms, participants, presences and audit events. No rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.audit_entries import AuditActor
from ...core.db.batch_delete import update_in_batches
from ...core.db.engine import affects_one_row, dialect_insert
from ...core.ids import new_id
from ...core.row_mapping import from_row
from ...core.runtime import Runtime
from ..domain.room import (
    INSIDE_STATES,
    STAFF_ROLES,
    AgentState,
    CallBack,
    Participant,
    ParticipantRole,
    ParticipantState,
    Room,
    RoomEnd,
    SentMedia,
)
from .tables import ParticipantRow, PresenceRow, RoomEventRow, RoomRow


@dataclass(frozen=True, slots=True)
class SessionPresence:
    """Live session of a participant, with the participant's room."""

    appointment_id: str
    office_slug: str
    participant_id: str
    person: str  # as in ParticipantRow
    connected: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LobbyStay:
    """A citizen in a lobby."""

    appointment_id: str
    office_id: str
    joined_at: datetime


# Rooms


async def ensure_room(
    session: AsyncSession, appointment_id: str, office_id: str, office_slug: str, now: datetime
) -> bool:
    """Insert the room's row unless it exists. Return whether it was inserted.

    Concurrent first hellos insert one row.
    """
    statement = dialect_insert(session, RoomRow).values(
        appointment_id=appointment_id, office_id=office_id, office_slug=office_slug, version=0, opened_at=now
    )
    return await affects_one_row(session, statement.on_conflict_do_nothing())


async def lock_room(session: AsyncSession, appointment_id: str) -> RoomRow | None:
    """Lock the room's row until the transaction ends; None before the first hello."""
    locked = (
        select(RoomRow)
        .where(RoomRow.appointment_id == appointment_id)
        # the session may have the row as it was before the lock: populate_existing reads it again
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(locked)).scalar_one_or_none()


async def load_room(session: AsyncSession, appointment_id: str) -> Room | None:
    """Load the room of an appointment; None before the first hello."""
    row = await session.get(RoomRow, appointment_id)
    if row is None:
        return None
    participants = await _participants_of_rooms(session, [appointment_id])
    return _to_room(row, participants.get(appointment_id, []))


async def load_rooms(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, Room]:
    """Load rooms by appointment. Rooms that were never opened are missing."""
    rows = await session.scalars(select(RoomRow).where(RoomRow.appointment_id.in_(appointment_ids)))
    participants = await _participants_of_rooms(session, appointment_ids)
    return {row.appointment_id: _to_room(row, participants.get(row.appointment_id, [])) for row in rows}


async def open_rooms(session: AsyncSession, office_id: str) -> list[Room]:
    """Load the rooms of an office that are not closed."""
    open_ = select(RoomRow).where(RoomRow.office_id == office_id, RoomRow.ended_at.is_(None))
    rows = (await session.scalars(open_)).all()
    participants = await _participants_of_rooms(session, [row.appointment_id for row in rows])
    return [_to_room(row, participants.get(row.appointment_id, [])) for row in rows]


async def rooms_of_agents(session: AsyncSession, office_id: str, staff: Collection[str]) -> list[str]:
    """Return the open rooms with any of these people, and those with people in the lobby.

    Rooms with people in the lobby are those of the office only. In ascending order of the appointment.
    `staff`: values of ParticipantRow.person.
    """
    person = ParticipantRow
    is_attended = person.person.in_(staff) & (person.place == ParticipantState.ADMITTED)
    is_waiting = (RoomRow.office_id == office_id) & (person.place == ParticipantState.LOBBY)
    found = (
        select(person.appointment_id)
        .join(RoomRow, RoomRow.appointment_id == person.appointment_id)
        .where(RoomRow.ended_at.is_(None), or_(is_attended, is_waiting))
        .distinct()
        .order_by(person.appointment_id)
    )
    return list(await session.scalars(found))


async def rooms_evacuated_from(session: AsyncSession, office_id: str) -> list[str]:
    """Return the open rooms whose agent had to leave this office, in ascending order."""
    found = select(RoomRow.appointment_id).where(RoomRow.evacuated_from == office_id, RoomRow.ended_at.is_(None))
    return list(await session.scalars(found.order_by(RoomRow.appointment_id)))


async def rooms_with_people(session: AsyncSession, office_id: str) -> list[Room]:
    """Load the open rooms of an office with the participants who are inside, in one query.

    Rooms without such participants are missing, as are media.
    """
    row = ParticipantRow
    inside = (
        select(
            row.appointment_id,
            row.id,
            row.role,
            row.name,
            row.place,
            row.since,
            row.first_joined_at,
            row.agent_state,
            row.message,
            PresenceRow.connected,
            RoomRow.by_phone_since,
        )
        .join(RoomRow, RoomRow.appointment_id == row.appointment_id)
        .outerjoin(PresenceRow, PresenceRow.participant_id == row.id)
        .where(RoomRow.office_id == office_id, RoomRow.ended_at.is_(None), row.place.in_(INSIDE_STATES))
        .order_by(row.appointment_id, row.id)
    )
    rooms: dict[str, Room] = {}
    for found in await session.execute(inside):
        participant = Participant(
            id=found.id,
            role=ParticipantRole(found.role),
            name=found.name,
            state=ParticipantState(found.place),
            state_since=found.since,
            first_joined_at=found.first_joined_at,
            connected=bool(found.connected),
            agent_state=AgentState(found.agent_state) if found.agent_state else None,
            lobby_message=found.message,
        )
        room = rooms.get(found.appointment_id) or Room(found.appointment_id, by_phone_since=found.by_phone_since)
        rooms[room.appointment_id] = replace(room, participants=(*room.participants, participant))
    return list(rooms.values())


async def lobby_waits(session: AsyncSession, office_ids: Collection[str]) -> list[LobbyStay]:
    """Return the citizens who are in a lobby of these offices, in one query."""
    room, participant = RoomRow, ParticipantRow
    waiting = (
        select(room.appointment_id, room.office_id, participant.first_joined_at)
        .join(participant, participant.appointment_id == room.appointment_id)
        .where(
            room.office_id.in_(office_ids),
            room.ended_at.is_(None),
            participant.place == ParticipantState.LOBBY,
            participant.role == ParticipantRole.CITIZEN,
            participant.first_joined_at.is_not(None),
        )
    )
    found = await session.execute(waiting)
    return [LobbyStay(room, office, joined_at) for room, office, joined_at in found if joined_at is not None]


async def room_versions(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, int]:
    """Return the current version of each room in one query."""
    versions = select(RoomRow.appointment_id, RoomRow.version).where(RoomRow.appointment_id.in_(appointment_ids))
    return {row.appointment_id: row.version for row in await session.execute(versions)}


async def save_room(session: AsyncSession, row: RoomRow, before: Room, after: Room) -> None:
    """Write the changed participants and the room's end, and increase the version."""
    known = {participant.id: participant for participant in before.participants}
    for participant in after.participants:
        if participant.id in known and known[participant.id] != participant:
            await _update_participant(session, participant)
    row.version += 1
    row.signs, row.by_phone_since, row.kept_until = after.signs, after.by_phone_since, after.kept_until
    row.evacuated_from = after.evacuated_from
    if after.end is not None:
        row.ended_at, row.end_reason, row.outcome = after.end.at, after.end.reason, after.end.outcome
    if after.called_back is not None and after.called_back != before.called_back:
        row.called_back_at, row.called_back_by = after.called_back.at, list(after.called_back.channels)


# Participants


async def participant_id_of_person(session: AsyncSession, appointment_id: str, person: str) -> str | None:
    """Return the id of a person in a room, or None before the person's first hello."""
    return await session.scalar(
        select(ParticipantRow.id).where(
            ParticipantRow.appointment_id == appointment_id, ParticipantRow.person == person
        )
    )


async def appointment_id_of_participant(session: AsyncSession, participant_id: str) -> str | None:
    return await session.scalar(select(ParticipantRow.appointment_id).where(ParticipantRow.id == participant_id))


async def staff_participant(session: AsyncSession, participant_id: str) -> AuditActor | None:
    """Return the account or key of a member of staff in a room; None for a guest."""
    found = select(ParticipantRow.person, ParticipantRow.name).where(ParticipantRow.id == participant_id)
    person, name = (await session.execute(found)).one()
    kind, _, id = person.partition(":")
    return AuditActor(id, name) if kind == "staff" else None


async def add_participant(
    session: AsyncSession, appointment_id: str, person: str, participant: Participant
) -> None:
    session.add(
        ParticipantRow(
            id=participant.id,
            appointment_id=appointment_id,
            person=person,
            role=participant.role,
            **_participant_columns(participant),
        )
    )
    await session.flush()


async def _update_participant(session: AsyncSession, participant: Participant) -> None:
    await session.execute(
        update(ParticipantRow)
        .where(ParticipantRow.id == participant.id)
        .values(**_participant_columns(participant))
    )
    await session.execute(
        update(PresenceRow)
        .where(PresenceRow.participant_id == participant.id)
        .values(connected=participant.connected)
    )


def _participant_columns(participant: Participant) -> dict[str, Any]:
    return {
        "name": participant.name,
        "place": participant.state.value,
        "since": participant.state_since,
        "first_joined_at": participant.first_joined_at,
        "admitted_at": participant.admitted_at,
        "media": participant.media.to_json(),
        "agent_state": participant.agent_state.value if participant.agent_state else None,
        "message": participant.lobby_message,
        "test": asdict(participant.test) if participant.test else None,
        "held_since": participant.held_since,
    }


async def set_participant_media(session: AsyncSession, participant_id: str, media: SentMedia) -> None:
    """Store the sent media for later snapshots.

    The room's version stays, because a `media_state` message announces the change.
    """
    await session.execute(
        update(ParticipantRow).where(ParticipantRow.id == participant_id).values(media=media.to_json())
    )


async def participant_test_code(session: AsyncSession, participant_id: str) -> str | None:
    """Return the code of the connection test that the participant linked."""
    statement = select(ParticipantRow.test_code).where(ParticipantRow.id == participant_id)
    return (await session.execute(statement)).scalar_one()


async def set_participant_test_code(session: AsyncSession, participant_id: str, code: str) -> None:
    await session.execute(update(ParticipantRow).where(ParticipantRow.id == participant_id).values(test_code=code))


async def _participants_of_rooms(
    session: AsyncSession, appointment_ids: Collection[str]
) -> dict[str, list[Participant]]:
    """Load the participants of these rooms, by appointment. Empty rooms are missing."""
    rows = (
        select(ParticipantRow, PresenceRow.connected)
        .outerjoin(PresenceRow, PresenceRow.participant_id == ParticipantRow.id)
        .where(ParticipantRow.appointment_id.in_(appointment_ids))
        .order_by(ParticipantRow.id)
        .execution_options(populate_existing=True)
    )
    found: dict[str, list[Participant]] = {}
    for row, connected in await session.execute(rows):
        found.setdefault(row.appointment_id, []).append(_to_participant(row, bool(connected)))
    return found


def _to_room(row: RoomRow, participants: Sequence[Participant]) -> Room:
    return from_row(
        Room,
        row,
        participants=tuple(participants),
        end=RoomEnd(row.ended_at, row.end_reason or "ended", row.outcome) if row.ended_at else None,
        called_back=CallBack(row.called_back_at, tuple(row.called_back_by or ())) if row.called_back_at else None,
    )


def _to_participant(row: ParticipantRow, connected: bool) -> Participant:
    return from_row(
        Participant,
        row,
        state=ParticipantState(row.place),
        state_since=row.since,
        connected=connected,
        lobby_message=row.message,
    )


# Presences


async def save_presence(session: AsyncSession, participant_id: str, session_hash: str, now: datetime) -> None:
    """Make this session the only live session of the participant."""
    await session.merge(
        PresenceRow(participant_id=participant_id, session_hash=session_hash, connected=True, seen_at=now)
    )
    await session.flush()


async def presence_by_session(session: AsyncSession, session_hash: str) -> SessionPresence | None:
    return await _load_presence(session, PresenceRow.session_hash == session_hash)


async def presence_by_participant(session: AsyncSession, participant_id: str) -> SessionPresence | None:
    return await _load_presence(session, PresenceRow.participant_id == participant_id)


async def _load_presence(session: AsyncSession, condition: ColumnElement[bool]) -> SessionPresence | None:
    presence = (
        select(PresenceRow, ParticipantRow.appointment_id, ParticipantRow.person, RoomRow.office_slug)
        .join(ParticipantRow, ParticipantRow.id == PresenceRow.participant_id)
        .join(RoomRow, RoomRow.appointment_id == ParticipantRow.appointment_id)
        .where(condition)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(presence)).one_or_none()
    if found is None:
        return None
    row, appointment_id, person, office_slug = found
    return SessionPresence(appointment_id, office_slug, row.participant_id, person, row.connected, row.seen_at)


async def latest_session_hashes(session: AsyncSession, participant_ids: Collection[str]) -> dict[str, str]:
    """Return the hash of each participant's live session, by participant id."""
    presences = select(PresenceRow).where(PresenceRow.participant_id.in_(participant_ids))
    return {row.participant_id: row.session_hash for row in await session.scalars(presences)}


async def delete_presence(session: AsyncSession, session_hash: str) -> bool:
    """Delete a live session, so that it cannot be resumed. Return whether it was live."""
    return await affects_one_row(session, delete(PresenceRow).where(PresenceRow.session_hash == session_hash))


async def touch_presences(session: AsyncSession, session_hashes: Collection[str], now: datetime) -> None:
    """Extend the expiry of these live sessions."""
    await session.execute(
        update(PresenceRow).where(PresenceRow.session_hash.in_(session_hashes)).values(seen_at=now)
    )


# Audit


async def last_event_kind(
    session: AsyncSession, appointment_id: str, participant_id: str, kinds: Collection[str]
) -> str | None:
    """Return the kind of the latest audit event about a participant, of these kinds."""
    events = await audit_events(session, appointment_id)
    return next(
        (
            event.kind
            for event in reversed(events)
            if event.kind in kinds and participant_id in (event.participant_id, event.details.get("participant"))
        ),
        None,
    )


def add_audit_event(
    session: AsyncSession,
    appointment_id: str,
    participant_id: str | None,
    kind: str,
    now: datetime,
    details: dict[str, Any],
) -> None:
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
    """Return the audit of a room, oldest first."""
    events = (
        select(RoomEventRow)
        .where(RoomEventRow.appointment_id == appointment_id)
        .order_by(RoomEventRow.at, RoomEventRow.id)
    )
    return list(await session.scalars(events))


async def participant_consents(session: AsyncSession, participant_id: str) -> list[dict[str, Any]]:
    """Return the consents that a participant gave or refused, oldest first."""
    consents = (
        select(RoomEventRow.details)
        .join(ParticipantRow, ParticipantRow.appointment_id == RoomEventRow.appointment_id)
        .where(ParticipantRow.id == participant_id, RoomEventRow.participant_id == participant_id)
        .where(RoomEventRow.kind == "consent")
        .order_by(RoomEventRow.at, RoomEventRow.id)
    )
    return list(await session.scalars(consents))


# Data retention


async def anonymise_participants(runtime: Runtime, before: datetime) -> None:
    """Delete names and lobby messages of guests in rooms opened before a time.

    Guests are all who are not staff. The mark of sign language is deleted too.
    The audit keeps the participants and times. Idempotent.
    """
    person, room = ParticipantRow, RoomRow
    old = select(room.appointment_id).where(room.opened_at < before)
    is_named_guest = person.role.not_in(STAFF_ROLES) & (person.name != "") & person.appointment_id.in_(old)
    await update_in_batches(runtime, person.id, is_named_guest, name="", message=None)
    is_marked = room.signs & (room.opened_at < before)
    await update_in_batches(runtime, room.appointment_id, is_marked, signs=False)
