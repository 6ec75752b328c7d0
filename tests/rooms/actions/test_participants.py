"""The use cases of the rooms, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import AppointmentState
from office360.core.auth import Principal, StaffRole
from office360.core.db import timers
from office360.core.db.timer_rows import TimerRow
from office360.core.errors import Gone, NotAllowed, NotFound, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.actions.participants import RoomMember
from office360.rooms.actions.room_transaction import CLOSE_TIMER, PRESENCE_TIMER
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import AgentState, ParticipantState, Room, SentMedia
from office360.rooms.storage import room_rows
from office360.rooms.storage.tables import RoomRow
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...conftest import FakeClock
from ..conftest import (
    AT,
    BORIS,
    CARMEN,
    DIEGO,
    BookedVideoAppointment,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
    new_session_hash,
)


async def load_room(runtime: Runtime, booked: BookedVideoAppointment) -> Room:
    async with runtime.read_session() as session:
        room = await participants.current_room(session, booked.appointment.id)
    assert room is not None
    return room


async def appointment_state(runtime: Runtime, booked: BookedVideoAppointment) -> AppointmentState:
    async with runtime.read_session() as session:
        return (await appointments.appointment_by_id(session, booked.appointment.id)).state


async def participant_state(
    runtime: Runtime, booked: BookedVideoAppointment, seat: RoomMember
) -> ParticipantState:
    return (await load_room(runtime, booked)).get_participant(seat.participant_id).state


async def fire_due_timers(runtime: Runtime) -> None:
    await timers.fire_due_timers(runtime, participants.TIMERS)


@pytest.fixture
def entry_open(clock: FakeClock, amina: BookedVideoAppointment) -> BookedVideoAppointment:
    """Five minutes before the appointment."""
    clock.set(AT - timedelta(minutes=5))
    return amina


async def enter_admitted_pair(runtime: Runtime, booked: BookedVideoAppointment) -> tuple[RoomMember, RoomMember]:
    """The citizen and the agent in the call."""
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participants.join_lobby(runtime, guest, None, None)
    await participants.admit_participant(runtime, staff, guest.participant_id)
    return guest, staff


# Coming in


async def test_room_opens_15_minutes_before(
    runtime: Runtime, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(AT - timedelta(minutes=15, seconds=1))
    with pytest.raises(NotAllowed, match="too_early_for_room"):
        await enter_as_citizen(runtime, amina)
    clock.advance(seconds=1)
    assert (
        await participant_state(runtime, amina, await enter_as_citizen(runtime, amina)) is ParticipantState.OUTSIDE
    )


async def test_citizen_cannot_enter_after_closing_time(
    runtime: Runtime, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(amina.appointment.ends_at + timedelta(minutes=31))
    with pytest.raises(Gone, match="room_over"):
        await enter_as_citizen(runtime, amina)


async def test_agent_in_room_keeps_late_room_open(
    runtime: Runtime, clock: FakeClock, amina: BookedVideoAppointment
) -> None:
    clock.set(amina.appointment.ends_at + timedelta(minutes=31))
    await enter_as_agent(runtime, amina)
    assert await enter_as_citizen(runtime, amina)


async def test_unknown_token_is_not_found(runtime: Runtime, office: Office) -> None:
    with pytest.raises(NotFound):
        await participants.enter_as_citizen(runtime, "not-a-token", new_session_hash())


async def test_in_person_appointment_has_no_room(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, AT, mode="in_person")
    clock.set(AT)
    with pytest.raises(NotAllowed, match="not_video"):
        await enter_as_citizen(runtime, booked)


async def test_cancelled_appointment_has_no_room(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    await appointments.cancel_appointment(runtime, entry_open.token)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await enter_as_citizen(runtime, entry_open)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await enter_as_agent(runtime, entry_open)


async def test_repeated_hello_returns_same_participant(
    runtime: Runtime, entry_open: BookedVideoAppointment
) -> None:
    assert await enter_as_citizen(runtime, entry_open) == await enter_as_citizen(runtime, entry_open)
    assert await enter_as_agent(runtime, entry_open) == await enter_as_agent(runtime, entry_open)


async def test_concurrent_first_hellos_create_one_room(
    runtime: Runtime, entry_open: BookedVideoAppointment
) -> None:
    seats = await asyncio.gather(
        enter_as_citizen(runtime, entry_open),
        enter_as_agent(runtime, entry_open),
        enter_as_citizen(runtime, entry_open),
    )
    assert seats[0] == seats[2]
    assert len((await load_room(runtime, entry_open)).participants) == 2


async def test_staff_may_enter_before_opening_time(runtime: Runtime, amina: BookedVideoAppointment) -> None:
    assert (
        await participant_state(runtime, amina, await enter_as_agent(runtime, amina)) is ParticipantState.ADMITTED
    )


async def test_only_staff_of_the_office_may_enter(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    program = Principal("p", "Program", StaffRole.INTEGRATION, None, is_api_key=True)
    for stranger in (DIEGO, program):
        with pytest.raises(NotAllowed):
            await enter_as_agent(runtime, entry_open, stranger)
    with pytest.raises(Unauthenticated):
        await participants.enter_as_staff(runtime, None, entry_open.appointment.id, new_session_hash())


async def test_manager_is_supervisor_and_each_key_its_own_agent(
    runtime: Runtime, entry_open: BookedVideoAppointment
) -> None:
    boss = await enter_as_agent(runtime, entry_open, CARMEN)
    for number in (1, 2):
        await enter_as_agent(runtime, entry_open, replace(BORIS, id=f"key{number}", is_api_key=True))
    room = await load_room(runtime, entry_open)
    assert room.get_participant(boss.participant_id).role is rules.ParticipantRole.SUPERVISOR
    assert len(room.admitted_participants()) == 3


async def test_fifth_participant_is_refused(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    for number in range(4):
        await enter_as_agent(runtime, entry_open, replace(BORIS, id=str(number)))
    with pytest.raises(Refused, match="room_full"):
        await enter_as_agent(runtime, entry_open)
    assert len((await load_room(runtime, entry_open)).participants) == 4


# The lobby and the call


async def test_join_checks_in_the_appointment(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    seat = await enter_as_citizen(runtime, entry_open)
    assert await appointment_state(runtime, entry_open) is AppointmentState.CONFIRMED
    await participants.join_lobby(runtime, seat, "Amina H.", "K7-42")
    await participants.join_lobby(runtime, seat, None, None)
    assert await appointment_state(runtime, entry_open) is AppointmentState.CHECKED_IN
    room = await load_room(runtime, entry_open)
    assert room.get_participant(seat.participant_id).name == "Amina H."


async def test_leaving_the_lobby_undoes_check_in(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    seat = await enter_as_citizen(runtime, entry_open)
    await participants.join_lobby(runtime, seat, None, None)
    await participants.leave_room(runtime, seat)
    assert await appointment_state(runtime, entry_open) is AppointmentState.CONFIRMED
    await participants.join_lobby(runtime, seat, None, None)
    assert await appointment_state(runtime, entry_open) is AppointmentState.CHECKED_IN


async def test_leaving_the_call_keeps_check_in(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest, _ = await enter_admitted_pair(runtime, entry_open)
    await participants.leave_room(runtime, guest)
    assert await appointment_state(runtime, entry_open) is AppointmentState.CHECKED_IN


async def test_refused_command_changes_nothing(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest = await enter_as_citizen(runtime, entry_open)
    before = await load_room(runtime, entry_open)
    with pytest.raises(NotAllowed, match="staff_only"):
        await participants.admit_participant(runtime, guest, guest.participant_id)
    assert await load_room(runtime, entry_open) == before


async def test_staff_admit_return_and_remove_participant(
    runtime: Runtime, entry_open: BookedVideoAppointment
) -> None:
    guest, staff = await enter_admitted_pair(runtime, entry_open)
    assert await participant_state(runtime, entry_open, guest) is ParticipantState.ADMITTED
    await participants.return_to_lobby(runtime, staff, guest.participant_id)
    assert await participant_state(runtime, entry_open, guest) is ParticipantState.LOBBY
    await participants.remove_participant(runtime, staff, guest.participant_id)
    assert await participant_state(runtime, entry_open, guest) is ParticipantState.LEFT


async def test_concurrent_changes_get_two_versions(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest, staff = await enter_admitted_pair(runtime, entry_open)
    before = (await load_room(runtime, entry_open)).version
    await asyncio.gather(
        participants.set_agent_state(runtime, staff, AgentState.BUSY), participants.leave_room(runtime, guest)
    )
    after = await load_room(runtime, entry_open)
    assert after.version == before + 2
    assert after.get_participant(staff.participant_id).agent_state is AgentState.BUSY
    assert after.get_participant(guest.participant_id).state is ParticipantState.LEFT


async def test_concurrent_admits_admit_once(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest, one = await enter_as_citizen(runtime, entry_open), await enter_as_agent(runtime, entry_open)
    other = await enter_as_agent(runtime, entry_open, CARMEN)
    await participants.join_lobby(runtime, guest, None, None)
    await asyncio.gather(
        *(participants.admit_participant(runtime, by, guest.participant_id) for by in (one, other))
    )
    async with runtime.read_session() as session:
        events = await room_rows.audit_events(session, entry_open.appointment.id)
    assert [one.kind for one in events].count("admitted") == 1


async def test_sent_media_is_stored_for_later_participants(
    runtime: Runtime, entry_open: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, entry_open)
    await participants.set_sent_media(runtime, guest, SentMedia(audio=True, video=False, screen=True))
    room = await load_room(runtime, entry_open)
    assert room.get_participant(guest.participant_id).media == SentMedia(True, False, True)


# The end


async def test_ended_call_marks_appointment_served(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    _, staff = await enter_admitted_pair(runtime, entry_open)
    clock.advance(minutes=12)
    await participants.end_room(runtime, staff, "resolved")
    room = await load_room(runtime, entry_open)
    assert await appointment_state(runtime, entry_open) is AppointmentState.SERVED
    assert (rules.call_length_s(room), room.end and room.end.outcome) == (12 * 60, "resolved")
    with pytest.raises(Gone, match="room_over"):
        await enter_as_citizen(runtime, entry_open)


async def test_no_show_is_refused_before_start_time(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    staff = await enter_as_agent(runtime, entry_open)
    with pytest.raises(Refused, match="nobody_yet"):
        await participants.end_room(runtime, staff, "no_show")
    assert (await load_room(runtime, entry_open)).end is None


async def test_end_without_check_in_marks_no_show(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    staff = await enter_as_agent(runtime, entry_open)
    clock.set(AT + timedelta(minutes=10))
    await participants.end_room(runtime, staff, None)
    assert await appointment_state(runtime, entry_open) is AppointmentState.NO_SHOW


async def test_checked_in_citizen_can_be_marked_no_show(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    guest, staff = await enter_as_citizen(runtime, entry_open), await enter_as_agent(runtime, entry_open)
    await participants.join_lobby(runtime, guest, None, None)
    clock.set(AT + timedelta(minutes=10))
    await participants.end_room(runtime, staff, "no_show")
    assert await appointment_state(runtime, entry_open) is AppointmentState.NO_SHOW


async def test_cancellation_closes_the_room(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    runtime.events.register_handler(appointments.AppointmentCancelled, participants.on_appointment_cancelled)
    await enter_as_citizen(runtime, entry_open)
    await appointments.cancel_appointment(runtime, entry_open.token)
    room = await load_room(runtime, entry_open)
    assert room.end is not None
    assert room.end.reason == "cancelled"


async def test_reschedule_closes_the_old_room(
    runtime: Runtime, entry_open: BookedVideoAppointment, clock: FakeClock
) -> None:
    runtime.events.register_handler(appointments.AppointmentRescheduled, participants.on_appointment_rescheduled)
    await enter_as_citizen(runtime, entry_open)
    await appointments.reschedule_appointment(runtime, entry_open.token, AT + timedelta(days=1))
    room = await load_room(runtime, entry_open)
    assert room.end is not None
    assert room.end.reason == "rescheduled"


async def test_empty_room_closes_at_closing_time(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    await enter_as_citizen(runtime, entry_open)
    clock.set(entry_open.appointment.ends_at + timedelta(minutes=30))
    await fire_due_timers(runtime)
    room = await load_room(runtime, entry_open)
    assert room.end is not None
    assert room.end.reason == "time_over"


async def test_ongoing_call_is_not_closed_at_closing_time(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    seats = (new_session_hash(), new_session_hash())
    guest = await participants.enter_as_citizen(runtime, entry_open.token, seats[0])
    staff = await participants.enter_as_staff(runtime, BORIS, entry_open.appointment.id, seats[1])
    await participants.join_lobby(runtime, guest, None, None)
    await participants.admit_participant(runtime, staff, guest.participant_id)
    clock.set(entry_open.appointment.ends_at + timedelta(minutes=30))
    await participants.refresh_presence(runtime, seats)
    await fire_due_timers(runtime)
    assert (await load_room(runtime, entry_open)).end is None


# Presence


async def test_disconnected_after_25_s_and_left_after_120_s(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, entry_open)

    async def after(seconds: int) -> tuple[bool, ParticipantState]:
        clock.set(AT - timedelta(minutes=5) + timedelta(seconds=seconds))
        await fire_due_timers(runtime)
        one = (await load_room(runtime, entry_open)).get_participant(guest.participant_id)
        return one.connected, one.state

    assert await after(24) == (True, ParticipantState.ADMITTED)
    assert await after(25) == (False, ParticipantState.ADMITTED)
    assert await after(119) == (False, ParticipantState.ADMITTED)
    assert await after(120) == (False, ParticipantState.LEFT)


async def test_presence_refresh_keeps_participant_connected(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    hashed = new_session_hash()
    guest = await participants.enter_as_citizen(runtime, entry_open.token, hashed)
    await participants.join_lobby(runtime, guest, None, None)
    for _ in range(20):
        clock.advance(seconds=10)
        await participants.refresh_presence(runtime, [hashed])
        await fire_due_timers(runtime)
    one = (await load_room(runtime, entry_open)).get_participant(guest.participant_id)
    assert (one.connected, one.state) == (True, ParticipantState.LOBBY)


async def test_session_resumes_within_120_s_only(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    first, second, third = new_session_hash(), new_session_hash(), new_session_hash()
    seat = await participants.enter_as_citizen(runtime, entry_open.token, first)
    clock.advance(seconds=119)
    assert await participants.resume_session(runtime, None, first, second) == seat
    with pytest.raises(NotAllowed, match="session_over"):
        await participants.resume_session(runtime, None, first, third)
    clock.advance(seconds=120)
    with pytest.raises(NotAllowed, match="session_over"):
        await participants.resume_session(runtime, None, second, third)


async def test_resume_marks_participant_connected(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    hashed = new_session_hash()
    seat = await participants.enter_as_citizen(runtime, entry_open.token, hashed)
    clock.advance(seconds=30)
    await fire_due_timers(runtime)
    assert not (await load_room(runtime, entry_open)).get_participant(seat.participant_id).connected
    await participants.resume_session(runtime, None, hashed, hashed)
    assert (await load_room(runtime, entry_open)).get_participant(seat.participant_id).connected


async def test_late_process_marks_participant_reconnected(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    seat = await enter_as_citizen(runtime, entry_open)
    clock.advance(seconds=30)
    await fire_due_timers(runtime)
    await participants.mark_reconnected(runtime, seat)
    assert (await load_room(runtime, entry_open)).get_participant(seat.participant_id).connected


# The same timer at two processes


async def timer_due_times(runtime: Runtime, subject: str) -> list[datetime]:
    async with runtime.read_session() as db:
        return list(await db.scalars(select(TimerRow.due_at).where(TimerRow.subject == subject)))


async def audit_kinds(runtime: Runtime, booked: BookedVideoAppointment) -> list[str]:
    async with runtime.read_session() as session:
        return [one.kind for one in await room_rows.audit_events(session, booked.appointment.id)]


async def fire_timer_twice(runtime: Runtime, kind: str, subject: str) -> None:
    """Two processes find the same timer due, and run it at once."""
    (due_at,) = await timer_due_times(runtime, subject)

    async def one() -> None:
        async with runtime.transaction() as tx:
            await participants.TIMERS[kind](tx, subject)
            await tx.session.flush()
            same = (TimerRow.kind == kind, TimerRow.subject == subject, TimerRow.due_at == due_at)
            await tx.session.execute(delete(TimerRow).where(*same))

    await asyncio.gather(one(), one(), fire_due_timers(runtime), fire_due_timers(runtime))


async def test_concurrent_timers_mark_disconnect_once(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    seat = await enter_as_citizen(runtime, entry_open)
    came, before = clock.now(), (await load_room(runtime, entry_open)).version
    clock.advance(seconds=25)
    await fire_timer_twice(runtime, PRESENCE_TIMER, seat.participant_id)
    room = await load_room(runtime, entry_open)
    assert (room.version, room.get_participant(seat.participant_id).connected) == (before + 1, False)
    assert await timer_due_times(runtime, seat.participant_id) == [came + timedelta(seconds=120)]


async def test_concurrent_timers_mark_leaving_once(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    guest, _ = await enter_admitted_pair(runtime, entry_open)
    clock.advance(seconds=120)
    await fire_timer_twice(runtime, PRESENCE_TIMER, guest.participant_id)
    assert await participant_state(runtime, entry_open, guest) is ParticipantState.LEFT
    assert (await audit_kinds(runtime, entry_open)).count("gone") == 2  # the agent has gone, too
    assert await timer_due_times(runtime, guest.participant_id) == []


async def test_concurrent_timers_close_room_once(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    await enter_as_citizen(runtime, entry_open)
    clock.set(entry_open.appointment.ends_at + timedelta(minutes=30))
    await fire_timer_twice(runtime, CLOSE_TIMER, entry_open.appointment.id)
    assert (await audit_kinds(runtime, entry_open)).count("ended") == 1
    assert await timer_due_times(runtime, entry_open.appointment.id) == []


async def test_concurrent_timers_postpone_closing_once(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    hashed = new_session_hash()
    await participants.enter_as_staff(runtime, BORIS, entry_open.appointment.id, hashed)
    clock.set(entry_open.appointment.ends_at + timedelta(minutes=30))
    await participants.refresh_presence(runtime, [hashed])
    await fire_timer_twice(runtime, CLOSE_TIMER, entry_open.appointment.id)
    assert await timer_due_times(runtime, entry_open.appointment.id) == [clock.now() + timedelta(minutes=15)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_resume_during_presence_timer_keeps_participant(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed, lock = new_session_hash(), room_rows.lock_room
    seat = await participants.enter_as_citizen(runtime, entry_open.token, hashed)
    await participants.join_lobby(runtime, seat, None, None)
    clock.advance(seconds=119, milliseconds=900)
    called = 0

    async def late(session: AsyncSession, appointment_id: str) -> RoomRow | None:
        nonlocal called
        called += 1
        if called == 1:  # the timer's handler is about to lock the room, and somebody else is faster
            await participants.resume_session(runtime, None, hashed, new_session_hash())
        return await lock(session, appointment_id)

    monkeypatch.setattr(room_rows, "lock_room", late)
    async with runtime.transaction() as tx:
        tx.now += timedelta(seconds=1)
        await participants.TIMERS[PRESENCE_TIMER](tx, seat.participant_id)
    one = (await load_room(runtime, entry_open)).get_participant(seat.participant_id)
    assert (one.connected, one.state) == (True, ParticipantState.LOBBY)


# What the lobby and the consoles are told


async def test_lobby_position_counts_the_whole_office(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    elena: BookedVideoAppointment,
    entry_open: BookedVideoAppointment,
) -> None:
    first, second = await enter_as_citizen(runtime, elena), await enter_as_citizen(runtime, entry_open)
    await participants.join_lobby(runtime, first, None, None)
    clock.advance(seconds=1)
    await participants.join_lobby(runtime, second, None, None)
    async with runtime.read_session() as session:
        told = await participants.lobby_updates(session, office.id)
    assert told[first.participant_id].position == 1
    assert told[second.participant_id].position == 2
    assert told[second.participant_id].agent is AgentState.AWAY


async def test_lobby_shows_agent_busy_in_another_room(
    runtime: Runtime, office: Office, elena: BookedVideoAppointment, entry_open: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, elena)
    waiting = await enter_as_citizen(runtime, entry_open)
    await participants.join_lobby(runtime, waiting, None, None)
    async with runtime.read_session() as session:
        told = (await participants.lobby_updates(session, office.id))[waiting.participant_id]
    assert (told.agent, told.agent_name) == (AgentState.BUSY, "Boris")


async def test_lobby_guests_show_waiting_admitted_and_left(
    runtime: Runtime, office: Office, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    guest, staff = await enter_as_citizen(runtime, entry_open), await enter_as_agent(runtime, entry_open)

    async def seen() -> list[tuple[str, str, str | None]]:
        async with runtime.read_session() as session:
            return [
                (e.name, e.state, e.agent) for e in await participants.lobby_guests(session, office, clock.now())
            ]

    assert await seen() == []
    await participants.join_lobby(runtime, guest, None, None)
    assert await seen() == [("Amina", "lobby", "Boris")]
    await participants.admit_participant(runtime, staff, guest.participant_id)
    assert await seen() == [("Amina", "admitted", "Boris")]
    await participants.leave_room(runtime, guest)
    assert await seen() == [("Amina", "left", "Boris")]
    await participants.end_room(runtime, staff, "resolved")
    assert await seen() == []


async def test_todays_video_appointments_include_room_state(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    elena: BookedVideoAppointment,
    entry_open: BookedVideoAppointment,
) -> None:
    _, staff = await enter_admitted_pair(runtime, entry_open)
    await participants.end_room(runtime, staff, "resolved")
    async with runtime.read_session() as session:
        day = await participants.todays_video_appointments(session, office, clock.now())
    assert sorted((one.name, one.state, one.outcome) for one in day) == [
        ("Amina", "ended", "resolved"),
        ("Elena", "expected", None),
    ]


async def audit_consents(runtime: Runtime, booked: BookedVideoAppointment) -> list[dict[str, Any]]:
    async with runtime.read_session() as session:
        events = await room_rows.audit_events(session, booked.appointment.id)
    return [one.details for one in events if one.kind == "consent"]


async def test_consent_is_stored_only_when_it_changes(
    runtime: Runtime, clock: FakeClock, entry_open: BookedVideoAppointment
) -> None:
    guest, staff = await enter_admitted_pair(runtime, entry_open)
    for accepted in (True, True, False, False, True):
        clock.advance(seconds=1)
        await participants.record_consent(runtime, guest, "video_call_v1", accepted)
    await participants.record_consent(runtime, staff, "video_call_v1", True)
    await participants.record_consent(runtime, guest, "recording_v1", True)
    noted = [(one["text"], one["accepted"]) for one in await audit_consents(runtime, entry_open)]
    assert noted[:3] == [("video_call_v1", True), ("video_call_v1", False), ("video_call_v1", True)]
    assert sorted(noted[3:]) == [("recording_v1", True), ("video_call_v1", True)]


async def test_consents_per_participant_are_limited(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest, _ = await enter_admitted_pair(runtime, entry_open)
    for number in range(participants.MAX_CONSENTS):
        await participants.record_consent(runtime, guest, f"text_{number}", True)
    with pytest.raises(Refused, match="too_many_consents"):
        await participants.record_consent(runtime, guest, "one_more", True)
    await participants.record_consent(runtime, guest, "text_0", True)
    assert len(await audit_consents(runtime, entry_open)) == participants.MAX_CONSENTS


async def test_audit_never_contains_message_text(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    guest, staff = await enter_as_citizen(runtime, entry_open), await enter_as_agent(runtime, entry_open)
    await participants.join_lobby(runtime, guest, None, None)
    await participants.send_lobby_message(runtime, staff, "A private word", None)
    async with runtime.read_session() as session:
        events = await room_rows.audit_events(session, entry_open.appointment.id)
    assert "private" not in " ".join(str(one.details) for one in events)


async def test_sessions_are_stored_as_hashes(runtime: Runtime, entry_open: BookedVideoAppointment) -> None:
    await participants.enter_as_citizen(runtime, entry_open.token, hash_token("secret"))
    async with runtime.read_session() as session:
        assert await room_rows.presence_by_session(session, "secret") is None
        assert await room_rows.presence_by_session(session, hash_token("secret")) is not None


async def test_page_detects_participant_inside_by_another_page(
    runtime: Runtime, amina: BookedVideoAppointment, clock: FakeClock
) -> None:
    async def inside(staff: Principal | None = None) -> bool:
        async with runtime.read_session() as session:
            return await participants.is_inside_room(
                session, await participants.current_room(session, amina.appointment.id), staff
            )

    clock.set(AT)
    assert not await inside()
    seat = await enter_as_citizen(runtime, amina)
    assert not await inside()  # who only looks at the preview has nothing to lose
    await participants.join_lobby(runtime, seat, None, None)
    assert await inside()
    assert not await inside(BORIS)
    await enter_as_agent(runtime, amina)
    assert await inside(BORIS)
    await participants.leave_room(runtime, seat)
    assert not await inside()
