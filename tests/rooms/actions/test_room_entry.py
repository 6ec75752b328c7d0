"""Entering a room and resuming a session, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.appointments import service as appointments
from office360.core.auth import Principal, StaffRole
from office360.core.errors import Gone, NotAllowed, NotFound, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.rooms.actions import room_entry
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import ParticipantState
from office360.rooms.storage import room_rows

from ...conftest import FakeClock
from ..support.video_appointments import (
    AT,
    BORIS,
    CARMEN,
    DIEGO,
    BookedVideoAppointment,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
    fire_due_timers,
    load_room,
    new_session_hash,
    participant_state,
)


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
        await room_entry.enter_as_citizen(runtime, "not-a-token", new_session_hash())


async def test_in_person_appointment_has_no_room(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, AT, mode="in_person")
    clock.set(AT)
    with pytest.raises(NotAllowed, match="not_video"):
        await enter_as_citizen(runtime, booked)


async def test_cancelled_appointment_has_no_room(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    await appointments.cancel_appointment(runtime, booked.token)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await enter_as_citizen(runtime, booked)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await enter_as_agent(runtime, booked)


async def test_repeated_hello_returns_same_participant(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    assert await enter_as_citizen(runtime, booked) == await enter_as_citizen(runtime, booked)
    assert await enter_as_agent(runtime, booked) == await enter_as_agent(runtime, booked)


async def test_concurrent_first_hellos_create_one_room(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    members = await asyncio.gather(
        enter_as_citizen(runtime, booked),
        enter_as_agent(runtime, booked),
        enter_as_citizen(runtime, booked),
    )
    assert members[0] == members[2]
    assert len((await load_room(runtime, booked)).participants) == 2


async def test_staff_may_enter_before_opening_time(runtime: Runtime, amina: BookedVideoAppointment) -> None:
    assert (
        await participant_state(runtime, amina, await enter_as_agent(runtime, amina)) is ParticipantState.ADMITTED
    )


async def test_only_staff_of_the_office_may_enter(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    program = Principal("p", "Program", StaffRole.INTEGRATION, None, is_api_key=True)
    for stranger in (DIEGO, program):
        with pytest.raises(NotAllowed):
            await enter_as_agent(runtime, booked, stranger)
    with pytest.raises(Unauthenticated):
        await room_entry.enter_as_staff(runtime, None, booked.appointment.id, new_session_hash())


async def test_manager_is_supervisor_and_each_key_its_own_agent(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    manager = await enter_as_agent(runtime, booked, CARMEN)
    for number in (1, 2):
        await enter_as_agent(runtime, booked, replace(BORIS, id=f"key{number}", is_api_key=True))
    room = await load_room(runtime, booked)
    assert room.get_participant(manager.participant_id).role is rules.ParticipantRole.SUPERVISOR
    assert len(room.admitted_participants()) == 3


async def test_fifth_participant_is_refused(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    for number in range(4):
        await enter_as_agent(runtime, booked, replace(BORIS, id=str(number)))
    with pytest.raises(Refused, match="room_full"):
        await enter_as_agent(runtime, booked)
    assert len((await load_room(runtime, booked)).participants) == 4


async def test_session_resumes_within_120_s_only(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    first, second, third = new_session_hash(), new_session_hash(), new_session_hash()
    member = await room_entry.enter_as_citizen(runtime, booked.token, first)
    clock.advance(seconds=119)
    assert await room_entry.resume_session(runtime, None, first, second) == member
    with pytest.raises(NotAllowed, match="session_over"):
        await room_entry.resume_session(runtime, None, first, third)
    clock.advance(seconds=120)
    with pytest.raises(NotAllowed, match="session_over"):
        await room_entry.resume_session(runtime, None, second, third)


async def test_resume_marks_participant_connected(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    session_hash = new_session_hash()
    member = await room_entry.enter_as_citizen(runtime, booked.token, session_hash)
    clock.advance(seconds=30)
    await fire_due_timers(runtime)
    assert not (await load_room(runtime, booked)).get_participant(member.participant_id).connected
    await room_entry.resume_session(runtime, None, session_hash, session_hash)
    assert (await load_room(runtime, booked)).get_participant(member.participant_id).connected


async def test_sessions_are_stored_as_hashes(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await room_entry.enter_as_citizen(runtime, booked.token, hash_token("secret"))
    async with runtime.read_session() as session:
        assert await room_rows.presence_by_session(session, "secret") is None
        assert await room_rows.presence_by_session(session, hash_token("secret")) is not None
