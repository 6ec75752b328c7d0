"""Calling back a citizen who left the lobby, when an agent is ready. No rules."""

from __future__ import annotations

from ...appointments.service import appointment_by_id, call_back_to_room
from ...offices.service import office_by_id
from ..domain import room as rules
from ..queries.room_access import ENTERABLE_STATES
from ..storage import room_rows
from .room_transaction import RoomChange

LOBBY_EVENTS = frozenset({"joined", "returned_to_lobby"})  # after these the citizen is in the lobby


async def call_back_absent_citizen(change: RoomChange) -> None:
    """Tell a citizen who left the lobby that an agent is in the room.

    Once for each time they left. A citizen who hung up or was removed by staff is not called back.
    """
    tx, citizen = change.tx, rules.citizen_to_call_back(change.room)
    if citizen is None:
        return
    appointment_id = change.row.appointment_id
    kinds = LOBBY_EVENTS | {"admitted", "removed", "called_back"}
    if await room_rows.last_event_kind(tx.session, appointment_id, citizen.id, kinds) not in LOBBY_EVENTS:
        return
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state in ENTERABLE_STATES:
        office = await office_by_id(tx.session, appointment.office_id)
        await call_back_to_room(tx, office, appointment, citizen.state_since)
        change.add_audit_event(citizen.id, "called_back")
