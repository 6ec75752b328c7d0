"""Changes of a room by time and by the appointment: presence, closing time, cancellation."""

from __future__ import annotations

from collections.abc import Collection

from ...appointments.service import (
    AppointmentCancelled,
    AppointmentRescheduled,
    appointment_by_id,
    entry_closes_at,
)
from ...core.runtime import Runtime, Transaction
from ..domain import room as rules
from ..domain.room import GONE_AFTER, STALE_AFTER, ParticipantState, RoomEnd
from ..storage import room_rows
from .call_back import call_back_absent_citizen
from .room_transaction import (
    CLOSE_TIMER,
    OVERRUN_RECHECK_INTERVAL,
    PRESENCE_TIMER,
    RoomChange,
    RoomMember,
    cancel_room_timers,
    lock_room_for_change,
    room_transaction,
)


async def refresh_presence(runtime: Runtime, session_hashes: Collection[str]) -> None:
    """Extend the expiry of the sessions whose sockets are connected to this process."""
    if not session_hashes:
        return
    async with runtime.transaction() as tx:
        await room_rows.touch_presences(tx.session, session_hashes, tx.now)


async def mark_reconnected(runtime: Runtime, member: RoomMember) -> None:
    """Mark a participant as connected whose process refreshed the presence too late."""
    async with room_transaction(runtime, member.appointment_id) as change:
        if change.room.end is None:
            change.room = rules.set_connected(change.room, member.participant_id, True)
            await change.tx.schedule_timer(
                PRESENCE_TIMER, subject=member.participant_id, due_at=change.tx.now + STALE_AFTER
            )


async def mark_away(runtime: Runtime, member: RoomMember, session_hash: str) -> None:
    """Mark a participant as disconnected whose page said that it closes.

    Does nothing if the next page has said hello already.
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        is_live = await room_rows.presence_by_session(change.tx.session, session_hash) is not None
        if is_live and change.room.end is None:
            change.room = rules.set_connected(change.room, member.participant_id, False)


async def on_presence_due(tx: Transaction, participant_id: str) -> None:
    """Mark a participant without a refresh as disconnected after 25 s and as left after 120 s.

    A citizen in the lobby is called back after 25 s already, if an agent is in the room.
    """
    appointment_id = await room_rows.appointment_id_of_participant(tx.session, participant_id)
    if appointment_id is None:
        return
    change = await lock_room_for_change(tx, appointment_id)
    # Read under the room's lock, because the participant may resume the session at this moment.
    presence = await room_rows.presence_by_participant(tx.session, participant_id)
    participant = change.room.get_participant(participant_id)
    if presence is None or change.room.end is not None or participant.state is ParticipantState.LEFT:
        return
    silence = tx.now - presence.seen_at
    if silence >= GONE_AFTER:
        change.room = rules.set_connected(change.room, participant_id, False)
        change.room = rules.leave_room(change.room, participant_id, tx.now)
        change.add_audit_event(participant_id, "gone")
    else:
        # A page that said that it closes stays disconnected; `mark_reconnected` says when it is back.
        connected = participant.connected and silence < STALE_AFTER
        change.room = rules.set_connected(change.room, participant_id, connected)
        next_due = presence.seen_at + (STALE_AFTER if silence < STALE_AFTER else GONE_AFTER)
        await tx.schedule_timer(PRESENCE_TIMER, subject=participant_id, due_at=next_due)
    await call_back_absent_citizen(change)
    await change.save()


async def on_close_due(tx: Transaction, appointment_id: str) -> None:
    """Close the room at its closing time, unless an admitted participant is still connected.

    An evacuation of its agent, and people who wait for the receiver of a transfer, keep it open too.
    """
    change = await lock_room_for_change(tx, appointment_id)
    if change.room.end is not None:
        return
    closes_at = entry_closes_at(await appointment_by_id(tx.session, appointment_id))
    # the appointment was delayed after this timer had been scheduled
    if tx.now < closes_at:
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment_id, due_at=closes_at)
        return
    is_connected = any(participant.connected for participant in change.room.admitted_participants())
    if is_connected or change.room.evacuated_from is not None:
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment_id, due_at=tx.now + OVERRUN_RECHECK_INTERVAL)
        return
    kept_until = change.room.kept_until
    if kept_until is not None and tx.now < kept_until:
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment_id, due_at=kept_until)
        return
    await _close_room(change, "time_over")


TIMERS = {PRESENCE_TIMER: on_presence_due, CLOSE_TIMER: on_close_due}


async def on_appointment_cancelled(tx: Transaction, event: AppointmentCancelled) -> None:
    """Close the room of a cancelled appointment, which notifies the participants at once."""
    await _close_existing_room(tx, event.appointment.id, "cancelled")


async def on_appointment_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    """Close the room of the old time. The new time gets a new room."""
    await _close_existing_room(tx, event.old.id, "rescheduled")


async def _close_existing_room(tx: Transaction, appointment_id: str, reason: str) -> None:
    if await room_rows.lock_room(tx.session, appointment_id) is not None:
        await _close_room(await lock_room_for_change(tx, appointment_id), reason)


async def _close_room(change: RoomChange, reason: str) -> None:
    if change.room.end is not None:
        return
    change.room = rules.close_room(change.room, RoomEnd(change.tx.now, reason))
    change.add_audit_event(None, "ended", reason=reason)
    await cancel_room_timers(change)
    await change.save()
