"""Tickets on standby and their admission, on both databases."""

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
from office360.offices.service import bump_office_versions, office_by_slug
from office360.offices.storage.tables import LineRow
from office360.queue import service
from office360.queue.actions.agent import record_no_show
from office360.queue.actions.host import put_ticket_first
from office360.queue.actions.pause import pause_office, reopen_walk_ins, resume_office, stop_walk_ins
from office360.queue.actions.standby import join_standby
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.queries.staff_board import staff_board
from office360.queue.realtime.display_board import load_display_board
from office360.queue.service import TicketRequest
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ..conftest import BORIS, CARMEN, OfficeDriver


async def _set_quota(driver: OfficeDriver, quota: int | None) -> None:
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).values(daily_quota=quota, version=LineRow.version + 1))
        await bump_office_versions(tx.session, [driver.office.id])


async def _join_standby(driver: OfficeDriver, service_slug: str = "documents", **asked: Any) -> IssuedTicket:
    request = TicketRequest(service=service_slug, **asked)
    return await join_standby(driver.runtime, "centro", request)


async def _take_until_full(driver: OfficeDriver) -> list[IssuedTicket]:
    """Take tickets until the line is full."""
    people = []
    with contextlib.suppress(Refused):
        while True:
            people.append(await driver.take_ticket())
    return people


async def _ticket_states(driver: OfficeDriver, *issued: IssuedTicket) -> list[str]:
    return [await driver.ticket_state(ticket) for ticket in issued]


async def test_full_line_offers_standby_first(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    await _join_standby(driver)
    with pytest.raises(Refused, match="quota_reached") as refused:
        await driver.take_ticket()
    first = refused.value.details["alternatives"][0]
    assert (first["kind"], first["waiting"], first["link"]) == ("standby", 1, "/o/centro?service=documents")


async def test_standby_ticket_is_not_in_line(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await _set_quota(driver, 0)
    issued = await _join_standby(driver)
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["ahead"], seen["eta"], seen["may"]) == ("standby", None, None, ["leave"])
    assert await driver.call_next() is None
    await _join_standby(driver, device="phone-1")
    with pytest.raises(Refused, match="already_waiting"):
        await _join_standby(driver, device="phone-1")


async def test_standby_admits_in_order_up_to_quota(driver: OfficeDriver, clock: FakeClock) -> None:
    await _set_quota(driver, 1)
    inside = await driver.take_ticket()
    first, second = await _join_standby(driver), await _join_standby(driver)
    await driver.fire_due_timers()
    assert await _ticket_states(driver, first, second) == ["standby", "standby"]
    await _set_quota(driver, 2)
    clock.advance(minutes=1)  # the check of every minute finds the room
    await driver.fire_due_timers()
    assert await _ticket_states(driver, inside, first, second) == ["waiting", "waiting", "standby"]
    assert (await driver.ticket_json(first))["ahead"] == 1
    with pytest.raises(Refused):
        await driver.take_ticket()  # a new ticket does not overtake a ticket on standby


async def test_walk_in_cannot_overtake_standby(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    waiting = await _join_standby(driver)
    await _set_quota(driver, None)
    with pytest.raises(Refused, match="no_capacity"):
        await driver.take_ticket()
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "waiting"
    assert (await driver.take_ticket()).ticket.code == "A-002"


async def test_leaving_ticket_admits_standby_near_closing(driver: OfficeDriver, clock: FakeClock) -> None:
    """With one desk and visits of 10 minutes the capacity until 14:30 is limited."""
    await driver.open_desk()
    clock.set(MORNING + timedelta(hours=3))
    people = await _take_until_full(driver)
    first, second = await _join_standby(driver), await _join_standby(driver)
    await driver.fire_due_timers()
    assert await _ticket_states(driver, first, second) == ["standby", "standby"]
    await service.leave_line(driver.runtime, people[0].token)
    await driver.fire_due_timers()
    assert await _ticket_states(driver, first, second) == ["waiting", "standby"]
    await driver.open_desk(2, CARMEN)  # adds capacity
    await driver.fire_due_timers()
    assert await driver.ticket_state(second) == "waiting"


async def test_cancelled_appointment_triggers_standby_check(driver: OfficeDriver, runtime: Runtime) -> None:
    appointment = await driver.book_appointment(MORNING + timedelta(hours=1))
    await _set_quota(driver, 0)
    waiting = await _join_standby(driver)
    await driver.fire_due_timers()
    await _set_quota(driver, None)
    runtime.events.register_handler(appointments.AppointmentCancelled, service.leave_on_cancellation)
    await appointments.cancel_appointment(runtime, appointments.appointment_token(runtime, appointment))
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "waiting"


async def test_no_show_triggers_standby_check(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(MORNING + timedelta(hours=1))
    clock.set(MORNING + timedelta(hours=1))
    await driver.open_desk()
    await driver.check_in(appointment)
    called = await driver.call_next()
    assert called is not None
    await _set_quota(driver, 0)
    waiting = await _join_standby(driver)
    await driver.fire_due_timers()
    await _set_quota(driver, None)
    await record_no_show(driver.runtime, BORIS, called.id)
    clock.advance(minutes=20)
    await driver.fire_due_timers()
    await driver.fire_due_timers()  # a change checks at once, not at the next minute
    assert await driver.appointment_state(appointment) == "no_show"
    assert await driver.ticket_state(waiting) == "waiting"


async def test_reopened_line_admits_standby(driver: OfficeDriver) -> None:
    line_id = driver.office.line("registry").id
    await stop_walk_ins(driver.runtime, CARMEN, line_id)
    waiting = await _join_standby(driver)
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "standby"
    await reopen_walk_ins(driver.runtime, CARMEN, line_id)
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "waiting"


async def test_standby_with_free_capacity_is_admitted_at_once(driver: OfficeDriver) -> None:
    issued = await _join_standby(driver)
    assert issued.ticket.state == "standby"
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "waiting"


async def test_standby_is_refused_when_paused_closed_or_booked_only(
    driver: OfficeDriver, clock: FakeClock
) -> None:
    with pytest.raises(Refused, match="appointment_only"):
        await _join_standby(driver, "complaints")
    await pause_office(driver.runtime, CARMEN, "centro")
    with pytest.raises(Refused, match="paused"):
        await _join_standby(driver)
    clock.advance(hours=10)
    with pytest.raises(Refused, match="closed") as refused:
        await _join_standby(driver)
    assert "standby" not in {alternative["kind"] for alternative in refused.value.details["alternatives"]}


async def test_paused_office_admits_no_standby(driver: OfficeDriver, clock: FakeClock) -> None:
    await _set_quota(driver, 0)
    waiting = await _join_standby(driver)
    await pause_office(driver.runtime, CARMEN, "centro")
    await _set_quota(driver, None)
    clock.advance(minutes=1)
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "standby"
    await resume_office(driver.runtime, CARMEN, "centro")
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "waiting"


async def test_standby_ticket_expires_with_the_day(driver: OfficeDriver, clock: FakeClock) -> None:
    await _set_quota(driver, 0)
    waiting = await _join_standby(driver)
    clock.advance(hours=12)
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "expired"


async def test_standby_and_admission_send_emails(driver: OfficeDriver, clock: FakeClock) -> None:
    await _set_quota(driver, 0)
    await _join_standby(driver, email="amina@example.org")
    await _set_quota(driver, None)
    clock.advance(minutes=1)
    await driver.fire_due_timers()
    async with driver.runtime.read_session() as session:
        kinds = (await session.execute(select(OutboxRow.kind).order_by(OutboxRow.id))).scalars().all()
    assert kinds == ["ticket_standby", "ticket_issued"]


async def test_host_admits_standby_ticket(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    first, second = await _join_standby(driver), await _join_standby(driver)
    await put_ticket_first(driver.runtime, CARMEN, second.ticket.id, "Cannot come another day.")
    assert await _ticket_states(driver, first, second) == ["standby", "waiting"]


async def test_concurrent_checks_admit_each_ticket_once(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    waiting = [await _join_standby(driver) for _ in range(3)]
    await _set_quota(driver, 2)
    await asyncio.gather(driver.fire_due_timers(), driver.fire_due_timers(), return_exceptions=True)
    assert await _ticket_states(driver, *waiting) == ["waiting", "waiting", "standby"]


async def test_repeated_standby_request_joins_once(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    both = await asyncio.gather(*(_join_standby(driver, request_key="tap") for _ in range(2)))
    assert len({answer.ticket.id for answer in both}) == 1


async def test_standby_is_not_counted_as_waiting_on_staff_board(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    await _join_standby(driver)
    await driver.open_desk()
    async with driver.runtime.read_session() as session:
        board = await staff_board(session, driver.office, driver.runtime.now(), "es")
    assert [ticket["state"] for ticket in board["tickets"]] == ["standby"]
    assert [line["waiting"] for line in board["lines"]] == [0, 0]
    assert await service.call_next(driver.runtime, BORIS, driver.desk_id(1)) is None


async def test_display_shows_no_capacity_while_standby_waits(driver: OfficeDriver) -> None:
    await _set_quota(driver, 0)
    await _join_standby(driver)
    await _set_quota(driver, None)
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        board = await load_display_board(session, office, driver.runtime.now(), "es")
    assert {line["slug"]: line["refusal"] for line in board["lines"]} == {
        "registry": "no_capacity",
        "identity": None,
    }
