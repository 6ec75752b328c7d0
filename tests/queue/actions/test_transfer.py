"""Transfers to another service or desk, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.auth import Principal
from office360.core.errors import Invalid, NotAllowed, NotFound, Office360Error, Refused
from office360.core.runtime import Runtime
from office360.offices.service import bump_office_versions
from office360.offices.storage.tables import DeskLineRow
from office360.queue import service
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.ticket import Ticket
from office360.queue.service import TicketState
from office360.queue.storage.tables import SegmentRow, TicketEventRow
from sqlalchemy import delete, select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, ELENA, OfficeDriver


async def _serve_ticket(driver: OfficeDriver) -> IssuedTicket:
    """Start to serve a ticket at boris's desk 1."""
    issued, ticket = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, ticket.id)
    return issued


async def _transfer(driver: OfficeDriver, issued: IssuedTicket, by: Principal = BORIS, **to: str) -> Ticket:
    return await transfer_ticket(driver.runtime, by, issued.ticket.id, **to)


async def _restrict_desk_to_line(driver: OfficeDriver, number: int, line: str) -> None:
    others = [other.id for other in driver.office.lines if other.slug != line]
    async with driver.runtime.transaction() as tx:
        gone = (DeskLineRow.desk_id == driver.desk_id(number)) & DeskLineRow.line_id.in_(others)
        await tx.session.execute(delete(DeskLineRow).where(gone))
        await bump_office_versions(tx.session, [driver.office.id])


async def test_transferred_ticket_keeps_code_and_arrival(driver: OfficeDriver, clock: FakeClock) -> None:
    sent = await _serve_ticket(driver)
    clock.advance(minutes=1)
    later = await driver.take_ticket("certificate")
    after = await _transfer(driver, sent, service="certificate")
    assert (after.code, after.state, after.service) == ("A-001", TicketState.WAITING, "certificate")
    assert after.arrived_at == sent.ticket.arrived_at
    seen = await driver.ticket_json(sent)
    assert (seen["line"], seen["ahead"], seen["desk"]) == (
        {"slug": "identity", "name": "Identidad digital"},
        0,
        None,
    )
    behind = await driver.ticket_json(later)
    assert (behind["ahead"], behind["reason"]) == (1, "transfer")
    assert seen["reason"] is None


async def test_transfer_uses_no_number_of_target_line(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    await driver.take_ticket("certificate")
    await _transfer(driver, sent, service="certificate")
    assert (await driver.take_ticket("certificate")).ticket.code == "B-002"
    assert (await driver.take_ticket()).ticket.code == "A-002"


async def test_version_grows_when_ticket_changes_line(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    for _ in range(5):
        await driver.take_ticket()
    before = await driver.ticket_json(sent)
    await _transfer(driver, sent, service="certificate")
    after = await driver.ticket_json(sent)
    assert isinstance(before["v"], int)
    assert isinstance(after["v"], int)
    assert after["v"] > before["v"]


async def test_target_desk_calls_transferred_ticket_first(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    await driver.take_ticket()
    await driver.open_desk(2, ELENA)
    await _transfer(driver, sent, desk=driver.desk_id(2))
    assert await driver.call_next(1) is not None  # another ticket: the transferred ticket is bound to desk 2
    called = await driver.call_next(2, ELENA)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_transfer_to_desk_of_other_line_needs_its_service(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    await _restrict_desk_to_line(driver, 2, "identity")
    await driver.open_desk(2, ELENA)
    with pytest.raises(Refused, match="desk_not_for_service"):
        await _transfer(driver, sent, desk=driver.desk_id(2))
    await _transfer(driver, sent, desk=driver.desk_id(2), service="certificate")
    called = await driver.call_next(2, ELENA)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_closing_target_desk_releases_transferred_ticket(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    await driver.open_desk(2, ELENA)
    await _transfer(driver, sent, desk=driver.desk_id(2))
    await service.close_desk(driver.runtime, ELENA, driver.desk_id(2))
    called = await driver.call_next(1)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_invalid_transfer_is_refused_and_changes_nothing(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    for to, code in (
        ({"service": "complaints"}, "service_not_here"),
        ({"desk": driver.desk_id(2)}, "desk_not_open"),
    ):
        with pytest.raises(Refused, match=code):
            await _transfer(driver, sent, BORIS, **to)
    nowhere: list[dict[str, str]] = [{}, {"service": "nothing"}, {"desk": "nothing"}]
    for to in nowhere:
        with pytest.raises(Invalid):
            await _transfer(driver, sent, BORIS, **to)
    assert await driver.ticket_state(sent) == "serving"


async def test_only_serving_ticket_can_be_transferred(driver: OfficeDriver) -> None:
    waiting = await driver.take_ticket()
    with pytest.raises(Refused, match="illegal_transition"):
        await _transfer(driver, waiting, CARMEN, service="certificate")


async def test_only_own_agent_or_host_transfers_ticket(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    for stranger in (ELENA, DIEGO):
        with pytest.raises(NotAllowed):
            await _transfer(driver, sent, stranger, service="certificate")
    with pytest.raises(NotFound):
        await transfer_ticket(driver.runtime, BORIS, "nothing", service="certificate")
    await _transfer(driver, sent, CARMEN, service="certificate")


async def test_transfer_writes_segment_and_event(driver: OfficeDriver, runtime: Runtime) -> None:
    sent = await _serve_ticket(driver)
    await _transfer(driver, sent, service="certificate")
    async with runtime.read_session() as session:
        segments = (await session.execute(select(SegmentRow.state).order_by(SegmentRow.started_at))).scalars()
        assert "serving" in set(segments)
        event = (
            await session.execute(select(TicketEventRow).where(TicketEventRow.action == "transferred"))
        ).scalar_one()
    assert (event.actor, event.before, event.after) == ("staff:boris", "serving", "waiting")
    assert event.details == {"from": "registry", "to": "identity", "desk": None}


async def test_concurrent_transfer_and_finish_do_one(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    results = await asyncio.gather(
        _transfer(driver, sent, service="certificate"),
        service.finish_service(driver.runtime, BORIS, sent.ticket.id),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Office360Error)]
    assert [refusal.code for refusal in refused] in (["ticket_moved"], ["illegal_transition"], ["not_your_desk"])
    assert await driver.ticket_state(sent) in ("waiting", "finished")


async def test_crossing_transfers_do_not_deadlock(
    driver: OfficeDriver,
) -> None:
    first = await _serve_ticket(driver)
    await driver.open_desk(2, ELENA)
    second = await driver.take_ticket("certificate")
    assert await driver.call_next(2, ELENA) is not None
    await service.start_service(driver.runtime, ELENA, second.ticket.id)
    await asyncio.gather(
        _transfer(driver, first, service="certificate"), _transfer(driver, second, ELENA, service="documents")
    )
    assert (await driver.ticket_json(first))["line"] != (await driver.ticket_json(second))["line"]


async def test_transferred_ticket_expires_in_new_line(driver: OfficeDriver, clock: FakeClock) -> None:
    sent = await _serve_ticket(driver)
    await _transfer(driver, sent, service="certificate")
    clock.advance(hours=12)
    await driver.fire_due_timers()
    assert await driver.ticket_state(sent) == "expired"


async def test_desk_of_both_lines_calls_transferred_ticket(driver: OfficeDriver) -> None:
    sent = await _serve_ticket(driver)
    await _transfer(driver, sent, service="certificate")
    called = await driver.call_next(1)
    assert called is not None
    assert (called.id, called.service) == (sent.ticket.id, "certificate")
