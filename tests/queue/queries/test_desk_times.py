"""Hours of desks in a period, on both databases."""

from __future__ import annotations

from datetime import timedelta

from office360.appointments.service import AgentCallChanged
from office360.queue.actions.desks import note_agent_call, pause_desk, resume_desk
from office360.queue.queries.desk_times import DeskTimes, measure_desk_times
from office360.queue.service import close_desk

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, BORIS, ELENA, OfficeDriver


async def measure(driver: OfficeDriver, days: int = 1) -> DeskTimes:
    async with driver.runtime.read_session() as session:
        first = MORNING.date()
        last = first + timedelta(days=days - 1)
        return await measure_desk_times(session, [driver.office], first, last, driver.runtime.now())


async def change_call(driver: OfficeDriver, event: AgentCallChanged) -> None:
    async with driver.runtime.transaction() as tx:
        await tx.emit(event)


async def test_hours_open_in_calls_and_paused_are_added_up(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    desk_id = await driver.open_desk()
    await driver.open_desk(2, ELENA)
    clock.advance(minutes=10)
    for reason, minutes in (("break", 15), ("paperwork", 5), ("break", 10)):
        await pause_desk(driver.runtime, BORIS, desk_id, reason, timedelta(minutes=20))
        clock.advance(minutes=minutes)
        await resume_desk(driver.runtime, BORIS, desk_id)
    driver.runtime.events.register_handler(AgentCallChanged, note_agent_call)
    for mode in ("video", "phone", None):
        await change_call(driver, AgentCallChanged(appointment, ELENA.id, mode))
        clock.advance(minutes=8)
    await close_desk(driver.runtime, BORIS, desk_id)
    found = await measure(driver)
    hour = timedelta(minutes=10 + 30 + 24)
    assert (found.open.count, found.open.total) == (2, 2 * hour)
    calls = [(spent.count, spent.total) for spent in (found.video_calls, found.phone_calls)]
    assert calls == [(1, timedelta(minutes=8))] * 2
    pauses = {reason: (spent.count, spent.total) for reason, spent in found.pauses.items()}
    assert pauses == {"break": (2, timedelta(minutes=25)), "paperwork": (1, timedelta(minutes=5))}


async def test_call_during_a_pause_counts_once(driver: OfficeDriver, clock: FakeClock) -> None:
    driver.runtime.events.register_handler(AgentCallChanged, note_agent_call)
    appointment = await driver.book_appointment(AT_11)
    desk_id = await driver.open_desk()
    await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=20))
    clock.advance(minutes=5)
    await change_call(driver, AgentCallChanged(appointment, BORIS.id, "video"))
    clock.advance(minutes=4)
    await change_call(driver, AgentCallChanged(appointment, BORIS.id, None))
    clock.advance(minutes=3)
    await resume_desk(driver.runtime, BORIS, desk_id)
    found = await measure(driver)
    assert (found.pauses["break"].total, found.video_calls.total) == (timedelta(minutes=8), timedelta(minutes=4))


async def test_time_outside_the_period_does_not_count(driver: OfficeDriver, clock: FakeClock) -> None:
    desk_id = await driver.open_desk()
    await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=20))
    clock.advance(days=1)
    today, both = await measure(driver), await measure(driver, days=2)
    midnight = MORNING.replace(hour=23, minute=0)  # in Madrid
    assert today.open.total == today.pauses["break"].total == midnight - MORNING
    assert both.open.total == timedelta(days=1)
