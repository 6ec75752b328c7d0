"""Calling back a citizen who is not in the room, by itself or for an agent. No rules."""

from __future__ import annotations

from dataclasses import replace

from ...appointments.service import Appointment, appointment_by_id, call_back_to_room
from ...core.auth import Principal
from ...core.errors import Refused
from ...core.i18n.dates import format_utc
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain import room as rules
from ..domain.room import STALE_AFTER, CallBack, Participant, ParticipantState
from ..queries.room_access import ENTERABLE_STATES, person_key, require_open_access, room_access
from ..storage import room_rows
from .room_transaction import RoomChange, RoomMember, lock_or_create_room, room_transaction

LOBBY_EVENTS = frozenset({"joined", "returned_to_lobby"})  # after these the citizen is in the lobby
# the agent had to leave, and the citizen may have hung up for that
EVACUATED = "evacuated"
CALLED_BACK = "called_back"


async def call_back_absent_citizen(change: RoomChange) -> None:
    """Tell a citizen who left the lobby, or whose page is silent, that an agent is there.

    Once for each time they joined. A citizen who hung up or was removed by staff is not called back, except after
    an evacuation.
    """
    tx, citizen = change.tx, rules.citizen_to_call_back(change.room)
    if citizen is None or await _may_come_back_by_itself(change, citizen):
        return
    appointment_id = change.row.appointment_id
    kinds = LOBBY_EVENTS | {"admitted", "removed", CALLED_BACK, EVACUATED}
    last_kind = await room_rows.last_event_kind(tx.session, appointment_id, citizen.id, kinds)
    if last_kind not in LOBBY_EVENTS | {EVACUATED}:
        return
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state in ENTERABLE_STATES:
        await _send_call_back(change, appointment, format_utc(citizen.state_since))


async def _may_come_back_by_itself(change: RoomChange, citizen: Participant) -> bool:
    """Check whether the page in the lobby is silent for a moment only, as by a reload."""
    if citizen.state is ParticipantState.LEFT:
        return False
    presence = await room_rows.presence_by_participant(change.tx.session, citizen.id)
    return presence is not None and change.tx.now - presence.seen_at < STALE_AFTER


async def call_back_citizen(runtime: Runtime, member: RoomMember) -> None:
    """Tell an absent citizen that the agent is in the room, because the agent asked for it.

    Raises NotAllowed("staff_only"), Refused("room_over" | "citizen_present" | "called_back_already" |
    "no_contact").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        rules.require_staff_inside(change.room, member.participant_id)
        rules.check_call_back(change.room, change.tx.now)
        appointment = await appointment_by_id(change.tx.session, member.appointment_id)
        await _notify_for_agent(change, appointment, member.participant_id)


async def call_back_from_console(runtime: Runtime, staff: Principal, appointment_id: str) -> CallBack:
    """Tell an absent citizen that the office is ready, for an agent outside the room.

    Raises NotAllowed, Gone as `require_open_access` does, and Refused as `call_back_citizen` does.
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        room = await room_rows.load_room(tx.session, appointment_id)
        require_open_access(room_access(appointment, room, tx.now))
        change = await lock_or_create_room(tx, appointment)
        rules.check_call_back(change.room, tx.now)
        person = person_key(staff)
        participant_id = await room_rows.participant_id_of_person(tx.session, appointment_id, person)
        called_back = await _notify_for_agent(change, appointment, participant_id, person)
        await change.save()
        return called_back


async def _notify_for_agent(
    change: RoomChange, appointment: Appointment, participant_id: str | None, person: str | None = None
) -> CallBack:
    by = None if participant_id else person
    called_back = await _send_call_back(change, appointment, format_utc(change.tx.now), participant_id, by=by)
    if called_back is None:
        raise Refused("no_contact")
    return called_back


async def _send_call_back(
    change: RoomChange,
    appointment: Appointment,
    stamp: str,
    participant_id: str | None = None,
    *,
    by: str | None = None,
) -> CallBack | None:
    """Write the messages. Return None if the citizen cannot be reached.

    `participant_id`: the agent in the room; `by`: an agent who never was in it.
    """
    office = await office_by_id(change.tx.session, appointment.office_id)
    citizen = rules.find_citizen(change.room)
    has_come = citizen is not None and citizen.first_joined_at is not None
    channels = await call_back_to_room(change.tx, office, appointment, stamp, has_come=has_come)
    if not channels:
        return None
    called_back = CallBack(change.tx.now, channels)
    change.room = replace(change.room, called_back=called_back)
    details = {"participant": citizen.id if citizen else None, "by": by, "channels": list(channels)}
    known = {name: value for name, value in details.items() if value is not None}
    change.add_audit_event(participant_id, CALLED_BACK, **known)
    return called_back
