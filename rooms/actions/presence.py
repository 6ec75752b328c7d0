"""Who is still there, and when a room is over: what time does to a room, and what a cancellation does."""

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
    """This process still holds these sessions' sockets."""
    if not session_hashes:
        return
    async with runtime.transaction() as tx:
        await room_rows.touch_presences(tx.session, session_hashes, tx.now)


async def mark_reconnected(runtime: Runtime, member: RoomMember) -> None:
    """The socket was there all the time, only its process was late to say so."""
    async with room_transaction(runtime, member.appointment_id) as change:
        if change.room.end is None:
            change.room = rules.set_connected(change.room, member.participant_id, True)
            await change.tx.schedule_timer(
                PRESENCE_TIMER, subject=member.participant_id, due_at=change.tx.now + STALE_AFTER
            )


async def on_presence_due(tx: Transaction, participant_id: str) -> None:
    """25 s without a sign: the connection is lost. 120 s: the person has left, and keeps the place."""
    appointment_id = await room_rows.appointment_id_of_participant(tx.session, participant_id)
    if appointment_id is None:
        return
    change = await lock_room_for_change(tx, appointment_id)
    # Read under the room's lock: somebody may be coming back just now.
    presence = await room_rows.presence_by_participant(tx.session, participant_id)
    one = change.room.get_participant(participant_id)
    if presence is None or change.room.end is not None or one.state is ParticipantState.LEFT:
        return
    silent = tx.now - presence.seen_at
    if silent >= GONE_AFTER:
        change.room = rules.set_connected(change.room, participant_id, False)
        change.room = rules.leave_room(change.room, participant_id, tx.now)
        change.add_audit_event(participant_id, "gone")
    else:
        change.room = rules.set_connected(change.room, participant_id, silent < STALE_AFTER)
        next_due = presence.seen_at + (STALE_AFTER if silent < STALE_AFTER else GONE_AFTER)
        await tx.schedule_timer(PRESENCE_TIMER, subject=participant_id, due_at=next_due)
    await change.save()


async def on_close_due(tx: Transaction, appointment_id: str) -> None:
    """The time is over. A call that goes on is not cut; an empty room is closed."""
    change = await lock_room_for_change(tx, appointment_id)
    if change.room.end is not None:
        return
    closes_at = entry_closes_at(await appointment_by_id(tx.session, appointment_id))
    if tx.now < closes_at:  # they were told meanwhile to come later
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment_id, due_at=closes_at)
        return
    if any(one.connected for one in change.room.admitted_participants()):
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment_id, due_at=tx.now + OVERRUN_RECHECK_INTERVAL)
        return
    await _close_room(change, "time_over")


async def _close_room(change: RoomChange, reason: str) -> None:
    if change.room.end is not None:
        return
    change.room = rules.close_room(change.room, RoomEnd(change.tx.now, reason))
    change.add_audit_event(None, "ended", reason=reason)
    await cancel_room_timers(change)
    await change.save()


TIMERS = {PRESENCE_TIMER: on_presence_due, CLOSE_TIMER: on_close_due}


async def on_appointment_cancelled(tx: Transaction, event: AppointmentCancelled) -> None:
    """Whoever waits is told at once."""
    await _close_existing_room(tx, event.appointment.id, "cancelled")


async def on_appointment_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    """The new time has a new room."""
    await _close_existing_room(tx, event.old.id, "rescheduled")


async def _close_existing_room(tx: Transaction, appointment_id: str, reason: str) -> None:
    if await room_rows.lock_room(tx.session, appointment_id) is not None:
        await _close_room(await lock_room_for_change(tx, appointment_id), reason)
