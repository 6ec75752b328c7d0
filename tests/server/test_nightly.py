"""Nobody's address or number is kept longer than it is of use."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office360.core.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.tables import SentMessageRow
from office360.offices.service import Office
from office360.queue.service import TicketRequest, leave, take_ticket
from office360.queue.tables import TicketRow
from office360.server import nightly
from sqlalchemy import select, update

from ..notifications.conftest import appointment, enqueue, rows

KEPT = timedelta(days=30)
NUMBER = "+34600000001"


async def told(runtime: Runtime, key: str, state: str) -> None:
    await enqueue(runtime, key, payload=appointment(runtime.tokens))
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OutboxRow).where(OutboxRow.key == key).values(state=state))


async def test_contacts_of_messages_that_are_over_are_deleted_and_the_others_stay(
    runtime: Runtime, clock: Any
) -> None:
    for state in ("sent", "dead", "void", "pending"):
        await told(runtime, state, state)
    async with runtime.transaction() as tx:
        delivery = {"message_id": "m", "outbox_id": "01", "channel": "email", "recipient": "amina@example.org"}
        tx.session.add(SentMessageRow(**delivery, title="t", sent_at=tx.now))
    clock.advance(days=30)
    await told(runtime, "new", "sent")
    clock.advance(seconds=1)
    for _ in range(2):  # twice is once
        await nightly.forget(runtime, KEPT)
    found = await rows(runtime)
    assert {key: row.recipient != "" for key, row in found.items()} == {
        "sent": False,
        "dead": False,
        "void": False,
        "pending": True,
        "new": True,
    }
    assert found["sent"].payload == {}
    assert found["pending"].payload
    async with runtime.reading() as session:
        assert (await session.execute(select(SentMessageRow))).first() is None


async def test_numbers_of_turns_that_are_over_are_deleted(runtime: Runtime, office: Office, clock: Any) -> None:
    gone = await take_ticket(runtime, "centro", TicketRequest(service="certificate", phone=NUMBER))
    await leave(runtime, gone.token)
    clock.advance(days=29)

    async def phone() -> str | None:
        async with runtime.reading() as session:
            found = (await session.execute(select(TicketRow.phone))).scalar_one()
            return found if found is None else str(found)

    await nightly.forget(runtime, KEPT)
    assert await phone() == NUMBER
    clock.advance(days=2)
    await nightly.forget(runtime, KEPT)
    assert await phone() is None


def test_a_night_comes_after_each_day() -> None:
    night = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    assert nightly.next_night(night - timedelta(minutes=1)) == night
    assert nightly.next_night(night) == nightly.next_night(night + timedelta(hours=9)) == night + timedelta(days=1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_worker_that_was_off_at_night_does_it_when_it_starts_and_ends_when_told(
    runtime: Runtime, clock: Any
) -> None:
    await told(runtime, "old", "sent")
    clock.advance(days=31)
    stop = asyncio.Event()
    running = asyncio.create_task(nightly.run(runtime, KEPT, stop))
    async with asyncio.timeout(10):
        while (await rows(runtime))["old"].recipient:
            await asyncio.sleep(0)
        stop.set()
        await running
