"""What a host decides about one person, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.auth import Principal
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.actions.host import clear_help_request, leave_line_for_citizen, put_ticket_first, set_priority
from office360.queue.service import TicketPriority
from office360.queue.storage.tables import TicketEventRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, OfficeDriver

HOST_ELSEWHERE = Principal("fatima", "Fatima", CARMEN.role, frozenset({"elsewhere"}))


async def test_requested_priority_counts_after_host_confirms(driver: OfficeDriver, clock: FakeClock) -> None:
    first = await driver.take_ticket()
    clock.advance(minutes=1)
    asked = await driver.take_ticket(preferential_requested=True)
    assert (await driver.ticket_json(asked))["ahead"] == 1
    await set_priority(driver.runtime, CARMEN, asked.ticket.id, TicketPriority.PREFERENTIAL)
    assert (await driver.ticket_json(asked))["ahead"] == 0
    passed = await driver.ticket_json(first)
    assert (passed["ahead"], passed["reason"]) == (1, "preferential")
    await set_priority(driver.runtime, CARMEN, asked.ticket.id, TicketPriority.NORMAL)
    assert (await driver.ticket_json(asked))["ahead"] == 1


async def test_ticket_put_first_is_called_first_and_others_see_reason(
    driver: OfficeDriver, runtime: Runtime
) -> None:
    first, second = await driver.take_ticket(), await driver.take_ticket()
    for _ in range(2):  # a double tap
        await put_ticket_first(driver.runtime, CARMEN, second.ticket.id, "Came late with a small child.")
    assert (await driver.ticket_json(second))["ahead"] == 0
    passed = await driver.ticket_json(first)
    assert (passed["ahead"], passed["reason"], passed["at_most_overtaken_by"]) == (1, "host", 2)
    async with runtime.read_session() as session:
        events = (await session.execute(select(TicketEventRow).where(TicketEventRow.action == "placed"))).scalars()
        assert [(one.actor, one.details["why"]) for one in events] == [
            ("staff:carmen", "Came late with a small child.")
        ]
    await driver.open_desk()
    called = await driver.call_next()
    assert called is not None
    assert called.id == second.ticket.id
    assert (await driver.ticket_json(first))["at_most_overtaken_by"] == 2  # no pass of the promise


async def test_host_returns_missed_ticket_to_line(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, _ = await driver.call_new_ticket()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    await driver.take_ticket()
    await put_ticket_first(driver.runtime, CARMEN, issued.ticket.id, "Was at the toilet.")
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["ahead"]) == ("waiting", 0)


async def test_help_request_is_cleared_by_host(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await service.ask_for_help(driver.runtime, issued.token)
    for _ in range(2):
        await clear_help_request(driver.runtime, CARMEN, issued.ticket.id)
    assert (await driver.ticket_json(issued))["help"] is False


async def test_host_ends_ticket_for_citizen(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    for _ in range(2):
        assert (await leave_line_for_citizen(driver.runtime, CARMEN, issued.ticket.id)).state == "left"
    with pytest.raises(Refused, match="illegal_transition"):
        await put_ticket_first(driver.runtime, CARMEN, issued.ticket.id, "Came back.")
    with pytest.raises(Refused, match="illegal_transition"):
        await set_priority(driver.runtime, CARMEN, issued.ticket.id, TicketPriority.PREFERENTIAL)


async def test_only_hosts_of_office_decide_on_tickets(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    for stranger in (BORIS, DIEGO, HOST_ELSEWHERE):
        with pytest.raises(NotAllowed):
            await put_ticket_first(driver.runtime, stranger, issued.ticket.id, "For a friend.")
        with pytest.raises(NotAllowed):
            await set_priority(driver.runtime, stranger, issued.ticket.id, TicketPriority.PREFERENTIAL)
        with pytest.raises(NotAllowed):
            await leave_line_for_citizen(driver.runtime, stranger, issued.ticket.id)
    with pytest.raises(NotFound):
        await clear_help_request(driver.runtime, CARMEN, "nothing")


async def test_concurrent_call_and_put_first_keep_ticket_called(driver: OfficeDriver) -> None:
    await driver.open_desk()
    issued = await driver.take_ticket()
    placed, called = await asyncio.gather(
        put_ticket_first(driver.runtime, CARMEN, issued.ticket.id, "First."),
        driver.call_next(),
        return_exceptions=True,
    )
    assert not isinstance(called, BaseException)
    assert isinstance(placed, Refused) or not isinstance(placed, BaseException)
    assert await driver.ticket_state(issued) == "called"
