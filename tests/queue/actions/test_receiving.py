"""What a host does for whoever stands at the entrance, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.tables import LineRow
from office360.queue import service
from office360.queue.actions.host import check_in_appointment, give_ticket
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.service import TicketPriority, TicketRequest
from office360.queue.storage.tables import TicketEventRow
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, DIEGO, OfficeDriver

OVERRIDE_REASON = "Came from another town."


async def _give_ticket(hall: OfficeDriver, *, preferential: bool = False, **asked: Any) -> IssuedTicket:
    request = TicketRequest(**{"service": "documents", **asked})
    return await give_ticket(hall.runtime, CARMEN, "centro", request, preferential=preferential)


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
    assert len({one.ticket.id for one in both}) == 1
    assert sorted(one.is_repeat for one in both) == [False, True]
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
