"""A host pauses the office, and stops the walk-ins of a line, on both databases."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.storage.tables import OfficeEventRow, SegmentRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, ELENA, Hall

LEAVE = "Leave by the nearest exit."


async def test_a_paused_office_calls_nobody_and_tells_every_phone_why(hall: Hall) -> None:
    await hall.open()
    waiting = await hall.take()
    before = await hall.seen(waiting)
    paused = await service.pause(hall.runtime, CARMEN, "centro", LEAVE)
    assert (paused.paused, paused.pause_message) == (True, LEAVE)
    seen = await hall.seen(waiting)
    assert (seen["paused"], seen["pause_message"], seen["eta"]) == (True, LEAVE, None)
    assert seen["v"] > before["v"]  # type: ignore[operator]
    with pytest.raises(Refused, match="paused"):
        await hall.call()
    with pytest.raises(Refused, match="paused"):
        await hall.take("certificate")
    await service.resume(hall.runtime, CARMEN, "centro")
    seen = await hall.seen(waiting)
    assert (seen["paused"], seen["pause_message"], seen["eta"] is None) == (False, None, False)
    assert await hall.call() is not None


async def test_whoever_is_called_when_the_office_is_paused_keeps_the_place_and_is_not_missed(
    hall: Hall, clock: FakeClock
) -> None:
    issued, _ = await hall.called()
    await hall.take()
    await service.pause(hall.runtime, CARMEN, "centro", LEAVE)
    clock.advance(minutes=30)
    await hall.timers()
    seen = await hall.seen(issued)
    assert (seen["state"], seen["ahead"], seen["desk"]) == ("waiting", 0, None)
    await service.resume(hall.runtime, CARMEN, "centro")
    again = await hall.call()
    assert again is not None
    assert again.id == issued.ticket.id


async def test_the_time_to_come_back_stands_still_in_a_pause_and_begins_anew_after_it(
    hall: Hall, clock: FakeClock, runtime: Runtime
) -> None:
    issued, _ = await hall.called()
    clock.advance(minutes=3)
    await hall.timers()
    await service.pause(hall.runtime, CARMEN, "centro", LEAVE)
    clock.advance(minutes=60)
    await hall.timers()
    seen = await hall.seen(issued)
    assert (seen["state"], seen["until"]) == ("missed", None)
    assert "rejoin" in seen["may"]  # type: ignore[operator]
    await service.resume(hall.runtime, CARMEN, "centro")
    clock.advance(minutes=19)
    await hall.timers()
    assert await hall.state(issued) == "missed"
    clock.advance(minutes=2)
    await hall.timers()
    assert await hall.state(issued) == "no_show"
    async with runtime.reading() as session:
        rows = await session.execute(
            select(SegmentRow.started_at, SegmentRow.ended_at).order_by(SegmentRow.started_at)
        )
        stretches = rows.all()
    assert all(first.ended_at == second.started_at for first, second in pairwise(stretches))


async def test_while_paused_one_may_come_back_however_late(hall: Hall, clock: FakeClock) -> None:
    issued, _ = await hall.called()
    clock.advance(minutes=3)
    await hall.timers()
    await service.pause(hall.runtime, CARMEN, "centro", LEAVE)
    clock.advance(minutes=60)
    assert (await service.rejoin(hall.runtime, issued.token)).state == "waiting"


async def test_a_call_that_waits_for_a_pause_is_refused(hall: Hall) -> None:
    await hall.open()
    await hall.take()
    results = await asyncio.gather(
        service.pause(hall.runtime, CARMEN, "centro", LEAVE), hall.call(), return_exceptions=True
    )
    async with hall.runtime.reading() as session:
        board = await service.board(session, hall.office, hall.runtime.now(), "es")
    assert results[1] is None or isinstance(results[1], Refused) or not isinstance(results[1], BaseException)
    assert [ticket["state"] for ticket in board["tickets"]] == ["waiting"]


async def test_pausing_twice_changes_the_message_and_two_hosts_at_once_are_no_fault(
    hall: Hall, runtime: Runtime
) -> None:
    await asyncio.gather(*(service.pause(hall.runtime, CARMEN, "centro", LEAVE) for _ in range(2)))
    await service.pause(hall.runtime, CARMEN, "centro", "In five minutes.")
    for _ in range(2):
        await service.resume(hall.runtime, CARMEN, "centro")
    async with runtime.reading() as session:
        rows = await session.execute(select(OfficeEventRow).order_by(OfficeEventRow.id))
        events = [(row.action, row.actor, row.details["message"]) for row in rows.scalars()]
    assert events == [
        ("paused", "staff:carmen", LEAVE),
        ("paused", "staff:carmen", "In five minutes."),
        ("resumed", "staff:carmen", None),
    ]


async def test_a_stopped_line_gives_no_turns_and_says_why_until_it_is_opened(hall: Hall) -> None:
    line_id = hall.office.line("registry").id
    stopped = await service.stop_line(hall.runtime, CARMEN, line_id, "Too many people.")
    assert (stopped.stopped, stopped.stop_reason) == (True, "Too many people.")
    with pytest.raises(Refused, match="walk_ins_stopped") as refused:
        await hall.take()
    assert refused.value.details["reason"] == "Too many people."
    await hall.take("certificate")
    opened = await service.open_line(hall.runtime, CARMEN, line_id)
    assert (opened.stopped, opened.stop_reason) == (False, None)
    await hall.take()


async def test_only_hosts_of_the_office_stop_anything(hall: Hall) -> None:
    line_id = hall.office.line("registry").id
    for stranger in (BORIS, ELENA, DIEGO):
        with pytest.raises(NotAllowed):
            await service.pause(hall.runtime, stranger, "centro", LEAVE)
        with pytest.raises(NotAllowed):
            await service.stop_line(hall.runtime, stranger, line_id)
    with pytest.raises(NotFound):
        await service.stop_line(hall.runtime, CARMEN, "nothing")
    with pytest.raises(NotFound):
        await service.pause(hall.runtime, CARMEN, "nowhere")
