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
from ..domain.room import GONE, STALE, End, Place
from ..storage import room_rows
from .room_transaction import (
    CLOSE_TIMER,
    PRESENCE_TIMER,
    STILL_TALKING,
    Change,
    Seat,
    changing,
    forget_timers,
    load_change,
)


async def refresh(runtime: Runtime, session_hashes: Collection[str]) -> None:
    """This process still holds these sessions' sockets."""
    if not session_hashes:
        return
    async with runtime.transaction() as tx:
        await room_rows.refresh_presences(tx.session, session_hashes, tx.now)


async def be_back(runtime: Runtime, seat: Seat) -> None:
    """The socket was there all the time, only its process was late to say so."""
    async with changing(runtime, seat.appointment_id) as change:
        if change.room.end is None:
            change.room = rules.set_connected(change.room, seat.participant_id, True)
            await change.tx.schedule(PRESENCE_TIMER, subject=seat.participant_id, due_at=change.tx.now + STALE)


async def on_presence_due(tx: Transaction, participant_id: str) -> None:
    """25 s without a sign: the connection is lost. 120 s: the person has left, and keeps the place."""
    appointment_id = await room_rows.appointment_of(tx.session, participant_id)
    if appointment_id is None:
        return
    change = await load_change(tx, appointment_id)
    # Read under the room's lock: somebody may be coming back just now.
    presence = await room_rows.presence_of(tx.session, participant_id)
    one = change.room.participant(participant_id)
    if presence is None or change.room.end is not None or one.place is Place.LEFT:
        return
    silent = tx.now - presence.seen_at
    if silent >= GONE:
        change.room = rules.set_connected(change.room, participant_id, False)
        change.room = rules.leave(change.room, participant_id, tx.now)
        change.note(participant_id, "gone")
    else:
        change.room = rules.set_connected(change.room, participant_id, silent < STALE)
        next_due = presence.seen_at + (STALE if silent < STALE else GONE)
        await tx.schedule(PRESENCE_TIMER, subject=participant_id, due_at=next_due)
    await change.save()


async def on_close_due(tx: Transaction, appointment_id: str) -> None:
    """The time is over. A call that goes on is not cut; an empty room is closed."""
    change = await load_change(tx, appointment_id)
    if change.room.end is not None:
        return
    closes_at = entry_closes_at(await appointment_by_id(tx.session, appointment_id))
    if tx.now < closes_at:  # they were told meanwhile to come later
        await tx.schedule(CLOSE_TIMER, subject=appointment_id, due_at=closes_at)
        return
    if any(one.connected for one in change.room.admitted()):
        await tx.schedule(CLOSE_TIMER, subject=appointment_id, due_at=tx.now + STILL_TALKING)
        return
    await _close(change, "time_over")


async def _close(change: Change, reason: str) -> None:
    if change.room.end is not None:
        return
    change.room = rules.close(change.room, End(change.tx.now, reason))
    change.note(None, "ended", reason=reason)
    await forget_timers(change)
    await change.save()


TIMERS = {PRESENCE_TIMER: on_presence_due, CLOSE_TIMER: on_close_due}


async def on_appointment_cancelled(tx: Transaction, event: AppointmentCancelled) -> None:
    """Whoever waits is told at once."""
    await _close_if_open(tx, event.appointment.id, "cancelled")


async def on_appointment_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    """The new time has a new room."""
    await _close_if_open(tx, event.old.id, "rescheduled")


async def _close_if_open(tx: Transaction, appointment_id: str, reason: str) -> None:
    if await room_rows.lock_room(tx.session, appointment_id) is not None:
        await _close(await load_change(tx, appointment_id), reason)
