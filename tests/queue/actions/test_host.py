"""Decisions of a host and tickets at the entrance, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import Principal
from office360.core.db.outbox import OutboxRow
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.storage.tables import LineRow
from office360.queue import service
from office360.queue.actions.agent import record_no_show
from office360.queue.actions.host import (
    check_in_appointment,
    clear_help_request,
    end_missed_ticket,
    give_ticket,
    leave_line_for_citizen,
    put_ticket_first,
    set_priority,
)
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.service import TicketPriority, TicketRequest
from office360.queue.storage.tables import TicketEventRow
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, DIEGO, OfficeDriver

OVERRIDE_REASON = "Came from another town."
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
        assert [(event.actor, event.details["why"]) for event in events] == [
            ("staff:carmen", "Came late with a small child.")
        ]
    await driver.open_desk()
    called = await driver.call_next()
    assert called is not None
    assert called.id == second.ticket.id
    assert (await driver.ticket_json(first))["at_most_overtaken_by"] == 2  # not counted as overtaking


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


# Tickets at the entrance


async def _give_ticket(driver: OfficeDriver, *, preferential: bool = False, **asked: Any) -> IssuedTicket:
    request = TicketRequest(**{"service": "documents", **asked})
    return await give_ticket(driver.runtime, CARMEN, "centro", request, preferential=preferential)


async def _update_lines(runtime: Runtime, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).values(**values))


async def test_host_issues_several_tickets_from_one_device(driver: OfficeDriver) -> None:
    codes = [
        (await _give_ticket(driver, device="the host's", name=name)).ticket.code for name in ("Amina", "Elena")
    ]
    assert codes == ["A-001", "A-002"]


@pytest.mark.parametrize(
    ("values", "hours", "code"),
    [({"stopped": True}, 0, "walk_ins_stopped"), ({"daily_quota": 0}, 0, "quota_reached"), ({}, 10, "closed")],
)
async def test_host_overrides_refusal_with_reason(
    driver: OfficeDriver, clock: FakeClock, runtime: Runtime, values: dict[str, Any], hours: int, code: str
) -> None:
    await _update_lines(runtime, **{"daily_quota": 100, **values})
    clock.advance(hours=hours)
    with pytest.raises(Refused, match=code):
        await _give_ticket(driver)
    issued = await _give_ticket(driver, override=OVERRIDE_REASON)
    assert await driver.ticket_state(issued) == "waiting"
    async with runtime.read_session() as session:
        event = (await session.execute(select(TicketEventRow))).scalar_one()
    assert (event.actor, event.details["override"]) == ("staff:carmen", OVERRIDE_REASON)


async def test_override_does_not_allow_video_only_service(driver: OfficeDriver) -> None:
    with pytest.raises(Refused, match="appointment_only"):
        await _give_ticket(driver, service="complaints", override=OVERRIDE_REASON)


async def test_host_cannot_issue_second_ticket_to_contact(driver: OfficeDriver) -> None:
    await driver.take_ticket(email="amina@example.org")
    with pytest.raises(Refused, match="already_waiting"):
        await _give_ticket(driver, email="amina@example.org", override=OVERRIDE_REASON)


async def test_host_issues_preferential_ticket(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    issued = await _give_ticket(driver, preferential=True)
    assert issued.ticket.priority is TicketPriority.PREFERENTIAL
    assert (await driver.ticket_json(issued))["ahead"] == 0


async def test_host_checks_in_late_appointment_once(
    driver: OfficeDriver, clock: FakeClock, runtime: Runtime
) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11 + timedelta(minutes=50))
    with pytest.raises(Refused, match="too_late_for_turn"):
        await driver.check_in(appointment)
    both = await asyncio.gather(*(check_in_appointment(runtime, CARMEN, appointment.id) for _ in range(2)))
    assert len({answer.ticket.id for answer in both}) == 1
    assert sorted(answer.is_repeat for answer in both) == [False, True]
    assert await driver.appointment_state(appointment) == "checked_in"
    async with runtime.read_session() as session:
        kinds = (await session.execute(select(OutboxRow.kind))).scalars().all()
    assert "ticket_issued" in kinds


async def test_host_checks_in_early_appointment(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(MORNING + timedelta(hours=2))
    issued = await check_in_appointment(driver.runtime, CARMEN, appointment.id)
    assert issued.ticket.appointment_id == appointment.id


async def test_only_hosts_of_office_issue_and_check_in(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11)
    for stranger in (BORIS, DIEGO):
        with pytest.raises(NotAllowed):
            await give_ticket(driver.runtime, stranger, "centro", TicketRequest(service="documents"))
        with pytest.raises(NotAllowed):
            await check_in_appointment(driver.runtime, stranger, appointment.id)
    with pytest.raises(NotFound):
        await check_in_appointment(driver.runtime, CARMEN, "nothing")


async def test_ticket_search_matches_code_name_contact_and_link(driver: OfficeDriver) -> None:
    amina = await driver.take_ticket(name="Amina Muñoz", email="amina@example.org", phone="+34612345678")
    elena = await driver.take_ticket(name="Elena")
    left = await driver.take_ticket(name="Amina")
    await service.leave_line(driver.runtime, left.token)

    async def found(text: str) -> list[str]:
        async with driver.runtime.read_session() as session:
            rows = await service.find_tickets(session, driver.office, text, driver.runtime.now())
        return [row["id"] for row in rows]

    for text in ("munoz", "a-001", "A 1", "AMINA@example.org", "612 345 678", f"https://x/t/{amina.token}"):
        assert await found(text) == [amina.ticket.id], text
    assert await found("amina") == [amina.ticket.id, left.ticket.id]
    assert await found("elena") == [elena.ticket.id]
    assert await found("nobody") == []


async def test_called_person_who_needs_help_is_not_missed(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    await service.ask_for_help(driver.runtime, issued.token)
    clock.advance(minutes=4)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["until"], seen["help"]) == ("called", None, True)
    await clear_help_request(driver.runtime, CARMEN, called.id)
    clock.advance(minutes=4)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["help"], seen["help_answered"]) == ("called", False, True)


async def test_host_ends_only_a_missed_ticket_as_no_show(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    issued = await driver.check_in(appointment)
    await driver.open_desk()
    await driver.call_next()
    with pytest.raises(Refused, match="illegal_transition"):
        await end_missed_ticket(driver.runtime, CARMEN, issued.ticket.id)
    await record_no_show(driver.runtime, BORIS, issued.ticket.id)
    with pytest.raises(NotAllowed):
        await end_missed_ticket(driver.runtime, BORIS, issued.ticket.id)
    for _ in range(2):
        await end_missed_ticket(driver.runtime, CARMEN, issued.ticket.id)
    assert await driver.ticket_state(issued) == "no_show"
    assert await driver.appointment_state(appointment) == "no_show"
