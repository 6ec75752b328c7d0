"""Use cases of staff in a room: admit, return, remove, message, agent state, end."""

from __future__ import annotations

from ...appointments.service import (
    AppointmentState,
    VisitNoteKind,
    VisitPerson,
    appointment_by_id,
    check_in,
    insert_visit_note,
    mark_no_show,
    mark_served,
    undo_check_in,
    void_call_back,
)
from ...core.db.audit_entries import AuditActor
from ...core.errors import Refused
from ...core.runtime import Runtime
from ..domain import room as rules
from ..domain.room import INSIDE_STATES, AgentState, ParticipantRole, Room
from ..queries.room_access import ENTERABLE_STATES
from ..storage import room_rows
from .call_back import call_back_absent_citizen
from .room_transaction import RoomChange, RoomMember, cancel_room_timers, room_topic, room_transaction

NO_SHOW_OUTCOME = "no_show"


async def admit_participant(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Admit a participant from the lobby to the call, or take a held participant back.

    Raises NotAllowed, NotFound, Refused("not_in_lobby" | "room_full").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.admit_participant(change.room, member.participant_id, participant_id, change.tx.now)
        kind = "taken_back" if change.before.get_participant(participant_id).is_held else "admitted"
        change.add_audit_event(member.participant_id, kind, participant=participant_id)


async def hold_participant(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Put an admitted participant on hold; `admit_participant` takes the participant back.

    Raises NotAllowed, NotFound, Refused("not_admitted").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.hold_participant(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "held", participant=participant_id)


async def return_to_lobby(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Move a participant from the call to the lobby.

    Raises NotAllowed, NotFound, Refused("not_admitted").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.return_to_lobby(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "returned_to_lobby", participant=participant_id)


async def remove_participant(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Remove a participant from the room, and close its sockets in all processes.

    Raises NotAllowed, NotFound, Refused("not_inside").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.remove_participant(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "removed", participant=participant_id)
        topic = room_topic(member.office_slug, member.appointment_id)
        change.tx.publish_each(topic, {"kind": "removed", "participant": participant_id})


async def send_lobby_message(runtime: Runtime, member: RoomMember, text: str, participant_id: str | None) -> None:
    """Send a message to a participant in the lobby, or to all if the id is None.

    The audit does not contain the text. Raises NotAllowed, NotFound, Refused("not_in_lobby").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.set_lobby_message(change.room, member.participant_id, text, participant_id)
        change.add_audit_event(member.participant_id, "message", participant=participant_id)


async def set_agent_state(runtime: Runtime, member: RoomMember, state: AgentState) -> None:
    """Set the state that the lobby shows for this agent. Raises NotAllowed("staff_only")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.set_agent_state(change.room, member.participant_id, state)
        await call_back_absent_citizen(change)


async def set_by_phone(runtime: Runtime, member: RoomMember, is_on: bool) -> None:
    """Go on by telephone, or take that back.

    A citizen who is called counts as come, also a citizen who never reached the lobby.
    Raises NotAllowed("staff_only"), Refused("room_over").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        tx = change.tx
        change.room = rules.set_by_phone(change.room, member.participant_id, is_on, tx.now)
        # pressed twice: the check-in is not repeated
        if change.room == change.before:
            return
        change.add_audit_event(member.participant_id, "by_phone" if is_on else "by_phone_undone")
        appointment = await appointment_by_id(tx.session, member.appointment_id)
        staff = await room_rows.staff_participant(tx.session, member.participant_id)
        if is_on and appointment.state is AppointmentState.CONFIRMED:
            await void_call_back(tx, appointment)
            await check_in(tx, appointment.id, staff=staff)
        elif not is_on and appointment.state is AppointmentState.CHECKED_IN and not _has_come(change.room):
            await undo_check_in(tx, appointment.id, staff=staff)


def _has_come(room: Room) -> bool:
    """Check whether the citizen is in the room, or was in the call."""
    citizens = (participant for participant in room.participants if participant.role is ParticipantRole.CITIZEN)
    return any(citizen.state in INSIDE_STATES or citizen.admitted_at is not None for citizen in citizens)


async def end_room(runtime: Runtime, member: RoomMember, outcome: str | None, note: str | None = None) -> None:
    """Close the room with an outcome, and mark the appointment as served or as a no-show.

    `note` is for colleagues only.

    Raises NotAllowed("staff_only"), Refused("room_over" | "nobody_yet").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.end_room(change.room, member.participant_id, outcome, change.tx.now)
        change.add_audit_event(member.participant_id, "ended", outcome=outcome)
        staff = await room_rows.staff_participant(change.tx.session, member.participant_id)
        await _record_attendance(change, outcome, staff)
        if staff is not None:
            person = VisitPerson(appointment_id=member.appointment_id)
            await insert_visit_note(
                change.tx, member.office_id, staff, VisitNoteKind.CALL_ENDED, person, note, outcome=outcome
            )
        await cancel_room_timers(change)


async def _record_attendance(change: RoomChange, outcome: str | None, staff: AuditActor | None) -> None:
    """Mark the appointment as served, or without a check-in as a no-show.

    The outcome `no_show` overrides a check-in. Raises Refused("nobody_yet") for a no-show before
    the start.
    """
    tx, appointment = change.tx, await appointment_by_id(change.tx.session, change.row.appointment_id)
    if appointment.state is AppointmentState.CHECKED_IN and outcome != NO_SHOW_OUTCOME:
        await mark_served(tx, appointment.id, staff=staff)
    elif appointment.state in ENTERABLE_STATES:
        if tx.now < appointment.starts_at:
            raise Refused("nobody_yet")
        await mark_no_show(tx, appointment.id, staff=staff)
