"""Calls whose agent has to leave an evacuated office, on both databases."""

from __future__ import annotations

from datetime import timedelta

from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.rooms.actions import participant_actions, staff_actions
from office360.rooms.actions.evacuation import begin_evacuation_of_calls, end_evacuation_of_calls
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.domain.participant_view import build_participant_view
from sqlalchemy import func, select

from ...conftest import FakeClock
from ..support.video_appointments import (
    BORIS,
    BookedVideoAppointment,
    audit_kinds,
    enter_as_agent,
    enter_as_citizen,
    fire_due_timers,
    load_room,
)

OTHER_OFFICE = "0" * 26


async def begin(runtime: Runtime, office_id: str = OTHER_OFFICE) -> None:
    async with runtime.transaction() as tx:
        await begin_evacuation_of_calls(tx, office_id, {BORIS.id})


async def end(runtime: Runtime, office_id: str = OTHER_OFFICE) -> None:
    async with runtime.transaction() as tx:
        await end_evacuation_of_calls(tx, office_id)


async def admit(runtime: Runtime, booked: BookedVideoAppointment) -> tuple[RoomMember, RoomMember]:
    citizen, agent = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, citizen, None)
    await staff_actions.admit_participant(runtime, agent, citizen.participant_id)
    return citizen, agent


async def is_told(runtime: Runtime, booked: BookedVideoAppointment, member: RoomMember) -> bool:
    return build_participant_view(await load_room(runtime, booked), member.participant_id).evacuation


async def count_call_backs(runtime: Runtime) -> int:
    async with runtime.read_session() as session:
        found = select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "room_ready")
        return (await session.execute(found)).scalar_one()


async def test_evacuation_is_told_in_calls_of_its_agents(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    """The agent's desk is in another office than the appointment."""
    citizen, agent = await admit(runtime, booked)
    for _ in range(2):
        await begin(runtime)
    assert [await is_told(runtime, booked, member) for member in (citizen, agent)] == [True, True]
    await end(runtime, booked.appointment.office_id)  # another office's evacuation ends
    assert await is_told(runtime, booked, citizen)
    await end(runtime)
    assert not await is_told(runtime, booked, citizen)
    assert [kind for kind in await audit_kinds(runtime, booked) if "evacuat" in kind] == [
        "evacuated",
        "evacuation_ended",
    ]


async def test_evacuation_is_told_in_lobby_of_its_office(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    citizen = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, citizen, None)
    await begin(runtime)
    assert not await is_told(runtime, booked, citizen)
    await begin(runtime, booked.appointment.office_id)
    assert await is_told(runtime, booked, citizen)


async def test_citizen_who_hung_up_is_called_back_later(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    citizen, agent = await admit(runtime, booked)
    await begin(runtime)
    await participant_actions.leave_room(runtime, citizen)
    assert await count_call_backs(runtime) == 0
    await end(runtime)  # the agent's page has stayed open
    assert await count_call_backs(runtime) == 1
    clock.advance(minutes=2)
    await participant_actions.leave_room(runtime, agent)
    await enter_as_agent(runtime, booked)
    assert await count_call_backs(runtime) == 1


async def test_room_stays_open_during_an_evacuation(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    citizen, agent = await admit(runtime, booked)
    await begin(runtime)
    for member in (citizen, agent):
        await participant_actions.leave_room(runtime, member)
    clock.set(booked.appointment.ends_at + timedelta(hours=1))
    await fire_due_timers(runtime)
    assert (await load_room(runtime, booked)).end is None
    await end(runtime)
    await enter_as_agent(runtime, booked)
    assert await count_call_backs(runtime) == 1
