"""Use cases of staff in a room, on both databases."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from office360.appointments.service import AppointmentState
from office360.core.db.outbox import VOID, OutboxRow
from office360.core.errors import Gone, NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, presence, room_entry, staff_actions
from office360.rooms.domain import room as rules
from office360.rooms.domain.room import AgentState, ParticipantState
from office360.rooms.storage import room_rows
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.video_appointments import (
    AT,
    BORIS,
    CARMEN,
    BookedVideoAppointment,
    appointment_state,
    audit_kinds,
    enter_admitted_pair,
    enter_as_agent,
    enter_as_citizen,
    fire_due_timers,
    load_room,
    new_session_hash,
    participant_state,
)


async def test_refused_command_changes_nothing(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest = await enter_as_citizen(runtime, booked)
    before = await load_room(runtime, booked)
    with pytest.raises(NotAllowed, match="staff_only"):
        await staff_actions.admit_participant(runtime, guest, guest.participant_id)
    assert await load_room(runtime, booked) == before


async def test_staff_admit_return_and_remove_participant(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, staff = await enter_admitted_pair(runtime, booked)
    assert await participant_state(runtime, booked, guest) is ParticipantState.ADMITTED
    await staff_actions.return_to_lobby(runtime, staff, guest.participant_id)
    assert await participant_state(runtime, booked, guest) is ParticipantState.LOBBY
    await staff_actions.remove_participant(runtime, staff, guest.participant_id)
    assert await participant_state(runtime, booked, guest) is ParticipantState.LEFT


async def test_life_of_a_room_is_logged_without_names(
    runtime: Runtime, booked: BookedVideoAppointment, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "office360"):
        guest, staff = await enter_admitted_pair(runtime, booked)
        with pytest.raises(NotAllowed):
            await staff_actions.end_room(runtime, guest, None)
        await staff_actions.end_room(runtime, staff, "a remark of boris")
    lines = [record for record in caplog.records if record.getMessage().startswith(("room_", "appointment_"))]
    kinds = [record.getMessage() for record in lines]
    assert kinds[-2:] == ["room_ended", "appointment_served"] or kinds[-2:] == ["appointment_served", "room_ended"]
    assert {"room_hello", "room_joined", "room_admitted"} <= set(kinds)
    assert {record.__dict__["appointment"] for record in lines} == {staff.appointment_id}
    assert "Amina" not in str([record.__dict__ for record in lines])
    assert "remark" not in str([record.__dict__ for record in lines])


async def test_concurrent_changes_get_two_versions(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, staff = await enter_admitted_pair(runtime, booked)
    before = (await load_room(runtime, booked)).version
    await asyncio.gather(
        staff_actions.set_agent_state(runtime, staff, AgentState.BUSY),
        participant_actions.leave_room(runtime, guest),
    )
    after = await load_room(runtime, booked)
    assert after.version == before + 2
    assert after.get_participant(staff.participant_id).agent_state is AgentState.BUSY
    assert after.get_participant(guest.participant_id).state is ParticipantState.LEFT


async def test_concurrent_admits_admit_once(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, first = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    second = await enter_as_agent(runtime, booked, CARMEN)
    await participant_actions.join_lobby(runtime, guest, None)
    await asyncio.gather(
        *(staff_actions.admit_participant(runtime, staff, guest.participant_id) for staff in (first, second))
    )
    assert (await audit_kinds(runtime, booked)).count("admitted") == 1


async def test_ended_call_marks_appointment_served(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    _, staff = await enter_admitted_pair(runtime, booked)
    clock.advance(minutes=12)
    await staff_actions.end_room(runtime, staff, "resolved")
    room = await load_room(runtime, booked)
    assert await appointment_state(runtime, booked) is AppointmentState.SERVED
    assert (rules.call_length_s(room), room.end and room.end.outcome) == (12 * 60, "resolved")
    with pytest.raises(Gone, match="room_over"):
        await enter_as_citizen(runtime, booked)


async def test_no_show_is_refused_before_start_time(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    staff = await enter_as_agent(runtime, booked)
    with pytest.raises(Refused, match="nobody_yet"):
        await staff_actions.end_room(runtime, staff, "no_show")
    assert (await load_room(runtime, booked)).end is None


async def test_end_without_check_in_marks_no_show(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    staff = await enter_as_agent(runtime, booked)
    clock.set(AT + timedelta(minutes=10))
    await staff_actions.end_room(runtime, staff, None)
    assert await appointment_state(runtime, booked) is AppointmentState.NO_SHOW


async def test_checked_in_citizen_can_be_marked_no_show(
    runtime: Runtime, clock: FakeClock, booked: BookedVideoAppointment
) -> None:
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    clock.set(AT + timedelta(minutes=10))
    await staff_actions.end_room(runtime, staff, "no_show")
    assert await appointment_state(runtime, booked) is AppointmentState.NO_SHOW


async def test_audit_never_contains_message_text(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.send_lobby_message(runtime, staff, "A private word", None)
    async with runtime.read_session() as session:
        events = await room_rows.audit_events(session, booked.appointment.id)
    assert "private" not in " ".join(str(event.details) for event in events)


async def test_agent_entry_calls_back_citizen_who_left(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    guest = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    await participant_actions.leave_room(runtime, guest)
    for _ in range(2):
        await enter_as_agent(runtime, booked)
    assert await call_back_recipients(runtime) == [booked.appointment.email]
    assert "called_back" in await audit_kinds(runtime, booked)
    again = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, again, None)
    clock.advance(minutes=1)
    await participant_actions.leave_room(runtime, again)
    await enter_as_agent(runtime, booked)
    assert len(await call_back_recipients(runtime)) == 2


async def test_agent_entry_calls_no_present_or_removed_citizen(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    guest = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    staff = await enter_as_agent(runtime, booked)
    await staff_actions.remove_participant(runtime, staff, guest.participant_id)
    await enter_as_agent(runtime, booked)
    assert await call_back_recipients(runtime) == []


async def test_citizen_who_hung_up_is_not_called_back(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, _ = await enter_admitted_pair(runtime, booked)
    await participant_actions.leave_room(runtime, guest)
    await enter_as_agent(runtime, booked)
    assert await call_back_recipients(runtime) == []


async def test_citizen_silent_in_lobby_is_called_back_once(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    guest = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    clock.advance(seconds=20)
    await fire_due_timers(runtime)
    staff_session = new_session_hash()
    await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, staff_session)
    assert await call_back_recipients(runtime) == []
    clock.advance(seconds=10)
    await presence.refresh_presence(runtime, [staff_session])
    for _ in range(2):
        await fire_due_timers(runtime)
        await enter_as_agent(runtime, booked)
    assert await call_back_recipients(runtime) == [booked.appointment.email]
    assert (await audit_kinds(runtime, booked)).count("called_back") == 1


async def test_citizen_returned_to_lobby_is_called_back(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, staff = await enter_admitted_pair(runtime, booked)
    await staff_actions.return_to_lobby(runtime, staff, guest.participant_id)
    await participant_actions.leave_room(runtime, guest)
    await enter_as_agent(runtime, booked)
    assert await call_back_recipients(runtime) == [booked.appointment.email]


async def test_return_to_lobby_voids_unsent_call_back(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    await participant_actions.leave_room(runtime, guest)
    await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, await enter_as_citizen(runtime, booked), None)
    async with runtime.read_session() as session:
        states = await session.scalars(select(OutboxRow.state).where(OutboxRow.kind == "room_ready"))
        assert list(states) == [VOID]


async def call_back_recipients(runtime: Runtime) -> list[str]:
    async with runtime.read_session() as session:
        found = await session.execute(select(OutboxRow.recipient).where(OutboxRow.kind == "room_ready"))
        return list(found.scalars())
