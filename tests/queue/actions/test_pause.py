"""Pauses of an office and stopped walk-ins of a line, on both databases."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.queue.actions.citizen import rejoin_line
from office360.queue.actions.pause import pause_office, reopen_walk_ins, resume_office, stop_walk_ins
from office360.queue.queries.staff_board import staff_board
from office360.queue.storage.tables import OfficeEventRow, SegmentRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, ELENA, OfficeDriver

PAUSE_MESSAGE = "Leave by the nearest exit."


async def test_pause_stops_calls_and_shows_its_message(driver: OfficeDriver) -> None:
    await driver.open_desk()
    waiting = await driver.take_ticket()
    before = await driver.ticket_json(waiting)
    paused = await pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE)
    assert (paused.paused, paused.pause_message) == (True, PAUSE_MESSAGE)
    seen = await driver.ticket_json(waiting)
    assert (seen["paused"], seen["pause_message"], seen["eta"]) == (True, PAUSE_MESSAGE, None)
    assert seen["v"] > before["v"]  # type: ignore[operator]
    with pytest.raises(Refused, match="paused"):
        await driver.call_next()
    with pytest.raises(Refused, match="paused"):
        await driver.take_ticket("certificate")
    await resume_office(driver.runtime, CARMEN, "centro")
    seen = await driver.ticket_json(waiting)
    assert (seen["paused"], seen["pause_message"], seen["eta"] is None) == (False, None, False)
    assert await driver.call_next() is not None


async def test_pause_returns_called_ticket_to_first_position(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, _ = await driver.call_new_ticket()
    await driver.take_ticket()
    await pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE)
    clock.advance(minutes=30)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["ahead"], seen["desk"]) == ("waiting", 0, None)
    await resume_office(driver.runtime, CARMEN, "centro")
    again = await driver.call_next()
    assert again is not None
    assert again.id == issued.ticket.id


async def test_rejoin_period_restarts_after_pause(
    driver: OfficeDriver, clock: FakeClock, runtime: Runtime
) -> None:
    issued, _ = await driver.call_new_ticket()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    await pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE)
    clock.advance(minutes=60)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["until"]) == ("missed", None)
    assert "rejoin" in seen["may"]  # type: ignore[operator]
    await resume_office(driver.runtime, CARMEN, "centro")
    clock.advance(minutes=19)
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "missed"
    clock.advance(minutes=2)
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "no_show"
    async with runtime.read_session() as session:
        rows = await session.execute(
            select(SegmentRow.started_at, SegmentRow.ended_at).order_by(SegmentRow.started_at)
        )
        stretches = rows.all()
    assert all(first.ended_at == second.started_at for first, second in pairwise(stretches))


async def test_missed_ticket_may_rejoin_any_time_during_pause(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, _ = await driver.call_new_ticket()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    await pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE)
    clock.advance(minutes=60)
    assert (await rejoin_line(driver.runtime, issued.token)).state == "waiting"


async def test_concurrent_pause_and_call_leave_ticket_waiting(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.take_ticket()
    results = await asyncio.gather(
        pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE),
        driver.call_next(),
        return_exceptions=True,
    )
    async with driver.runtime.read_session() as session:
        board = await staff_board(session, driver.office, driver.runtime.now(), "es")
    assert results[1] is None or isinstance(results[1], Refused) or not isinstance(results[1], BaseException)
    assert [ticket["state"] for ticket in board["tickets"]] == ["waiting"]


async def test_repeated_pause_is_idempotent_and_updates_message(driver: OfficeDriver, runtime: Runtime) -> None:
    await asyncio.gather(*(pause_office(driver.runtime, CARMEN, "centro", PAUSE_MESSAGE) for _ in range(2)))
    await pause_office(driver.runtime, CARMEN, "centro", "In five minutes.")
    for _ in range(2):
        await resume_office(driver.runtime, CARMEN, "centro")
    async with runtime.read_session() as session:
        rows = await session.execute(select(OfficeEventRow).order_by(OfficeEventRow.id))
        events = [(row.action, row.actor, row.details["message"]) for row in rows.scalars()]
    assert events == [
        ("paused", "staff:carmen", PAUSE_MESSAGE),
        ("paused", "staff:carmen", "In five minutes."),
        ("resumed", "staff:carmen", None),
    ]


async def test_stopped_line_refuses_walk_ins_with_reason(driver: OfficeDriver) -> None:
    line_id = driver.office.line("registry").id
    stopped = await stop_walk_ins(driver.runtime, CARMEN, line_id, "Too many people.")
    assert (stopped.stopped, stopped.stop_reason) == (True, "Too many people.")
    with pytest.raises(Refused, match="walk_ins_stopped") as refused:
        await driver.take_ticket()
    assert refused.value.details["reason"] == "Too many people."
    await driver.take_ticket("certificate")
    opened = await reopen_walk_ins(driver.runtime, CARMEN, line_id)
    assert (opened.stopped, opened.stop_reason) == (False, None)
    await driver.take_ticket()


async def test_only_hosts_of_office_pause_or_stop_lines(driver: OfficeDriver) -> None:
    line_id = driver.office.line("registry").id
    for stranger in (BORIS, ELENA, DIEGO):
        with pytest.raises(NotAllowed):
            await pause_office(driver.runtime, stranger, "centro", PAUSE_MESSAGE)
        with pytest.raises(NotAllowed):
            await stop_walk_ins(driver.runtime, stranger, line_id)
    with pytest.raises(NotFound):
        await stop_walk_ins(driver.runtime, CARMEN, "nothing")
    with pytest.raises(NotFound):
        await pause_office(driver.runtime, CARMEN, "nowhere")
