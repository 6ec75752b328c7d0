"""The use cases of the rooms, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import AppointmentState
from office360.core.auth import Principal, Role
from office360.core.db import timers
from office360.core.db.timers import TimerRow
from office360.core.errors import Gone, NotAllowed, NotFound, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.actions.participants import Seat
from office360.rooms.actions.room_transaction import CLOSE_TIMER, PRESENCE_TIMER
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import AgentState, Media, Place, Room
from office360.rooms.storage import room_rows
from office360.rooms.storage.tables import RoomRow
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...conftest import FakeClock
from ..conftest import AT, BORIS, CARMEN, DIEGO, Booked, agent, book, citizen, session_hash


async def room_of(runtime: Runtime, booked: Booked) -> Room:
    async with runtime.reading() as session:
        room = await participants.room_of(session, booked.appointment.id)
    assert room is not None
    return room


async def state_of(runtime: Runtime, booked: Booked) -> AppointmentState:
    async with runtime.reading() as session:
        return (await appointments.appointment_by_id(session, booked.appointment.id)).state


async def place_of(runtime: Runtime, booked: Booked, seat: Seat) -> Place:
    return (await room_of(runtime, booked)).participant(seat.participant_id).place


async def fire(runtime: Runtime) -> None:
    await timers.fire_due(runtime, participants.TIMERS)


@pytest.fixture
def at_the_door(clock: FakeClock, amina: Booked) -> Booked:
    """Five minutes before the appointment."""
    clock.set(AT - timedelta(minutes=5))
    return amina


async def admitted(runtime: Runtime, booked: Booked) -> tuple[Seat, Seat]:
    """The citizen and the agent in the call."""
    guest, staff = await citizen(runtime, booked), await agent(runtime, booked)
    await participants.join(runtime, guest, None, None)
    await participants.admit(runtime, staff, guest.participant_id)
    return guest, staff


# Coming in


async def test_the_room_opens_15_minutes_before(runtime: Runtime, clock: FakeClock, amina: Booked) -> None:
    clock.set(AT - timedelta(minutes=15, seconds=1))
    with pytest.raises(NotAllowed, match="too_early_for_room"):
        await citizen(runtime, amina)
    clock.advance(seconds=1)
    assert await place_of(runtime, amina, await citizen(runtime, amina)) is Place.OUTSIDE


async def test_after_its_time_the_room_is_over(runtime: Runtime, clock: FakeClock, amina: Booked) -> None:
    clock.set(amina.appointment.ends_at + timedelta(minutes=31))
    with pytest.raises(Gone, match="room_over"):
        await citizen(runtime, amina)


async def test_a_late_agent_in_the_room_keeps_the_door_open(
    runtime: Runtime, clock: FakeClock, amina: Booked
) -> None:
    clock.set(amina.appointment.ends_at + timedelta(minutes=31))
    await agent(runtime, amina)
    assert await citizen(runtime, amina)


async def test_a_wrong_token_opens_nothing(runtime: Runtime, office: Office) -> None:
    with pytest.raises(NotFound):
        await participants.enter_citizen(runtime, "not-a-token", session_hash())


async def test_an_appointment_in_person_has_no_room(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book(runtime, AT, mode="in_person")
    clock.set(AT)
    with pytest.raises(NotAllowed, match="not_video"):
        await citizen(runtime, booked)


async def test_a_cancelled_appointment_has_no_room(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    await appointments.cancel(runtime, at_the_door.token)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await citizen(runtime, at_the_door)
    with pytest.raises(Gone, match="appointment_cancelled"):
        await agent(runtime, at_the_door)


async def test_the_same_person_is_the_same_participant(runtime: Runtime, at_the_door: Booked) -> None:
    assert await citizen(runtime, at_the_door) == await citizen(runtime, at_the_door)
    assert await agent(runtime, at_the_door) == await agent(runtime, at_the_door)


async def test_two_first_hellos_at_once_make_one_room(runtime: Runtime, at_the_door: Booked) -> None:
    seats = await asyncio.gather(
        citizen(runtime, at_the_door), agent(runtime, at_the_door), citizen(runtime, at_the_door)
    )
    assert seats[0] == seats[2]
    assert len((await room_of(runtime, at_the_door)).participants) == 2


async def test_staff_may_enter_before_the_citizen_can(runtime: Runtime, amina: Booked) -> None:
    assert await place_of(runtime, amina, await agent(runtime, amina)) is Place.ADMITTED


async def test_only_staff_of_the_office_enter(runtime: Runtime, at_the_door: Booked) -> None:
    program = Principal("p", "Program", Role.INTEGRATION, None, key=True)
    for stranger in (DIEGO, program):
        with pytest.raises(NotAllowed):
            await agent(runtime, at_the_door, stranger)
    with pytest.raises(Unauthenticated):
        await participants.enter_staff(runtime, None, at_the_door.appointment.id, session_hash())


async def test_a_manager_supervises_and_each_key_is_an_agent_of_its_own(
    runtime: Runtime, at_the_door: Booked
) -> None:
    boss = await agent(runtime, at_the_door, CARMEN)
    for number in (1, 2):
        await agent(runtime, at_the_door, replace(BORIS, id=f"key{number}", key=True))
    room = await room_of(runtime, at_the_door)
    assert room.participant(boss.participant_id).role is rules.Role.SUPERVISOR
    assert len(room.admitted()) == 3


async def test_a_fifth_person_does_not_fit(runtime: Runtime, at_the_door: Booked) -> None:
    for number in range(4):
        await agent(runtime, at_the_door, replace(BORIS, id=str(number)))
    with pytest.raises(Refused, match="room_full"):
        await agent(runtime, at_the_door)
    assert len((await room_of(runtime, at_the_door)).participants) == 4


# The lobby and the call


async def test_joining_counts_as_having_come(runtime: Runtime, at_the_door: Booked) -> None:
    seat = await citizen(runtime, at_the_door)
    assert await state_of(runtime, at_the_door) is AppointmentState.CONFIRMED
    await participants.join(runtime, seat, "Amina H.", "K7-42")
    await participants.join(runtime, seat, None, None)
    assert await state_of(runtime, at_the_door) is AppointmentState.CHECKED_IN
    room = await room_of(runtime, at_the_door)
    assert room.participant(seat.participant_id).name == "Amina H."


async def test_leaving_the_lobby_takes_the_coming_back(runtime: Runtime, at_the_door: Booked) -> None:
    seat = await citizen(runtime, at_the_door)
    await participants.join(runtime, seat, None, None)
    await participants.leave(runtime, seat)
    assert await state_of(runtime, at_the_door) is AppointmentState.CONFIRMED
    await participants.join(runtime, seat, None, None)
    assert await state_of(runtime, at_the_door) is AppointmentState.CHECKED_IN


async def test_leaving_the_call_does_not_undo_the_visit(runtime: Runtime, at_the_door: Booked) -> None:
    guest, _ = await admitted(runtime, at_the_door)
    await participants.leave(runtime, guest)
    assert await state_of(runtime, at_the_door) is AppointmentState.CHECKED_IN


async def test_a_refused_command_changes_nothing(runtime: Runtime, at_the_door: Booked) -> None:
    guest = await citizen(runtime, at_the_door)
    before = await room_of(runtime, at_the_door)
    with pytest.raises(NotAllowed, match="staff_only"):
        await participants.admit(runtime, guest, guest.participant_id)
    assert await room_of(runtime, at_the_door) == before


async def test_admit_back_to_the_lobby_and_out(runtime: Runtime, at_the_door: Booked) -> None:
    guest, staff = await admitted(runtime, at_the_door)
    assert await place_of(runtime, at_the_door, guest) is Place.ADMITTED
    await participants.return_to_lobby(runtime, staff, guest.participant_id)
    assert await place_of(runtime, at_the_door, guest) is Place.LOBBY
    await participants.remove(runtime, staff, guest.participant_id)
    assert await place_of(runtime, at_the_door, guest) is Place.LEFT


async def test_every_change_has_a_new_version_and_two_at_once_have_two(
    runtime: Runtime, at_the_door: Booked
) -> None:
    guest, staff = await admitted(runtime, at_the_door)
    before = (await room_of(runtime, at_the_door)).version
    await asyncio.gather(
        participants.set_agent_state(runtime, staff, AgentState.BUSY), participants.leave(runtime, guest)
    )
    after = await room_of(runtime, at_the_door)
    assert after.version == before + 2
    assert after.participant(staff.participant_id).agent_state is AgentState.BUSY
    assert after.participant(guest.participant_id).place is Place.LEFT


async def test_two_agents_who_admit_at_once_admit_once(runtime: Runtime, at_the_door: Booked) -> None:
    guest, one = await citizen(runtime, at_the_door), await agent(runtime, at_the_door)
    other = await agent(runtime, at_the_door, CARMEN)
    await participants.join(runtime, guest, None, None)
    await asyncio.gather(*(participants.admit(runtime, by, guest.participant_id) for by in (one, other)))
    async with runtime.reading() as session:
        events = await room_rows.events_of(session, at_the_door.appointment.id)
    assert [one.kind for one in events].count("admitted") == 1


async def test_what_somebody_sends_is_known_to_those_who_come_later(runtime: Runtime, at_the_door: Booked) -> None:
    guest, _ = await admitted(runtime, at_the_door)
    await participants.set_media(runtime, guest, Media(audio=True, video=False, screen=True))
    room = await room_of(runtime, at_the_door)
    assert room.participant(guest.participant_id).media == Media(True, False, True)


# The end


async def test_a_call_that_ends_is_served(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    _, staff = await admitted(runtime, at_the_door)
    clock.advance(minutes=12)
    await participants.end(runtime, staff, "resolved")
    room = await room_of(runtime, at_the_door)
    assert await state_of(runtime, at_the_door) is AppointmentState.SERVED
    assert (rules.talked_s(room), room.end and room.end.outcome) == (12 * 60, "resolved")
    with pytest.raises(Gone, match="room_over"):
        await citizen(runtime, at_the_door)


async def test_nobody_is_marked_absent_before_the_time(runtime: Runtime, at_the_door: Booked) -> None:
    staff = await agent(runtime, at_the_door)
    with pytest.raises(Refused, match="nobody_yet"):
        await participants.end(runtime, staff, "no_show")
    assert (await room_of(runtime, at_the_door)).end is None


async def test_whoever_never_came_did_not_show_up(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    staff = await agent(runtime, at_the_door)
    clock.set(AT + timedelta(minutes=10))
    await participants.end(runtime, staff, None)
    assert await state_of(runtime, at_the_door) is AppointmentState.NO_SHOW


async def test_whoever_came_and_went_can_be_marked_absent(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    guest, staff = await citizen(runtime, at_the_door), await agent(runtime, at_the_door)
    await participants.join(runtime, guest, None, None)
    clock.set(AT + timedelta(minutes=10))
    await participants.end(runtime, staff, "no_show")
    assert await state_of(runtime, at_the_door) is AppointmentState.NO_SHOW


async def test_a_cancellation_closes_the_room_in_the_same_transaction(
    runtime: Runtime, at_the_door: Booked
) -> None:
    runtime.events.on(appointments.AppointmentCancelled, participants.on_appointment_cancelled)
    await citizen(runtime, at_the_door)
    await appointments.cancel(runtime, at_the_door.token)
    room = await room_of(runtime, at_the_door)
    assert room.end is not None
    assert room.end.reason == "cancelled"


async def test_a_moved_appointment_closes_the_old_room(
    runtime: Runtime, at_the_door: Booked, clock: FakeClock
) -> None:
    runtime.events.on(appointments.AppointmentRescheduled, participants.on_appointment_rescheduled)
    await citizen(runtime, at_the_door)
    await appointments.reschedule(runtime, at_the_door.token, AT + timedelta(days=1))
    room = await room_of(runtime, at_the_door)
    assert room.end is not None
    assert room.end.reason == "rescheduled"


async def test_an_empty_room_is_closed_when_its_time_is_over(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    await citizen(runtime, at_the_door)
    clock.set(at_the_door.appointment.ends_at + timedelta(minutes=30))
    await fire(runtime)
    room = await room_of(runtime, at_the_door)
    assert room.end is not None
    assert room.end.reason == "time_over"


async def test_a_call_that_runs_over_is_not_cut(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    seats = (session_hash(), session_hash())
    guest = await participants.enter_citizen(runtime, at_the_door.token, seats[0])
    staff = await participants.enter_staff(runtime, BORIS, at_the_door.appointment.id, seats[1])
    await participants.join(runtime, guest, None, None)
    await participants.admit(runtime, staff, guest.participant_id)
    clock.set(at_the_door.appointment.ends_at + timedelta(minutes=30))
    await participants.refresh(runtime, seats)
    await fire(runtime)
    assert (await room_of(runtime, at_the_door)).end is None


# Presence


async def test_a_lost_connection_shows_after_25_s_and_the_person_has_left_after_120(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    guest, _ = await admitted(runtime, at_the_door)

    async def after(seconds: int) -> tuple[bool, Place]:
        clock.set(AT - timedelta(minutes=5) + timedelta(seconds=seconds))
        await fire(runtime)
        one = (await room_of(runtime, at_the_door)).participant(guest.participant_id)
        return one.connected, one.place

    assert await after(24) == (True, Place.ADMITTED)
    assert await after(25) == (False, Place.ADMITTED)
    assert await after(119) == (False, Place.ADMITTED)
    assert await after(120) == (False, Place.LEFT)


async def test_a_refresh_keeps_one_present(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    hashed = session_hash()
    guest = await participants.enter_citizen(runtime, at_the_door.token, hashed)
    await participants.join(runtime, guest, None, None)
    for _ in range(20):
        clock.advance(seconds=10)
        await participants.refresh(runtime, [hashed])
        await fire(runtime)
    one = (await room_of(runtime, at_the_door)).participant(guest.participant_id)
    assert (one.connected, one.place) == (True, Place.LOBBY)


async def test_a_session_comes_back_within_two_minutes_and_not_later(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    first, second, third = session_hash(), session_hash(), session_hash()
    seat = await participants.enter_citizen(runtime, at_the_door.token, first)
    clock.advance(seconds=119)
    assert await participants.come_back(runtime, None, first, second) == seat
    with pytest.raises(NotAllowed, match="session_over"):
        await participants.come_back(runtime, None, first, third)
    clock.advance(seconds=120)
    with pytest.raises(NotAllowed, match="session_over"):
        await participants.come_back(runtime, None, second, third)


async def test_coming_back_makes_one_connected_again(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    hashed = session_hash()
    seat = await participants.enter_citizen(runtime, at_the_door.token, hashed)
    clock.advance(seconds=30)
    await fire(runtime)
    assert not (await room_of(runtime, at_the_door)).participant(seat.participant_id).connected
    await participants.come_back(runtime, None, hashed, hashed)
    assert (await room_of(runtime, at_the_door)).participant(seat.participant_id).connected


async def test_a_late_process_puts_its_people_right(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    seat = await citizen(runtime, at_the_door)
    clock.advance(seconds=30)
    await fire(runtime)
    await participants.be_back(runtime, seat)
    assert (await room_of(runtime, at_the_door)).participant(seat.participant_id).connected


# The same timer at two processes


async def timers_of(runtime: Runtime, subject: str) -> list[datetime]:
    async with runtime.reading() as db:
        return list(await db.scalars(select(TimerRow.due_at).where(TimerRow.subject == subject)))


async def kinds_of(runtime: Runtime, booked: Booked) -> list[str]:
    async with runtime.reading() as session:
        return [one.kind for one in await room_rows.events_of(session, booked.appointment.id)]


async def both(runtime: Runtime, kind: str, subject: str) -> None:
    """Two processes find the same timer due, and run it at once."""
    (due_at,) = await timers_of(runtime, subject)

    async def one() -> None:
        async with runtime.transaction() as tx:
            await participants.TIMERS[kind](tx, subject)
            await tx.session.flush()
            same = (TimerRow.kind == kind, TimerRow.subject == subject, TimerRow.due_at == due_at)
            await tx.session.execute(delete(TimerRow).where(*same))

    await asyncio.gather(one(), one(), fire(runtime), fire(runtime))


async def test_two_processes_note_a_lost_connection_once_and_look_again(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    seat = await citizen(runtime, at_the_door)
    came, before = clock.now(), (await room_of(runtime, at_the_door)).version
    clock.advance(seconds=25)
    await both(runtime, PRESENCE_TIMER, seat.participant_id)
    room = await room_of(runtime, at_the_door)
    assert (room.version, room.participant(seat.participant_id).connected) == (before + 1, False)
    assert await timers_of(runtime, seat.participant_id) == [came + timedelta(seconds=120)]


async def test_two_processes_let_somebody_leave_once(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    guest, _ = await admitted(runtime, at_the_door)
    clock.advance(seconds=120)
    await both(runtime, PRESENCE_TIMER, guest.participant_id)
    assert await place_of(runtime, at_the_door, guest) is Place.LEFT
    assert (await kinds_of(runtime, at_the_door)).count("gone") == 2  # the agent has gone, too
    assert await timers_of(runtime, guest.participant_id) == []


async def test_two_processes_close_a_room_once(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    await citizen(runtime, at_the_door)
    clock.set(at_the_door.appointment.ends_at + timedelta(minutes=30))
    await both(runtime, CLOSE_TIMER, at_the_door.appointment.id)
    assert (await kinds_of(runtime, at_the_door)).count("ended") == 1
    assert await timers_of(runtime, at_the_door.appointment.id) == []


async def test_two_processes_put_off_the_close_of_a_call_once(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked
) -> None:
    hashed = session_hash()
    await participants.enter_staff(runtime, BORIS, at_the_door.appointment.id, hashed)
    clock.set(at_the_door.appointment.ends_at + timedelta(minutes=30))
    await participants.refresh(runtime, [hashed])
    await both(runtime, CLOSE_TIMER, at_the_door.appointment.id)
    assert await timers_of(runtime, at_the_door.appointment.id) == [clock.now() + timedelta(minutes=15)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_whoever_comes_back_while_the_timer_runs_has_not_left(
    runtime: Runtime, clock: FakeClock, at_the_door: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed, lock = session_hash(), room_rows.lock_room
    seat = await participants.enter_citizen(runtime, at_the_door.token, hashed)
    await participants.join(runtime, seat, None, None)
    clock.advance(seconds=119, milliseconds=900)
    called = 0

    async def late(session: AsyncSession, appointment_id: str) -> RoomRow | None:
        nonlocal called
        called += 1
        if called == 1:  # the timer's handler is about to lock the room, and somebody else is faster
            await participants.come_back(runtime, None, hashed, session_hash())
        return await lock(session, appointment_id)

    monkeypatch.setattr(room_rows, "lock_room", late)
    async with runtime.transaction() as tx:
        tx.now += timedelta(seconds=1)
        await participants.TIMERS[PRESENCE_TIMER](tx, seat.participant_id)
    one = (await room_of(runtime, at_the_door)).participant(seat.participant_id)
    assert (one.connected, one.place) == (True, Place.LOBBY)


# What the lobby and the consoles are told


async def test_the_lobby_counts_over_the_whole_office_by_first_join(
    runtime: Runtime, office: Office, clock: FakeClock, elena: Booked, at_the_door: Booked
) -> None:
    first, second = await citizen(runtime, elena), await citizen(runtime, at_the_door)
    await participants.join(runtime, first, None, None)
    clock.advance(seconds=1)
    await participants.join(runtime, second, None, None)
    async with runtime.reading() as session:
        told = await participants.waiting_in(session, office.id)
    assert told[first.participant_id].position == 1
    assert told[second.participant_id].position == 2
    assert told[second.participant_id].agent is AgentState.AWAY


async def test_the_lobby_says_that_the_office_is_busy_with_somebody_else(
    runtime: Runtime, office: Office, elena: Booked, at_the_door: Booked
) -> None:
    await admitted(runtime, elena)
    waiting = await citizen(runtime, at_the_door)
    await participants.join(runtime, waiting, None, None)
    async with runtime.reading() as session:
        told = (await participants.waiting_in(session, office.id))[waiting.participant_id]
    assert (told.agent, told.agent_name) == (AgentState.BUSY, "Boris")


async def test_the_console_sees_who_waits_talks_and_left(
    runtime: Runtime, office: Office, clock: FakeClock, at_the_door: Booked
) -> None:
    guest, staff = await citizen(runtime, at_the_door), await agent(runtime, at_the_door)

    async def seen() -> list[tuple[str, str, str | None]]:
        async with runtime.reading() as session:
            return [(e.name, e.state, e.agent) for e in await participants.lobby(session, office, clock.now())]

    assert await seen() == []
    await participants.join(runtime, guest, None, None)
    assert await seen() == [("Amina", "lobby", "Boris")]
    await participants.admit(runtime, staff, guest.participant_id)
    assert await seen() == [("Amina", "admitted", "Boris")]
    await participants.leave(runtime, guest)
    assert await seen() == [("Amina", "left", "Boris")]
    await participants.end(runtime, staff, "resolved")
    assert await seen() == []


async def test_the_day_lists_every_video_appointment_with_its_state(
    runtime: Runtime, office: Office, clock: FakeClock, elena: Booked, at_the_door: Booked
) -> None:
    _, staff = await admitted(runtime, at_the_door)
    await participants.end(runtime, staff, "resolved")
    async with runtime.reading() as session:
        day = await participants.video_day(session, office, clock.now())
    assert sorted((one.name, one.state, one.outcome) for one in day) == [
        ("Amina", "ended", "resolved"),
        ("Elena", "expected", None),
    ]


async def consents_of(runtime: Runtime, booked: Booked) -> list[dict[str, Any]]:
    async with runtime.reading() as session:
        events = await room_rows.events_of(session, booked.appointment.id)
    return [one.details for one in events if one.kind == "consent"]


async def test_a_consent_is_noted_when_it_changes(runtime: Runtime, clock: FakeClock, at_the_door: Booked) -> None:
    guest, staff = await admitted(runtime, at_the_door)
    for accepted in (True, True, False, False, True):
        clock.advance(seconds=1)
        await participants.consent(runtime, guest, "video_call_v1", accepted)
    await participants.consent(runtime, staff, "video_call_v1", True)
    await participants.consent(runtime, guest, "recording_v1", True)
    noted = [(one["text"], one["accepted"]) for one in await consents_of(runtime, at_the_door)]
    assert noted[:3] == [("video_call_v1", True), ("video_call_v1", False), ("video_call_v1", True)]
    assert sorted(noted[3:]) == [("recording_v1", True), ("video_call_v1", True)]


async def test_nobody_fills_the_audit_with_consents(runtime: Runtime, at_the_door: Booked) -> None:
    guest, _ = await admitted(runtime, at_the_door)
    for number in range(participants.CONSENTS_AT_MOST):
        await participants.consent(runtime, guest, f"text_{number}", True)
    with pytest.raises(Refused, match="too_many_consents"):
        await participants.consent(runtime, guest, "one_more", True)
    await participants.consent(runtime, guest, "text_0", True)
    assert len(await consents_of(runtime, at_the_door)) == participants.CONSENTS_AT_MOST


async def test_the_audit_never_holds_what_was_said(runtime: Runtime, at_the_door: Booked) -> None:
    guest, staff = await citizen(runtime, at_the_door), await agent(runtime, at_the_door)
    await participants.join(runtime, guest, None, None)
    await participants.tell_lobby(runtime, staff, "A private word", None)
    async with runtime.reading() as session:
        events = await room_rows.events_of(session, at_the_door.appointment.id)
    assert "private" not in " ".join(str(one.details) for one in events)


async def test_sessions_are_kept_as_hashes(runtime: Runtime, at_the_door: Booked) -> None:
    await participants.enter_citizen(runtime, at_the_door.token, hash_token("secret"))
    async with runtime.reading() as session:
        assert await room_rows.presence_of_session(session, "secret") is None
        assert await room_rows.presence_of_session(session, hash_token("secret")) is not None


async def test_a_page_knows_that_its_person_is_inside_by_another(
    runtime: Runtime, amina: Booked, clock: FakeClock
) -> None:
    async def inside(staff: Principal | None = None) -> bool:
        async with runtime.reading() as session:
            return await participants.is_inside(
                session, await participants.room_of(session, amina.appointment.id), staff
            )

    clock.set(AT)
    assert not await inside()
    seat = await citizen(runtime, amina)
    assert not await inside()  # who only looks at the preview has nothing to lose
    await participants.join(runtime, seat, None, None)
    assert await inside()
    assert not await inside(BORIS)
    await agent(runtime, amina)
    assert await inside(BORIS)
    await participants.leave(runtime, seat)
    assert not await inside()
