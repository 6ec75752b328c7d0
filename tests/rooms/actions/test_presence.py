"""Presence, closing time and cancellation, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from office360.appointments import service as appointments
from office360.core.db.timer_rows import TimerRow
from office360.core.errors import Gone
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, presence, room_entry, staff_actions
from office360.rooms.actions.room_transaction import CLOSE_TIMER, PRESENCE_TIMER
from office360.rooms.actions.room_transfers import TransferOffer, offer_transfer
from office360.rooms.domain.room import ParticipantState
from office360.rooms.domain.room_transfer import KEPT_OPEN_FOR, TransferKind, TransferSide
from office360.rooms.storage import room_rows
from office360.rooms.storage.tables import RoomRow
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...conftest import FakeClock
from ..support.video_appointments import (
    AT,
    BORIS,
    BookedVideoAppointment,
    audit_kinds,
    enter_admitted_pair,
    enter_as_citizen,
    fire_due_timers,
    load_room,
    new_session_hash,
    participant_state,
)


async def test_cancellation_closes_the_room(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    runtime.events.register_handler(appointments.AppointmentCancelled, presence.on_appointment_cancelled)
    await enter_as_citizen(runtime, booked)
    await appointments.cancel_appointment(runtime, booked.token)
    room = await load_room(runtime, booked)
    assert room.end is not None
    assert room.end.reason == "cancelled"


async def test_reschedule_closes_the_old_room(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime.events.register_handler(appointments.AppointmentRescheduled, presence.on_appointment_rescheduled)
    await enter_as_citizen(runtime, booked)
    await appointments.reschedule_appointment(runtime, booked.token, AT + timedelta(days=1))
    room = await load_room(runtime, booked)
    assert room.end is not None
    assert room.end.reason == "rescheduled"


async def test_empty_room_closes_at_closing_time(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await enter_as_citizen(runtime, booked)
    clock.set(booked.appointment.ends_at + timedelta(minutes=30))
    await fire_due_timers(runtime)
    room = await load_room(runtime, booked)
    assert room.end is not None
    assert room.end.reason == "time_over"


async def test_room_waits_for_receiver_of_transfer_past_closing_time(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, booked)
    closing = booked.appointment.ends_at + timedelta(minutes=30)
    clock.set(closing - timedelta(minutes=1))
    offer = TransferOffer(TransferKind.COLD, TransferSide("elena", "Elena"), None, "We pass you to Elena.")
    await offer_transfer(runtime, BORIS, booked.appointment.id, offer)
    clock.set(closing)
    await fire_due_timers(runtime)
    await enter_as_citizen(runtime, booked)  # the page was reloaded
    clock.set(closing + KEPT_OPEN_FOR)
    with pytest.raises(Gone, match="room_over"):
        await enter_as_citizen(runtime, booked)
    await fire_due_timers(runtime)
    assert (await load_room(runtime, booked)).end is not None


async def test_ongoing_call_is_not_closed_at_closing_time(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    hashes = (new_session_hash(), new_session_hash())
    guest = await room_entry.enter_as_citizen(runtime, booked.token, hashes[0])
    staff = await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, hashes[1])
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    clock.set(booked.appointment.ends_at + timedelta(minutes=30))
    await presence.refresh_presence(runtime, hashes)
    await fire_due_timers(runtime)
    assert (await load_room(runtime, booked)).end is None


async def test_disconnected_after_25_s_and_left_after_120_s(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)

    async def state_after(seconds: int) -> tuple[bool, ParticipantState]:
        clock.set(AT - timedelta(minutes=5) + timedelta(seconds=seconds))
        await fire_due_timers(runtime)
        participant = (await load_room(runtime, booked)).get_participant(guest.participant_id)
        return participant.connected, participant.state

    assert await state_after(24) == (True, ParticipantState.ADMITTED)
    assert await state_after(25) == (False, ParticipantState.ADMITTED)
    assert await state_after(119) == (False, ParticipantState.ADMITTED)
    assert await state_after(120) == (False, ParticipantState.LEFT)


async def test_presence_refresh_keeps_participant_connected(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    session_hash = new_session_hash()
    guest = await room_entry.enter_as_citizen(runtime, booked.token, session_hash)
    await participant_actions.join_lobby(runtime, guest, None)
    for _ in range(20):
        clock.advance(seconds=10)
        await presence.refresh_presence(runtime, [session_hash])
        await fire_due_timers(runtime)
    participant = (await load_room(runtime, booked)).get_participant(guest.participant_id)
    assert (participant.connected, participant.state) == (True, ParticipantState.LOBBY)


async def test_late_process_marks_participant_reconnected(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    member = await enter_as_citizen(runtime, booked)
    clock.advance(seconds=30)
    await fire_due_timers(runtime)
    await presence.mark_reconnected(runtime, member)
    assert (await load_room(runtime, booked)).get_participant(member.participant_id).connected


# Concurrent timers


async def timer_due_times(runtime: Runtime, subject: str) -> list[datetime]:
    async with runtime.read_session() as db:
        return list(await db.scalars(select(TimerRow.due_at).where(TimerRow.subject == subject)))


async def fire_timer_twice(runtime: Runtime, kind: str, subject: str) -> None:
    """Fire a due timer in two transactions, and all due timers in two more, at once."""
    (due_at,) = await timer_due_times(runtime, subject)

    async def fire() -> None:
        async with runtime.transaction() as tx:
            await presence.TIMERS[kind](tx, subject)
            await tx.session.flush()
            same = (TimerRow.kind == kind, TimerRow.subject == subject, TimerRow.due_at == due_at)
            await tx.session.execute(delete(TimerRow).where(*same))

    await asyncio.gather(fire(), fire(), fire_due_timers(runtime), fire_due_timers(runtime))


async def test_concurrent_timers_mark_disconnect_once(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    member = await enter_as_citizen(runtime, booked)
    entered_at, before = clock.now(), (await load_room(runtime, booked)).version
    clock.advance(seconds=25)
    await fire_timer_twice(runtime, PRESENCE_TIMER, member.participant_id)
    room = await load_room(runtime, booked)
    assert (room.version, room.get_participant(member.participant_id).connected) == (before + 1, False)
    assert await timer_due_times(runtime, member.participant_id) == [entered_at + timedelta(seconds=120)]


async def test_concurrent_timers_mark_leaving_once(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    clock.advance(seconds=120)
    await fire_timer_twice(runtime, PRESENCE_TIMER, guest.participant_id)
    assert await participant_state(runtime, booked, guest) is ParticipantState.LEFT
    assert (await audit_kinds(runtime, booked)).count("gone") == 2  # for the citizen and the agent
    assert await timer_due_times(runtime, guest.participant_id) == []


async def test_concurrent_timers_close_room_once(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await enter_as_citizen(runtime, booked)
    clock.set(booked.appointment.ends_at + timedelta(minutes=30))
    await fire_timer_twice(runtime, CLOSE_TIMER, booked.appointment.id)
    assert (await audit_kinds(runtime, booked)).count("ended") == 1
    assert await timer_due_times(runtime, booked.appointment.id) == []


async def test_concurrent_timers_postpone_closing_once(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    session_hash = new_session_hash()
    await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, session_hash)
    clock.set(booked.appointment.ends_at + timedelta(minutes=30))
    await presence.refresh_presence(runtime, [session_hash])
    await fire_timer_twice(runtime, CLOSE_TIMER, booked.appointment.id)
    assert await timer_due_times(runtime, booked.appointment.id) == [clock.now() + timedelta(minutes=15)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_resume_during_presence_timer_keeps_participant(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_hash, lock = new_session_hash(), room_rows.lock_room
    member = await room_entry.enter_as_citizen(runtime, booked.token, session_hash)
    await participant_actions.join_lobby(runtime, member, None)
    clock.advance(seconds=119, milliseconds=900)
    called = 0

    async def lock_after_resume(session: AsyncSession, appointment_id: str) -> RoomRow | None:
        nonlocal called
        called += 1
        if called == 1:  # the session resumes just before the timer's handler locks the room
            await room_entry.resume_session(runtime, None, session_hash, new_session_hash())
        return await lock(session, appointment_id)

    monkeypatch.setattr(room_rows, "lock_room", lock_after_resume)
    async with runtime.transaction() as tx:
        tx.now += timedelta(seconds=1)
        await presence.TIMERS[PRESENCE_TIMER](tx, member.participant_id)
    participant = (await load_room(runtime, booked)).get_participant(member.participant_id)
    assert (participant.connected, participant.state) == (True, ParticipantState.LOBBY)
