"""Recovery of a lost ticket link, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.errors import RateLimited
from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.actions.recover_ticket import send_recovery_link
from sqlalchemy import select

from ...conftest import FakeClock
from ...notifications.support.channels import SMS_OFFERS
from ..conftest import AT_11, OfficeDriver

CLIENT_ADDRESS = "192.0.2.7"


async def _sent_links(runtime: Runtime) -> list[tuple[str, str]]:
    """Return channel and recipient of each enqueued link."""
    async with runtime.read_session() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.kind == "ticket_link"))
        return sorted((row.channel, row.recipient) for row in rows.scalars())


async def test_link_is_sent_for_any_spelling_of_code_and_contact(driver: OfficeDriver, runtime: Runtime) -> None:
    await driver.take_ticket(email="amina@example.org")
    await driver.take_ticket(phone="+34612345678")
    await send_recovery_link(runtime, "centro", "a 1", "Amina@Example.org", CLIENT_ADDRESS, SMS_OFFERS)
    await send_recovery_link(runtime, "centro", "A-002", "612 345 678", CLIENT_ADDRESS, SMS_OFFERS)
    assert await _sent_links(runtime) == [("email", "amina@example.org"), ("sms", "+34612345678")]


async def test_link_is_sent_to_contact_of_appointment(
    driver: OfficeDriver, runtime: Runtime, clock: FakeClock
) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    await driver.check_in(appointment)
    await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", CLIENT_ADDRESS, SMS_OFFERS)
    assert await _sent_links(runtime) == [("email", "amina@example.org")]


async def test_wrong_recovery_request_sends_nothing(driver: OfficeDriver, runtime: Runtime) -> None:
    issued = await driver.take_ticket(email="amina@example.org")
    await driver.take_ticket(email="elena@example.org")
    for office, code, contact in (
        ("centro", "A-001", "elena@example.org"),
        ("centro", "A-009", "amina@example.org"),
        ("nowhere", "A-001", "amina@example.org"),
        ("centro", "?", "?"),
    ):
        await send_recovery_link(runtime, office, code, contact, CLIENT_ADDRESS, SMS_OFFERS)
    await service.leave_line(runtime, issued.token)
    await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", CLIENT_ADDRESS, SMS_OFFERS)
    assert await _sent_links(runtime) == []


async def test_ticket_of_yesterday_is_not_recovered(
    driver: OfficeDriver, runtime: Runtime, clock: FakeClock
) -> None:
    await driver.take_ticket(email="amina@example.org")
    clock.advance(days=1)
    await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", CLIENT_ADDRESS, SMS_OFFERS)
    assert await _sent_links(runtime) == []


async def test_recovery_is_rate_limited_even_for_correct_requests(driver: OfficeDriver, runtime: Runtime) -> None:
    await driver.take_ticket(email="amina@example.org")
    for _ in range(5):
        await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", CLIENT_ADDRESS, SMS_OFFERS)
    with pytest.raises(RateLimited):
        await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", CLIENT_ADDRESS, SMS_OFFERS)
    await send_recovery_link(runtime, "centro", "A-001", "amina@example.org", "192.0.2.8", SMS_OFFERS)


async def test_mailbox_gets_one_link_in_five_minutes(
    driver: OfficeDriver, runtime: Runtime, clock: FakeClock
) -> None:
    await driver.take_ticket(email="amina@example.org")
    ask = ("centro", "A-001", "amina@example.org")
    await asyncio.gather(*(send_recovery_link(runtime, *ask, CLIENT_ADDRESS, SMS_OFFERS) for _ in range(2)))
    assert len(await _sent_links(runtime)) == 1
    clock.advance(minutes=5)
    await send_recovery_link(runtime, *ask, CLIENT_ADDRESS, SMS_OFFERS)
    assert len(await _sent_links(runtime)) == 2
