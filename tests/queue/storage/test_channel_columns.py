"""Channels of a ticket beside a process of the last release, which knows SMS only."""

from __future__ import annotations

from office360.core.contact.chosen_channels import ChosenChannel
from office360.queue.storage import contact_rows
from sqlalchemy import text

from ..conftest import OfficeDriver

NUMBER, OTHER = "+34600000001", "+34600000002"
CHAT = ChosenChannel("chat", "42")


async def read_channels(driver: OfficeDriver, ticket_id: str) -> tuple[ChosenChannel, ...]:
    async with driver.runtime.read_session() as session:
        return (await contact_rows.notification_recipient(session, ticket_id)).channels


async def write_as_last_release(driver: OfficeDriver, ticket_id: str, number: str | None) -> None:
    async with driver.runtime.transaction() as tx:
        statement = text("UPDATE tickets SET sms_phone = :number WHERE id = :id")
        await tx.session.execute(statement, {"number": number, "id": ticket_id})


async def test_sms_of_ticket_is_written_to_list_and_column(driver: OfficeDriver) -> None:
    ticket_id = (await driver.take_ticket(phone=NUMBER, sms=True)).ticket.id
    async with driver.runtime.read_session() as session:
        row = (await session.execute(text("SELECT sms_phone, channels FROM tickets"))).one()
    assert row.sms_phone == NUMBER
    assert NUMBER in str(row.channels)
    assert await read_channels(driver, ticket_id) == (ChosenChannel("sms", NUMBER),)


async def test_last_release_changes_and_ends_sms_of_ticket(driver: OfficeDriver) -> None:
    ticket_id = (await driver.take_ticket(phone=NUMBER, sms=True)).ticket.id
    async with driver.runtime.transaction() as tx:
        channels = (ChosenChannel("sms", NUMBER), CHAT)
        await contact_rows.save_channels(tx.session, ticket_id, channels)
    await write_as_last_release(driver, ticket_id, OTHER)
    assert await read_channels(driver, ticket_id) == (ChosenChannel("sms", OTHER), CHAT)
    await write_as_last_release(driver, ticket_id, None)
    assert await read_channels(driver, ticket_id) == (CHAT,)
