"""A lost phone: the link goes to the turn's own contact, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.errors import RateLimited
from office360.core.runtime import Runtime
from office360.queue import service
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import AT_11, Hall

HOME = "192.0.2.7"


async def _sent(runtime: Runtime) -> list[tuple[str, str]]:
    """Every link that was written: channel and recipient."""
    async with runtime.reading() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.kind == "ticket_link"))
        return sorted((row.channel, row.recipient) for row in rows.scalars())


async def test_the_link_goes_to_the_contact_of_the_turn_however_the_code_is_typed(
    hall: Hall, runtime: Runtime
) -> None:
    await hall.take(email="amina@example.org")
    await hall.take(phone="+34612345678")
    await service.recover(runtime, "centro", "a 1", "Amina@Example.org", HOME)
    await service.recover(runtime, "centro", "A-002", "612 345 678", HOME)
    assert await _sent(runtime) == [("email", "amina@example.org"), ("sms", "+34612345678")]


async def test_a_turn_with_an_appointment_is_found_by_the_contact_of_that(
    hall: Hall, runtime: Runtime, clock: FakeClock
) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    await hall.check_in(appointment)
    await service.recover(runtime, "centro", "A-001", "amina@example.org", HOME)
    assert await _sent(runtime) == [("email", "amina@example.org")]


async def test_whatever_is_wrong_is_answered_alike_and_sends_nothing(hall: Hall, runtime: Runtime) -> None:
    issued = await hall.take(email="amina@example.org")
    await hall.take(email="elena@example.org")
    for office, code, contact in (
        ("centro", "A-001", "elena@example.org"),
        ("centro", "A-009", "amina@example.org"),
        ("nowhere", "A-001", "amina@example.org"),
        ("centro", "?", "?"),
    ):
        await service.recover(runtime, office, code, contact, HOME)
    await service.leave(runtime, issued.token)
    await service.recover(runtime, "centro", "A-001", "amina@example.org", HOME)
    assert await _sent(runtime) == []


async def test_yesterdays_turn_is_nobodys_any_more(hall: Hall, runtime: Runtime, clock: FakeClock) -> None:
    await hall.take(email="amina@example.org")
    clock.advance(days=1)
    await service.recover(runtime, "centro", "A-001", "amina@example.org", HOME)
    assert await _sent(runtime) == []


async def test_guessing_is_stopped_also_for_whoever_guesses_right(hall: Hall, runtime: Runtime) -> None:
    await hall.take(email="amina@example.org")
    for _ in range(5):
        await service.recover(runtime, "centro", "A-001", "amina@example.org", HOME)
    with pytest.raises(RateLimited):
        await service.recover(runtime, "centro", "A-001", "amina@example.org", HOME)
    await service.recover(runtime, "centro", "A-001", "amina@example.org", "192.0.2.8")


async def test_a_mailbox_gets_one_link_in_a_while(hall: Hall, runtime: Runtime, clock: FakeClock) -> None:
    await hall.take(email="amina@example.org")
    ask = ("centro", "A-001", "amina@example.org")
    await asyncio.gather(*(service.recover(runtime, *ask, HOME) for _ in range(2)))
    assert len(await _sent(runtime)) == 1
    clock.advance(minutes=5)
    await service.recover(runtime, *ask, HOME)
    assert len(await _sent(runtime)) == 2
