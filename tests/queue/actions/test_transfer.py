"""An agent sends a person on to another service or desk, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.auth import Principal
from office360.core.errors import Invalid, NotAllowed, NotFound, Office360Error, Refused
from office360.core.runtime import Runtime
from office360.offices.service import bump_offices
from office360.offices.tables import DeskLineRow
from office360.queue import service
from office360.queue.domain.ticket import Ticket
from office360.queue.service import IssuedTicket, State
from office360.queue.storage.tables import SegmentRow, TicketEventRow
from sqlalchemy import delete, select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, ELENA, Hall


async def _served(hall: Hall) -> IssuedTicket:
    """Somebody whom boris is serving at desk 1, with a line of registry's own behind."""
    issued, ticket = await hall.called()
    await service.start(hall.runtime, BORIS, ticket.id)
    return issued


async def _transfer(hall: Hall, issued: IssuedTicket, by: Principal = BORIS, **to: str) -> Ticket:
    return await service.transfer(hall.runtime, by, issued.ticket.id, **to)


async def _only_serves(hall: Hall, number: int, line: str) -> None:
    others = [one.id for one in hall.office.lines if one.slug != line]
    async with hall.runtime.transaction() as tx:
        gone = (DeskLineRow.desk_id == hall.desk(number)) & DeskLineRow.line_id.in_(others)
        await tx.session.execute(delete(DeskLineRow).where(gone))
        await bump_offices(tx.session, [hall.office.id])


async def test_a_transferred_ticket_keeps_its_code_and_its_place_in_time(hall: Hall, clock: FakeClock) -> None:
    sent = await _served(hall)
    clock.advance(minutes=1)
    later = await hall.take("certificate")
    after = await _transfer(hall, sent, service="certificate")
    assert (after.code, after.state, after.service) == ("A-001", State.WAITING, "certificate")
    assert after.arrived_at == sent.ticket.arrived_at
    seen = await hall.seen(sent)
    assert (seen["line"], seen["ahead"], seen["desk"]) == (
        {"slug": "identity", "name": "Identidad digital"},
        0,
        None,
    )
    behind = await hall.seen(later)
    assert (behind["ahead"], behind["reason"]) == (1, "transfer")
    assert seen["reason"] is None


async def test_the_target_line_goes_on_counting_and_numbers_stay_unique(hall: Hall) -> None:
    sent = await _served(hall)
    await hall.take("certificate")
    await _transfer(hall, sent, service="certificate")
    assert (await hall.take("certificate")).ticket.code == "B-002"
    assert (await hall.take()).ticket.code == "A-002"


async def test_a_phone_never_sees_a_version_fall_when_its_ticket_changes_lines(hall: Hall) -> None:
    sent = await _served(hall)
    for _ in range(5):
        await hall.take()
    before = await hall.seen(sent)
    await _transfer(hall, sent, service="certificate")
    after = await hall.seen(sent)
    assert isinstance(before["v"], int)
    assert isinstance(after["v"], int)
    assert after["v"] > before["v"]


async def test_the_agent_of_the_other_desk_calls_whoever_was_sent_there_first(hall: Hall) -> None:
    sent = await _served(hall)
    await hall.take()
    await hall.open(2, ELENA)
    await _transfer(hall, sent, desk=hall.desk(2))
    assert await hall.call(1) is not None  # somebody else: this one is bound to desk 2
    called = await hall.call(2, ELENA)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_a_desk_of_another_line_is_reached_with_its_service(hall: Hall) -> None:
    sent = await _served(hall)
    await _only_serves(hall, 2, "identity")
    await hall.open(2, ELENA)
    with pytest.raises(Refused, match="desk_not_for_service"):
        await _transfer(hall, sent, desk=hall.desk(2))
    await _transfer(hall, sent, desk=hall.desk(2), service="certificate")
    called = await hall.call(2, ELENA)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_a_closed_desk_lets_go_of_whoever_was_sent_there(hall: Hall) -> None:
    sent = await _served(hall)
    await hall.open(2, ELENA)
    await _transfer(hall, sent, desk=hall.desk(2))
    await service.close_desk(hall.runtime, ELENA, hall.desk(2))
    called = await hall.call(1)
    assert called is not None
    assert called.id == sent.ticket.id


async def test_what_cannot_be_is_refused_and_nothing_changes(hall: Hall) -> None:
    sent = await _served(hall)
    for to, code in (({"service": "complaints"}, "service_not_here"), ({"desk": hall.desk(2)}, "desk_not_open")):
        with pytest.raises(Refused, match=code):
            await _transfer(hall, sent, BORIS, **to)
    nowhere: list[dict[str, str]] = [{}, {"service": "nothing"}, {"desk": "nothing"}]
    for to in nowhere:
        with pytest.raises(Invalid):
            await _transfer(hall, sent, BORIS, **to)
    assert await hall.state(sent) == "serving"


async def test_only_whoever_is_being_served_can_be_sent_on(hall: Hall) -> None:
    waiting = await hall.take()
    with pytest.raises(Refused, match="illegal_transition"):
        await _transfer(hall, waiting, CARMEN, service="certificate")


async def test_only_its_agent_or_a_host_sends_somebody_on(hall: Hall) -> None:
    sent = await _served(hall)
    for stranger in (ELENA, DIEGO):
        with pytest.raises(NotAllowed):
            await _transfer(hall, sent, stranger, service="certificate")
    with pytest.raises(NotFound):
        await service.transfer(hall.runtime, BORIS, "nothing", service="certificate")
    await _transfer(hall, sent, CARMEN, service="certificate")


async def test_a_transfer_ends_a_stretch_and_leaves_its_trace(hall: Hall, runtime: Runtime) -> None:
    sent = await _served(hall)
    await _transfer(hall, sent, service="certificate")
    async with runtime.reading() as session:
        segments = (await session.execute(select(SegmentRow.state).order_by(SegmentRow.started_at))).scalars()
        assert "serving" in set(segments)
        event = (
            await session.execute(select(TicketEventRow).where(TicketEventRow.action == "transferred"))
        ).scalar_one()
    assert (event.actor, event.before, event.after) == ("staff:boris", "serving", "waiting")
    assert event.details == {"from": "registry", "to": "identity", "desk": None}


async def test_of_a_transfer_and_a_finish_at_once_exactly_one_happens(hall: Hall) -> None:
    sent = await _served(hall)
    results = await asyncio.gather(
        _transfer(hall, sent, service="certificate"),
        service.finish(hall.runtime, BORIS, sent.ticket.id),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, Office360Error)]
    assert [one.code for one in refused] in (["ticket_moved"], ["illegal_transition"], ["not_your_desk"])
    assert await hall.state(sent) in ("waiting", "finished")


async def test_two_desks_that_send_to_each_others_lines_at_once_do_not_wait_in_a_circle(hall: Hall) -> None:
    first = await _served(hall)
    await hall.open(2, ELENA)
    second = await hall.take("certificate")
    assert await hall.call(2, ELENA) is not None
    await service.start(hall.runtime, ELENA, second.ticket.id)
    await asyncio.gather(
        _transfer(hall, first, service="certificate"), _transfer(hall, second, ELENA, service="documents")
    )
    assert (await hall.seen(first))["line"] != (await hall.seen(second))["line"]


async def test_a_transferred_ticket_ends_with_the_day_in_its_new_line(hall: Hall, clock: FakeClock) -> None:
    sent = await _served(hall)
    await _transfer(hall, sent, service="certificate")
    clock.advance(hours=12)
    await hall.timers()
    assert await hall.state(sent) == "expired"


async def test_a_desk_that_serves_both_lines_still_calls_after_a_transfer(hall: Hall) -> None:
    sent = await _served(hall)
    await _transfer(hall, sent, service="certificate")
    called = await hall.call(1)
    assert called is not None
    assert (called.id, called.service) == (sent.ticket.id, "certificate")
