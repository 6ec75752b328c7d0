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
from office360.queue.service import IssuedTicket, Priority, TicketRequest
from office360.queue.storage.tables import TicketEventRow
from sqlalchemy import select, update

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, DIEGO, Hall

WHY = "Came from another town."


async def _give(hall: Hall, *, preferential: bool = False, **asked: Any) -> IssuedTicket:
    request = TicketRequest(**{"service": "documents", **asked})
    return await service.give_ticket(hall.runtime, CARMEN, "centro", request, preferential=preferential)


async def _lines(runtime: Runtime, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(LineRow).values(**values))


async def test_a_host_gives_turns_to_many_who_have_no_phone(hall: Hall) -> None:
    codes = [(await _give(hall, device="the host's", name=name)).ticket.code for name in ("Amina", "Elena")]
    assert codes == ["A-001", "A-002"]


@pytest.mark.parametrize(
    ("values", "hours", "code"),
    [({"stopped": True}, 0, "walk_ins_stopped"), ({"daily_quota": 0}, 0, "quota_reached"), ({}, 10, "closed")],
)
async def test_a_host_overrides_what_stops_the_public_with_a_reason(
    hall: Hall, clock: FakeClock, runtime: Runtime, values: dict[str, Any], hours: int, code: str
) -> None:
    await _lines(runtime, **{"daily_quota": 100, **values})
    clock.advance(hours=hours)
    with pytest.raises(Refused, match=code):
        await _give(hall)
    issued = await _give(hall, override=WHY)
    assert await hall.state(issued) == "waiting"
    async with runtime.reading() as session:
        event = (await session.execute(select(TicketEventRow))).scalar_one()
    assert (event.actor, event.details["override"]) == ("staff:carmen", WHY)


async def test_an_override_makes_no_service_that_is_not_given_here(hall: Hall) -> None:
    with pytest.raises(Refused, match="appointment_only"):
        await _give(hall, service="complaints", override=WHY)


async def test_one_contact_has_one_turn_also_from_a_host(hall: Hall) -> None:
    await hall.take(email="amina@example.org")
    with pytest.raises(Refused, match="already_waiting"):
        await _give(hall, email="amina@example.org", override=WHY)


async def test_a_host_gives_priority_at_once(hall: Hall) -> None:
    await hall.take()
    issued = await _give(hall, preferential=True)
    assert issued.ticket.priority is Priority.PREFERENTIAL
    assert (await hall.seen(issued))["ahead"] == 0


async def test_a_host_checks_in_an_appointment_at_whatever_time_once(
    hall: Hall, clock: FakeClock, runtime: Runtime
) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11 + timedelta(minutes=50))
    with pytest.raises(Refused, match="too_late_for_turn"):
        await hall.check_in(appointment)
    both = await asyncio.gather(*(service.check_in_appointment(runtime, CARMEN, appointment.id) for _ in range(2)))
    assert len({one.ticket.id for one in both}) == 1
    assert sorted(one.again for one in both) == [False, True]
    assert await hall.appointment_state(appointment) == "checked_in"
    async with runtime.reading() as session:
        kinds = (await session.execute(select(OutboxRow.kind))).scalars().all()
    assert "ticket_issued" in kinds


async def test_an_early_appointment_may_be_checked_in_by_a_host(hall: Hall) -> None:
    appointment = await hall.book(MORNING + timedelta(hours=2))
    issued = await service.check_in_appointment(hall.runtime, CARMEN, appointment.id)
    assert issued.ticket.appointment_id == appointment.id


async def test_only_hosts_of_the_office_receive(hall: Hall) -> None:
    appointment = await hall.book(AT_11)
    for stranger in (BORIS, DIEGO):
        with pytest.raises(NotAllowed):
            await service.give_ticket(hall.runtime, stranger, "centro", TicketRequest(service="documents"))
        with pytest.raises(NotAllowed):
            await service.check_in_appointment(hall.runtime, stranger, appointment.id)
    with pytest.raises(NotFound):
        await service.check_in_appointment(hall.runtime, CARMEN, "nothing")


async def test_people_are_found_by_what_they_say_or_show(hall: Hall) -> None:
    amina = await hall.take(name="Amina Muñoz", email="amina@example.org", phone="+34612345678")
    elena = await hall.take(name="Elena")
    left = await hall.take(name="Amina")
    await service.leave(hall.runtime, left.token)

    async def found(text: str) -> list[str]:
        async with hall.runtime.reading() as session:
            rows = await service.find_tickets(session, hall.office, text, hall.runtime.now())
        return [row["id"] for row in rows]

    for text in ("munoz", "a-001", "A 1", "AMINA@example.org", "612 345 678", f"https://x/t/{amina.token}"):
        assert await found(text) == [amina.ticket.id], text
    assert await found("amina") == [amina.ticket.id, left.ticket.id]
    assert await found("elena") == [elena.ticket.id]
    assert await found("nobody") == []
