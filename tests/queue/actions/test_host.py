"""What a host decides about one person, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.auth import Principal
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.service import Priority
from office360.queue.storage.tables import TicketEventRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, DIEGO, Hall

HOST_ELSEWHERE = Principal("fatima", "Fatima", CARMEN.role, frozenset({"elsewhere"}))


async def test_preferential_counts_only_once_a_host_has_confirmed_it(hall: Hall, clock: FakeClock) -> None:
    first = await hall.take()
    clock.advance(minutes=1)
    asked = await hall.take(preferential_requested=True)
    assert (await hall.seen(asked))["ahead"] == 1
    await service.set_priority(hall.runtime, CARMEN, asked.ticket.id, Priority.PREFERENTIAL)
    assert (await hall.seen(asked))["ahead"] == 0
    passed = await hall.seen(first)
    assert (passed["ahead"], passed["reason"]) == (1, "preferential")
    await service.set_priority(hall.runtime, CARMEN, asked.ticket.id, Priority.NORMAL)
    assert (await hall.seen(asked))["ahead"] == 1


async def test_whom_a_host_puts_first_goes_first_and_the_others_are_told(hall: Hall, runtime: Runtime) -> None:
    first, second = await hall.take(), await hall.take()
    for _ in range(2):  # a double tap
        await service.place(hall.runtime, CARMEN, second.ticket.id, "Came late with a small child.")
    assert (await hall.seen(second))["ahead"] == 0
    passed = await hall.seen(first)
    assert (passed["ahead"], passed["reason"], passed["at_most_overtaken_by"]) == (1, "host", 2)
    async with runtime.reading() as session:
        events = (await session.execute(select(TicketEventRow).where(TicketEventRow.action == "placed"))).scalars()
        assert [(one.actor, one.details["why"]) for one in events] == [
            ("staff:carmen", "Came late with a small child.")
        ]
    await hall.open()
    called = await hall.call()
    assert called is not None
    assert called.id == second.ticket.id
    assert (await hall.seen(first))["at_most_overtaken_by"] == 2  # no pass of the promise


async def test_a_host_brings_back_whoever_missed_a_call_however_late(hall: Hall, clock: FakeClock) -> None:
    issued, _ = await hall.called()
    clock.advance(minutes=3)
    await hall.timers()
    await hall.take()
    await service.place(hall.runtime, CARMEN, issued.ticket.id, "Was at the toilet.")
    seen = await hall.seen(issued)
    assert (seen["state"], seen["ahead"]) == ("waiting", 0)


async def test_a_request_for_help_is_shown_until_somebody_looks_after_it(hall: Hall) -> None:
    issued = await hall.take()
    await service.ask_help(hall.runtime, issued.token)
    for _ in range(2):
        await service.help_given(hall.runtime, CARMEN, issued.ticket.id)
    assert (await hall.seen(issued))["help"] is False


async def test_a_host_gives_a_turn_up_for_somebody(hall: Hall) -> None:
    issued = await hall.take()
    for _ in range(2):
        assert (await service.give_up(hall.runtime, CARMEN, issued.ticket.id)).state == "left"
    with pytest.raises(Refused, match="illegal_transition"):
        await service.place(hall.runtime, CARMEN, issued.ticket.id, "Came back.")
    with pytest.raises(Refused, match="illegal_transition"):
        await service.set_priority(hall.runtime, CARMEN, issued.ticket.id, Priority.PREFERENTIAL)


async def test_a_hosts_decisions_are_the_hosts(hall: Hall) -> None:
    issued = await hall.take()
    for stranger in (BORIS, DIEGO, HOST_ELSEWHERE):
        with pytest.raises(NotAllowed):
            await service.place(hall.runtime, stranger, issued.ticket.id, "For a friend.")
        with pytest.raises(NotAllowed):
            await service.set_priority(hall.runtime, stranger, issued.ticket.id, Priority.PREFERENTIAL)
        with pytest.raises(NotAllowed):
            await service.give_up(hall.runtime, stranger, issued.ticket.id)
    with pytest.raises(NotFound):
        await service.help_given(hall.runtime, CARMEN, "nothing")


async def test_a_call_and_a_hosts_decision_at_once_are_both_done_or_one_is_refused(hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    placed, called = await asyncio.gather(
        service.place(hall.runtime, CARMEN, issued.ticket.id, "First."), hall.call(), return_exceptions=True
    )
    assert not isinstance(called, BaseException)
    assert isinstance(placed, Refused) or not isinstance(placed, BaseException)
    assert await hall.state(issued) == "called"
