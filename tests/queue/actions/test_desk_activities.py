"""Desks whose agents are in a call or pause, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments.service import AgentCallChanged, Appointment
from office360.core.errors import NotAllowed
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue.actions.desks import note_agent_call, pause_desk, resume_desk
from office360.queue.queries.staff_board import staff_board
from office360.queue.realtime.display_board import load_display_board
from office360.queue.service import close_desk, load_offices_now

from ...conftest import FakeClock
from ..conftest import AT_11, BORIS, CARMEN, ELENA, OfficeDriver

HALF_AN_HOUR = timedelta(minutes=30)


async def change_call(driver: OfficeDriver, appointment: Appointment, mode: str | None) -> None:
    """Report a call of boris, and fire the timer that this schedules."""
    async with driver.runtime.transaction() as tx:
        await note_agent_call(tx, AgentCallChanged(appointment, BORIS.id, mode))
    await driver.fire_due_timers()


async def desk_json(runtime: Runtime, number: int = 1) -> dict[str, Any]:
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        board = await staff_board(session, office, runtime.now(), "es")
    found: dict[str, Any] = board["desks"][number - 1]
    return found


def read_range(seen: dict[str, object]) -> tuple[datetime, datetime]:
    eta = seen["eta"]
    assert isinstance(eta, dict)
    return datetime.fromisoformat(eta["earliest"]), datetime.fromisoformat(eta["latest"])


@pytest.mark.parametrize(("mode", "activity"), [("video", "video_call"), ("phone", "phone_call")])
async def test_call_of_agent_occupies_the_desk(driver: OfficeDriver, mode: str, activity: str) -> None:
    appointment = await driver.book_appointment(AT_11)
    await driver.open_desk()
    await change_call(driver, appointment, mode)
    desk = await desk_json(driver.runtime)
    length = appointment.ends_at - appointment.starts_at
    assert (desk["state"], desk["activity"]) == ("free", activity)
    assert datetime.fromisoformat(desk["until"]) == driver.runtime.now() + length
    await change_call(driver, appointment, None)
    desk = await desk_json(driver.runtime)
    assert (desk["activity"], desk["since"], desk["until"]) == ("free", None, None)


async def test_waiting_room_and_today_tell_the_same(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    own_desk = await driver.open_desk()
    await driver.open_desk(2, ELENA)
    await pause_desk(driver.runtime, BORIS, own_desk, "break", timedelta(minutes=15))
    assert await count_calls_and_pauses(driver.runtime) == (0, 1)
    await change_call(driver, appointment, "video")
    until = (await desk_json(driver.runtime))["until"]
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        board = await load_display_board(session, office, driver.runtime.now(), "es")
    shown = {"name": "1", "activity": "video_call", "since": None, "until": until, "reason": None}
    assert board["desks"] == [shown]
    assert await count_calls_and_pauses(driver.runtime) == (1, 0)


async def count_calls_and_pauses(runtime: Runtime) -> tuple[int, int]:
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        now = (await load_offices_now(session, [office], runtime.now()))[office.id]
    return now.in_calls, now.on_pause


async def test_call_of_half_an_hour_moves_ranges_by_it_at_most(driver: OfficeDriver) -> None:
    booked = await driver.book_appointment(AT_11 + timedelta(hours=2))  # overtakes no ticket
    appointment = replace(booked, ends_at=booked.starts_at + HALF_AN_HOUR)
    await driver.open_desk()
    first, second = await driver.take_ticket(), await driver.take_ticket()
    before = [read_range(await driver.ticket_json(issued)) for issued in (first, second)]
    seen_v = (await driver.ticket_json(first))["v"]
    await change_call(driver, appointment, "video")
    after = [read_range(await driver.ticket_json(issued)) for issued in (first, second)]
    for (early, late), (early_now, late_now) in zip(before, after, strict=True):
        assert early < early_now <= early + HALF_AN_HOUR
        assert late < late_now <= late + HALF_AN_HOUR
    assert (await driver.ticket_json(first))["v"] > seen_v  # type: ignore[operator]


async def test_desk_counts_as_free_after_the_expected_end(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    await driver.open_desk()
    await change_call(driver, appointment, "video")
    clock.advance(minutes=60)
    issued = await driver.take_ticket()
    early, late = read_range(await driver.ticket_json(issued))
    assert early <= driver.runtime.now() + timedelta(minutes=5)
    assert late <= driver.runtime.now() + timedelta(minutes=10)
    assert (await desk_json(driver.runtime))["activity"] == "video_call"


async def test_call_before_the_desk_opens_occupies_it_too(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    await change_call(driver, appointment, "phone")
    await driver.open_desk()
    assert (await desk_json(driver.runtime))["activity"] == "phone_call"


async def test_video_call_that_goes_on_by_telephone_keeps_its_end(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    await driver.open_desk()
    await change_call(driver, appointment, "video")
    until = (await desk_json(driver.runtime))["until"]
    clock.advance(minutes=4)
    await change_call(driver, appointment, "phone")
    desk = await desk_json(driver.runtime)
    assert (desk["activity"], desk["until"]) == ("phone_call", until)


async def test_pause_has_reason_and_end_until_the_desk_resumes(driver: OfficeDriver) -> None:
    desk_id = await driver.open_desk()
    until = await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=15))
    desk = await desk_json(driver.runtime)
    assert (desk["state"], desk["activity"], desk["reason"]) == ("free", "paused", "break")
    assert datetime.fromisoformat(desk["until"]) == until
    await resume_desk(driver.runtime, BORIS, desk_id)
    assert (await desk_json(driver.runtime))["activity"] == "free"


async def test_pause_moves_ranges_until_its_end(driver: OfficeDriver) -> None:
    desk_id = await driver.open_desk()
    issued = await driver.take_ticket()
    early, _ = read_range(await driver.ticket_json(issued))
    await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=15))
    assert read_range(await driver.ticket_json(issued))[0] == early + timedelta(minutes=15)


@pytest.mark.parametrize("how", ["call", "close"])
async def test_call_and_closing_end_the_pause(driver: OfficeDriver, how: str) -> None:
    desk_id = await driver.open_desk()
    await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=15))
    if how == "call":
        await driver.take_ticket()
        ticket = await driver.call_next()
        assert ticket is not None
        assert (await desk_json(driver.runtime))["activity"] == "called"
    else:
        await close_desk(driver.runtime, BORIS, desk_id)
        await driver.open_desk()
        assert (await desk_json(driver.runtime))["activity"] == "free"


async def test_agent_pauses_only_the_own_desk(driver: OfficeDriver) -> None:
    desk_id = await driver.open_desk()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await pause_desk(driver.runtime, ELENA, desk_id, "break", timedelta(minutes=5))
    await pause_desk(driver.runtime, BORIS, desk_id, "break", timedelta(minutes=5))
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await resume_desk(driver.runtime, ELENA, desk_id)
    await resume_desk(driver.runtime, CARMEN, desk_id)
    assert (await desk_json(driver.runtime))["activity"] == "free"
