"""Calling back a citizen who is not in the room, by itself or for an agent. No rules."""

from __future__ import annotations

from dataclasses import replace

from ...appointments.service import Appointment, appointment_by_id, call_back_to_room
from ...core.errors import Refused
from ...core.i18n.dates import format_utc
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain import room as rules
from ..domain.room import CallBack, ParticipantRole
from ..queries.room_access import ENTERABLE_STATES
from ..storage import room_rows
from .room_transaction import RoomChange, RoomMember, room_transaction

LOBBY_EVENTS = frozenset({"joined", "returned_to_lobby"})  # after these the citizen is in the lobby
CALLED_BACK = "called_back"


async def call_back_absent_citizen(change: RoomChange) -> None:
    """Tell a citizen who left the lobby that an agent is in the room.

    Once for each time they left. A citizen who hung up or was removed by staff is not called back.
    """
    tx, citizen = change.tx, rules.citizen_to_call_back(change.room)
    if citizen is None:
        return
    appointment_id = change.row.appointment_id
    kinds = LOBBY_EVENTS | {"admitted", "removed", CALLED_BACK}
    if await room_rows.last_event_kind(tx.session, appointment_id, citizen.id, kinds) not in LOBBY_EVENTS:
        return
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state in ENTERABLE_STATES:
        await _send_call_back(change, appointment, format_utc(citizen.state_since))


async def call_back_citizen(runtime: Runtime, member: RoomMember) -> None:
    """Tell an absent citizen that the agent is in the room, because the agent asked for it.

    Raises NotAllowed("staff_only"), Refused("room_over" | "citizen_present" | "called_back_already" |
    "no_contact").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        rules.check_call_back(change.room, member.participant_id, change.tx.now)
        appointment = await appointment_by_id(change.tx.session, member.appointment_id)
        await _send_call_back(change, appointment, format_utc(change.tx.now), by=member.participant_id)


async def _send_call_back(change: RoomChange, appointment: Appointment, stamp: str, by: str | None = None) -> None:
    office = await office_by_id(change.tx.session, appointment.office_id)
    channels = await call_back_to_room(change.tx, office, appointment, stamp)
    if not channels and by is not None:
        raise Refused("no_contact")
    if not channels:
        return
    change.room = replace(change.room, called_back=CallBack(change.tx.now, channels))
    citizens = (one.id for one in change.room.participants if one.role is ParticipantRole.CITIZEN)
    change.add_audit_event(next(citizens, None), CALLED_BACK, channels=list(channels), by=by)
