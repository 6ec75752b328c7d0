"""Lists for the lobby, the consoles and the delay monitor, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments.notify.delays import DelayMonitor
from office360.appointments.service import AppointmentState, appointment_by_id
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participant_actions, presence, staff_actions
from office360.rooms.domain.room import AgentState
from office360.rooms.queries import room_lists
from office360.rooms.queries.room_access import RoomAccess, room_access
from office360.rooms.storage import room_rows
from sqlalchemy import select

from ...conftest import FakeClock
from ...support.statements import recorded_statements
from ..support.video_appointments import (
    AT,
    BookedVideoAppointment,
    book_video_appointment,
    enter_admitted_pair,
    enter_as_agent,
    enter_as_citizen,
)


async def test_lobby_position_counts_the_whole_office(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    elena: BookedVideoAppointment,
    booked: BookedVideoAppointment,
) -> None:
    first, second = await enter_as_citizen(runtime, elena), await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, first, None)
    clock.advance(seconds=1)
    await participant_actions.join_lobby(runtime, second, None)
    async with runtime.read_session() as session:
        updates = await room_lists.lobby_updates(session, office.id)
    assert updates[first.participant_id].position == 1
    assert updates[second.participant_id].position == 2
    assert updates[second.participant_id].agent is AgentState.AWAY


async def test_lobby_shows_agent_busy_in_another_room(
    runtime: Runtime, office: Office, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, elena)
    waiting = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, waiting, None)
    async with runtime.read_session() as session:
        update = (await room_lists.lobby_updates(session, office.id))[waiting.participant_id]
    assert (update.agent, update.agent_name) == (AgentState.BUSY, "Boris")


async def test_lobby_shows_agent_who_telephones_as_busy(
    runtime: Runtime, office: Office, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    agent, waiting = await enter_as_agent(runtime, elena), await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, waiting, None)
    await staff_actions.set_by_phone(runtime, agent, True)
    async with runtime.read_session() as session:
        update = (await room_lists.lobby_updates(session, office.id))[waiting.participant_id]
    assert (update.agent, update.agent_name) == (AgentState.BUSY, "Boris")


async def test_lobby_guests_show_waiting_admitted_and_left(
    runtime: Runtime, office: Office, booked: BookedVideoAppointment
) -> None:
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)

    async def lobby_rows() -> list[tuple[str, str, str | None]]:
        async with runtime.read_session() as session:
            return [
                (guest.name, guest.state, guest.agent) for guest in await room_lists.lobby_guests(session, office)
            ]

    assert await lobby_rows() == []
    await participant_actions.join_lobby(runtime, guest, None)
    assert await lobby_rows() == [("Amina", "lobby", "Boris")]
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    assert await lobby_rows() == [("Amina", "admitted", "Boris")]
    await participant_actions.leave_room(runtime, guest)
    assert await lobby_rows() == [("Amina", "left", "Boris")]
    await staff_actions.end_room(runtime, staff, "resolved")
    assert await lobby_rows() == []


async def test_todays_video_appointments_include_room_state(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    elena: BookedVideoAppointment,
    booked: BookedVideoAppointment,
) -> None:
    _, staff = await enter_admitted_pair(runtime, booked)
    await staff_actions.end_room(runtime, staff, "resolved")
    async with runtime.read_session() as session:
        day = await room_lists.todays_video_appointments(session, office, clock.now())
    assert sorted((status.name, status.state, status.outcome) for status in day) == [
        ("Amina", "ended", "resolved"),
        ("Elena", "expected", None),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_delayed_citizen_is_notified_and_room_stays_open(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_video_appointment(runtime, AT)
    after = [
        await book_video_appointment(runtime, AT + timedelta(minutes=15 * number), f"P{number}")
        for number in (1, 2, 3)
    ]
    clock.set(AT)
    guest, staff = await enter_as_citizen(runtime, amina), await enter_as_agent(runtime, amina)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    clock.set(AT + timedelta(minutes=12))
    first = await enter_as_citizen(runtime, after[0])
    await participant_actions.join_lobby(runtime, first, None)
    monitor = DelayMonitor(runtime, room_lists.forecast_video_starts)
    clock.set(AT + timedelta(minutes=31))
    assert await monitor.check_offices() == 0
    clock.advance(minutes=5)
    assert await monitor.check_offices() == 1  # the citizen in the lobby gets no message
    async with runtime.read_session() as session:
        delayed = [await appointment_by_id(session, later.appointment.id) for later in after]
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "appointment_late"))).scalars()
        assert {row.payload["appointment_id"] for row in rows} == {delayed[2].id}
    assert delayed[0].state is AppointmentState.CHECKED_IN
    delay = delayed[2].expected_at - delayed[2].starts_at
    assert delay >= timedelta(minutes=15)
    await enter_as_agent(runtime, after[2])
    clock.set(delayed[2].ends_at + timedelta(minutes=31))  # without the delay, its room would have been closed
    await timers.fire_due_timers(runtime, presence.TIMERS)
    async with runtime.read_session() as session:
        room = await room_rows.load_room(session, delayed[2].id)
    assert room is not None
    assert room.end is None
    assert room_access(delayed[2], room, clock.now()) is RoomAccess.OPEN


async def test_lobby_is_read_by_one_statement(
    runtime: Runtime, office: Office, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, elena)
    await participant_actions.join_lobby(runtime, await enter_as_citizen(runtime, booked), None)
    with recorded_statements(runtime.db) as statements:
        async with runtime.read_session() as session:
            assert len(await room_lists.lobby_updates(session, office.id)) == 1
    assert len([statement for statement in statements if statement.sql.startswith("SELECT")]) == 1


async def test_statements_for_lobby_guests_do_not_grow_with_rooms(
    runtime: Runtime, office: Office, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    counts = []
    for appointment in (elena, booked):
        await participant_actions.join_lobby(runtime, await enter_as_citizen(runtime, appointment), None)
        with recorded_statements(runtime.db) as statements:
            async with runtime.read_session() as session:
                await room_lists.lobby_guests(session, office)
        counts.append(len(statements))
    assert counts[0] == counts[1]
