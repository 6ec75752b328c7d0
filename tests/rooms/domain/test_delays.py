"""Video visits that are kept waiting by a call that goes on: when they would begin, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from office360.appointments.notify.delays import DelayMonitor
from office360.appointments.service import AppointmentState, appointment_by_id
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.domain.delays import VideoVisit, forecast_starts
from sqlalchemy import select

from ...conftest import MORNING, FakeClock
from ..conftest import AT, book_video_appointment, enter_as_agent, enter_as_citizen

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def video_visit(name: str, minute: int, *, is_on: bool = False, is_here: bool = False) -> VideoVisit:
    """Of twenty minutes."""
    return VideoVisit(name, at(minute), at(minute + 20), is_on, is_here)


def expected_minutes(*visits: VideoVisit, now: float, places: int = 1) -> dict[str, float]:
    found = forecast_starts(visits, places, at(now))
    return {name: (moment - MORNING).total_seconds() / 60 for name, moment in found.items()}


def test_call_over_by_15_min_delays_next_visits() -> None:
    visits = (
        video_visit("on", 0, is_on=True),
        video_visit("next", 40),
        video_visit("later", 60),
        video_visit("at noon", 90),
    )
    assert expected_minutes(*visits, now=35) == {}
    assert expected_minutes(*visits, now=36) == {"next": 41, "later": 61, "at noon": 90}
    assert expected_minutes(*visits, now=50) == {
        "later": 60,
        "at noon": 90,
    }  # whoever has not come is not waited for


def test_arrived_visit_starts_before_one_not_arrived() -> None:
    visits = (video_visit("on", 0, is_on=True), video_visit("here", 20, is_here=True), video_visit("next", 40))
    assert expected_minutes(*visits, now=45) == {"here": 50, "next": 70}


def test_free_agent_means_no_delay() -> None:
    visits = (video_visit("on", 0, is_on=True), video_visit("next", 40))
    assert expected_minutes(*visits, now=45, places=2) == {}
    assert expected_minutes(video_visit("other", 30, is_on=True), *visits, now=45, places=2) == {"next": 50}


@ON_SQLITE
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
    await participants.join_lobby(runtime, guest, None, None)
    await participants.admit_participant(runtime, staff, guest.participant_id)
    clock.set(AT + timedelta(minutes=12))
    early = await enter_as_citizen(runtime, after[0])
    await participants.join_lobby(runtime, early, None, None)
    watch = DelayMonitor(runtime, participants.forecast_video_starts)
    clock.set(AT + timedelta(minutes=31))
    assert await watch.check_offices() == 0
    clock.advance(minutes=5)
    assert await watch.check_offices() == 1  # who is in the lobby sees it there
    async with runtime.read_session() as session:
        told = [await appointment_by_id(session, one.appointment.id) for one in after]
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "appointment_late"))).scalars()
        assert {row.payload["appointment_id"] for row in rows} == {told[2].id}
    assert told[0].state is AppointmentState.CHECKED_IN
    late = told[2].expected_at - told[2].starts_at
    assert late >= timedelta(minutes=15)
    await enter_as_agent(runtime, after[2])
    clock.set(told[2].ends_at + timedelta(minutes=31))  # without the delay, its room would have been closed
    await timers.fire_due_timers(runtime, participants.TIMERS)
    async with runtime.read_session() as session:
        room = await participants.current_room(session, told[2].id)
    assert room is not None
    assert room.end is None
    assert participants.room_access(told[2], room, clock.now()) is participants.RoomAccess.OPEN
