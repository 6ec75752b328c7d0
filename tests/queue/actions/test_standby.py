"""Whoever finds no room waits for some, in the order in which they came, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import bump_offices, office_by_slug
from office360.offices.tables import LineRow
from office360.queue import service
from office360.queue.realtime.display_board import display_board
from office360.queue.service import IssuedTicket, TicketRequest
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ..conftest import BORIS, CARMEN, Hall


async def _quota(hall: Hall, quota: int | None) -> None:
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).values(daily_quota=quota, version=LineRow.version + 1))
        await bump_offices(tx.session, [hall.office.id])


async def _join(hall: Hall, service_slug: str = "documents", **asked: Any) -> IssuedTicket:
    request = TicketRequest(service=service_slug, **asked)
    return await service.join_standby(hall.runtime, "centro", request)


async def _until_full(hall: Hall) -> list[IssuedTicket]:
    """Turns until there is no room for one more."""
    people = []
    with contextlib.suppress(Refused):
        while True:
            people.append(await hall.take())
    return people


async def _states(hall: Hall, *issued: IssuedTicket) -> list[str]:
    return [await hall.state(one) for one in issued]


async def test_where_there_is_no_room_standby_is_offered_first(hall: Hall) -> None:
    await _quota(hall, 0)
    await _join(hall)
    with pytest.raises(Refused, match="quota_reached") as refused:
        await hall.take()
    first = refused.value.details["alternatives"][0]
    assert (first["kind"], first["waiting"], first["link"]) == ("standby", 1, "/o/centro?service=documents")


async def test_standby_is_a_ticket_that_is_not_in_the_line_yet(hall: Hall) -> None:
    await hall.open()
    await _quota(hall, 0)
    issued = await _join(hall)
    seen = await hall.seen(issued)
    assert (seen["state"], seen["ahead"], seen["eta"], seen["may"]) == ("standby", None, None, ["leave"])
    assert await hall.call() is None
    await _join(hall, email="amina@example.org")
    with pytest.raises(Refused, match="already_waiting"):
        await _join(hall, email="amina@example.org")


async def test_room_goes_to_whoever_came_first_and_never_beyond_capacity(hall: Hall, clock: FakeClock) -> None:
    await _quota(hall, 1)
    inside = await hall.take()
    first, second = await _join(hall), await _join(hall)
    await hall.timers()
    assert await _states(hall, first, second) == ["standby", "standby"]
    await _quota(hall, 2)
    clock.advance(minutes=1)  # nobody said so: the look of every minute finds it
    await hall.timers()
    assert await _states(hall, inside, first, second) == ["waiting", "waiting", "standby"]
    assert (await hall.seen(first))["ahead"] == 1
    with pytest.raises(Refused):
        await hall.take()  # nobody passes whoever is on standby


async def test_a_newcomer_does_not_take_the_room_of_whoever_waits_for_it(hall: Hall) -> None:
    await _quota(hall, 0)
    waiting = await _join(hall)
    await _quota(hall, None)
    with pytest.raises(Refused, match="no_capacity"):
        await hall.take()
    await hall.timers()
    assert await hall.state(waiting) == "waiting"
    assert (await hall.take()).ticket.code == "A-002"


async def test_whoever_leaves_near_closing_makes_room(hall: Hall, clock: FakeClock) -> None:
    """Closing is at 14:30: with one desk and visits of ten minutes only so many are attended."""
    await hall.open()
    clock.set(MORNING + timedelta(hours=3))
    people = await _until_full(hall)
    first, second = await _join(hall), await _join(hall)
    await hall.timers()
    assert await _states(hall, first, second) == ["standby", "standby"]
    await service.leave(hall.runtime, people[0].token)
    await hall.timers()
    assert await _states(hall, first, second) == ["waiting", "standby"]
    await hall.open(2, CARMEN)  # another desk is open
    await hall.timers()
    assert await hall.state(second) == "waiting"


async def test_a_cancelled_appointment_makes_somebody_look(hall: Hall, runtime: Runtime) -> None:
    appointment = await hall.book(MORNING + timedelta(hours=1))
    await _quota(hall, 0)
    waiting = await _join(hall)
    await hall.timers()
    await _quota(hall, None)
    runtime.events.on(appointments.AppointmentCancelled, service.on_appointment_cancelled)
    await appointments.cancel(runtime, appointments.token_of(runtime, appointment))
    await hall.timers()
    assert await hall.state(waiting) == "waiting"


async def test_an_appointment_that_nobody_came_to_makes_somebody_look(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(MORNING + timedelta(hours=1))
    clock.set(MORNING + timedelta(hours=1))
    await hall.open()
    await hall.check_in(appointment)
    called = await hall.call()
    assert called is not None
    await _quota(hall, 0)
    waiting = await _join(hall)
    await hall.timers()
    await _quota(hall, None)
    await service.no_show(hall.runtime, BORIS, called.id)
    await hall.timers()  # at this very moment: nobody waits for the next look of the minute
    assert await hall.appointment_state(appointment) == "no_show"
    assert await hall.state(waiting) == "waiting"


async def test_an_opened_line_lets_in_whoever_waited_for_it(hall: Hall) -> None:
    line_id = hall.office.line("registry").id
    await service.stop_line(hall.runtime, CARMEN, line_id)
    waiting = await _join(hall)
    await hall.timers()
    assert await hall.state(waiting) == "standby"
    await service.open_line(hall.runtime, CARMEN, line_id)
    await hall.timers()
    assert await hall.state(waiting) == "waiting"


async def test_whoever_has_room_gets_a_turn_at_once(hall: Hall) -> None:
    issued = await _join(hall)
    assert issued.ticket.state == "standby"
    await hall.timers()
    assert await hall.state(issued) == "waiting"


async def test_standby_does_not_help_where_nothing_can_change_today(hall: Hall, clock: FakeClock) -> None:
    with pytest.raises(Refused, match="appointment_only"):
        await _join(hall, "complaints")
    await service.pause(hall.runtime, CARMEN, "centro")
    with pytest.raises(Refused, match="paused"):
        await _join(hall)
    clock.advance(hours=10)
    with pytest.raises(Refused, match="closed") as refused:
        await _join(hall)
    assert "standby" not in {one["kind"] for one in refused.value.details["alternatives"]}


async def test_in_a_pause_nobody_is_let_in(hall: Hall, clock: FakeClock) -> None:
    await _quota(hall, 0)
    waiting = await _join(hall)
    await service.pause(hall.runtime, CARMEN, "centro")
    await _quota(hall, None)
    clock.advance(minutes=1)
    await hall.timers()
    assert await hall.state(waiting) == "standby"
    await service.resume(hall.runtime, CARMEN, "centro")
    await hall.timers()
    assert await hall.state(waiting) == "waiting"


async def test_standby_ends_with_the_day(hall: Hall, clock: FakeClock) -> None:
    await _quota(hall, 0)
    waiting = await _join(hall)
    clock.advance(hours=12)
    await hall.timers()
    assert await hall.state(waiting) == "expired"


async def test_standby_and_the_way_in_are_written_to_whoever_gave_an_address(hall: Hall, clock: FakeClock) -> None:
    await _quota(hall, 0)
    await _join(hall, email="amina@example.org")
    await _quota(hall, None)
    clock.advance(minutes=1)
    await hall.timers()
    async with hall.runtime.reading() as session:
        kinds = (await session.execute(select(OutboxRow.kind).order_by(OutboxRow.id))).scalars().all()
    assert kinds == ["ticket_standby", "ticket_issued"]


async def test_a_host_lets_somebody_in_with_a_reason(hall: Hall) -> None:
    await _quota(hall, 0)
    first, second = await _join(hall), await _join(hall)
    await service.place(hall.runtime, CARMEN, second.ticket.id, "Cannot come another day.")
    assert await _states(hall, first, second) == ["standby", "waiting"]


async def test_two_processes_that_look_at_once_let_everybody_in_once(hall: Hall) -> None:
    await _quota(hall, 0)
    waiting = [await _join(hall) for _ in range(3)]
    await _quota(hall, 2)
    await asyncio.gather(hall.timers(), hall.timers(), return_exceptions=True)
    assert await _states(hall, *waiting) == ["waiting", "waiting", "standby"]


async def test_a_double_tap_joins_once(hall: Hall) -> None:
    await _quota(hall, 0)
    both = await asyncio.gather(*(_join(hall, request_key="tap") for _ in range(2)))
    assert len({one.ticket.id for one in both}) == 1


async def test_an_agent_does_not_see_standby_in_the_line(hall: Hall) -> None:
    await _quota(hall, 0)
    await _join(hall)
    await hall.open()
    async with hall.runtime.reading() as session:
        board = await service.board(session, hall.office, hall.runtime.now(), "es")
    assert [ticket["state"] for ticket in board["tickets"]] == ["standby"]
    assert [line["waiting"] for line in board["lines"]] == [0, 0]
    assert await service.call_next(hall.runtime, BORIS, hall.desk(1)) is None


async def test_the_screen_says_that_there_is_no_room_while_somebody_waits_for_some(hall: Hall) -> None:
    await _quota(hall, 0)
    await _join(hall)
    await _quota(hall, None)
    async with hall.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        board = await display_board(session, office, hall.runtime.now(), "es")
    assert {line["slug"]: line["refusal"] for line in board["lines"]} == {
        "registry": "no_capacity",
        "identity": None,
    }
