"""Video visits that are kept waiting by a call that goes on: when they would begin, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from office360.appointments.service import AppointmentState, LateWatch, appointment_by_id
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.domain.delays import VideoVisit, expected_starts
from sqlalchemy import select

from ...conftest import MORNING, FakeClock
from ..conftest import AT, agent, book, citizen

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def visit(name: str, minute: int, *, is_on: bool = False, is_here: bool = False) -> VideoVisit:
    """Of twenty minutes."""
    return VideoVisit(name, at(minute), at(minute + 20), is_on, is_here)


def expected(*visits: VideoVisit, now: float, places: int = 1) -> dict[str, float]:
    found = expected_starts(visits, places, at(now))
    return {name: (moment - MORNING).total_seconds() / 60 for name, moment in found.items()}


def test_a_call_that_is_a_quarter_of_an_hour_over_its_time_keeps_the_next_ones_waiting() -> None:
    visits = (visit("on", 0, is_on=True), visit("next", 40), visit("later", 60), visit("at noon", 90))
    assert expected(*visits, now=35) == {}
    assert expected(*visits, now=36) == {"next": 41, "later": 61, "at noon": 90}
    assert expected(*visits, now=50) == {"later": 60, "at noon": 90}  # whoever has not come is not waited for


def test_whoever_has_come_is_before_those_who_have_not() -> None:
    visits = (visit("on", 0, is_on=True), visit("here", 20, is_here=True), visit("next", 40))
    assert expected(*visits, now=45) == {"here": 50, "next": 70}


def test_while_another_agent_is_free_nobody_is_kept_waiting() -> None:
    visits = (visit("on", 0, is_on=True), visit("next", 40))
    assert expected(*visits, now=45, places=2) == {}
    assert expected(visit("other", 30, is_on=True), *visits, now=45, places=2) == {"next": 50}


@ON_SQLITE
async def test_the_next_is_told_to_enter_later_and_finds_the_room_open_then(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book(runtime, AT)
    after = [await book(runtime, AT + timedelta(minutes=15 * number), f"P{number}") for number in (1, 2, 3)]
    clock.set(AT)
    guest, staff = await citizen(runtime, amina), await agent(runtime, amina)
    await participants.join(runtime, guest, None, None)
    await participants.admit(runtime, staff, guest.participant_id)
    clock.set(AT + timedelta(minutes=12))
    early = await citizen(runtime, after[0])
    await participants.join(runtime, early, None, None)
    watch = LateWatch(runtime, participants.expected_starts)
    clock.set(AT + timedelta(minutes=31))
    assert await watch.look() == 0
    clock.advance(minutes=5)
    assert await watch.look() == 1  # who is in the lobby sees it there
    async with runtime.reading() as session:
        told = [await appointment_by_id(session, one.appointment.id) for one in after]
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "appointment_late"))).scalars()
        assert {row.payload["appointment_id"] for row in rows} == {told[2].id}
    assert told[0].state is AppointmentState.CHECKED_IN
    late = told[2].expected_at - told[2].starts_at
    assert late >= timedelta(minutes=15)
    await agent(runtime, after[2])
    clock.set(told[2].ends_at + timedelta(minutes=31))  # without the delay, its room would have been closed
    await timers.fire_due(runtime, participants.TIMERS)
    async with runtime.reading() as session:
        room = await participants.room_of(session, told[2].id)
    assert room is not None
    assert room.end is None
    assert participants.door(told[2], room, clock.now()) is participants.Door.OPEN
