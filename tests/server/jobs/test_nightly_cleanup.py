"""Nobody's address or number is kept longer than it is of use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import (
    HORIZON_DAYS,
    TIMERS,
    Appointment,
    WaitingRequest,
    Wish,
    appointment_by_token,
    book,
    join,
    token_of,
    want_earlier,
)
from office360.appointments.storage.tables import EarlierRow, WaitingRow
from office360.core.db import batch_delete
from office360.core.db.outbox import OutboxRow, enqueue_once, outbox_row
from office360.core.db.timers import fire_due
from office360.core.runtime import Runtime
from office360.notifications.actions import data_retention
from office360.notifications.storage.delivery_rows import events_of, note
from office360.notifications.storage.tables import SentMessageRow
from office360.offices.service import Office
from office360.queue.service import TicketRequest, leave, take_ticket
from office360.queue.storage.tables import TicketRow
from office360.rooms.storage.tables import ParticipantRow, RoomRow
from office360.server.jobs import nightly_cleanup
from sqlalchemy import func, select, update

from ...appointments.support.requesters import asking
from ...notifications.conftest import appointment, enqueue, rows
from ...support.timeouts import PATIENCE_S

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
        await nightly_cleanup.forget(runtime, KEPT)
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


async def test_messages_are_deleted_when_nothing_can_be_told_of_their_visit_any_more(
    runtime: Runtime, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (batch_delete, data_retention):  # three messages are two batches
        monkeypatch.setattr(module, "AT_ONCE", 2)
    for state in ("sent", "dead", "void", "pending", "sending"):
        await told(runtime, state, state)
    gone_id = (await rows(runtime))["dead"].id
    async with runtime.transaction() as tx:
        await note(tx.session, gone_id, "tried_again", "u1", "Carmen", tx.now)
        await note(tx.session, "another", "tried_again", "u1", "Carmen", tx.now)
    clock.advance(days=HORIZON_DAYS)
    await told(runtime, "young", "sent")
    await nightly_cleanup.forget(runtime, KEPT)
    assert {key for key, row in (await rows(runtime)).items() if not row.recipient} == {"sent", "dead", "void"}
    clock.advance(days=3)
    for _ in range(2):  # twice is once
        await nightly_cleanup.forget(runtime, KEPT)
    assert set(await rows(runtime)) == {"pending", "sending", "young"}
    async with runtime.reading() as session:
        assert set(await events_of(session, [gone_id, "another"])) == {"another"}


async def test_messages_stay_as_long_as_contacts_do(runtime: Runtime, clock: Any) -> None:
    await told(runtime, "sent", "sent")
    clock.advance(days=100)
    await nightly_cleanup.forget(runtime, timedelta(days=101))
    assert (await rows(runtime))["sent"].recipient
    await nightly_cleanup.forget(runtime, timedelta(days=99))
    assert await rows(runtime) == {}


async def test_a_reminder_is_not_told_again_though_its_contact_was_forgotten(
    runtime: Runtime, office: Office, clock: Any
) -> None:
    await told(runtime, "reminder", "sent")
    clock.advance(days=40)
    await nightly_cleanup.forget(runtime, KEPT)
    async with runtime.transaction() as tx:
        again = outbox_row(
            "appointment_reminder_days",
            subject="appointment:01APPOINTMENT",
            recipient="amina@example.org",
            payload={},
            key="reminder",
            language="es",
            channel="email",
            created_at=tx.now,
            not_before=None,
        )
        await enqueue_once(tx.session, [again])
    assert (await rows(runtime))["reminder"].state == "sent"


async def test_whose_turns_were_that_are_over_is_deleted(runtime: Runtime, office: Office, clock: Any) -> None:
    amina = TicketRequest(service="certificate", phone=NUMBER, name="Amina", email="amina@example.org")
    gone = await take_ticket(runtime, "centro", amina)
    await leave(runtime, gone.token)
    clock.advance(days=29)

    async def known() -> list[str]:
        columns = (TicketRow.name, TicketRow.email, TicketRow.phone)
        async with runtime.reading() as session:
            found = (await session.execute(select(*columns))).one()
        return [one for one in found if one is not None]

    await nightly_cleanup.forget(runtime, KEPT)
    assert await known() == ["Amina", "amina@example.org", NUMBER]
    clock.advance(days=2)
    await nightly_cleanup.forget(runtime, KEPT)
    assert await known() == []


async def test_whose_a_visit_was_is_forgotten_with_what_they_needed_and_the_link_still_says_that_it_was(
    runtime: Runtime, office: Office, clock: Any
) -> None:
    amina = await book(runtime, "centro", asking(phone=NUMBER, needs=("wheelchair",), needs_note="Por la rampa."))
    token = token_of(runtime, amina)
    clock.advance(days=31)  # of which two before the visit

    async def found() -> Appointment:
        async with runtime.reading() as session:
            return await appointment_by_token(session, token)

    await nightly_cleanup.forget(runtime, KEPT)
    assert await found() == amina
    clock.advance(days=2)
    for _ in range(2):  # twice is once
        await nightly_cleanup.forget(runtime, KEPT)
    assert await found() == replace(amina, name="", email="", phone=None, needs=(), needs_note=None)


async def test_who_called_is_forgotten_and_who_of_the_staff_was_there_is_not(runtime: Runtime, clock: Any) -> None:
    async with runtime.transaction() as tx:
        tx.session.add(RoomRow(appointment_id="visit", office_id="o", office_slug="centro", opened_at=tx.now))
        await tx.session.flush()
        for role, person, name in (("citizen", "citizen", "Amina"), ("agent", "staff:1", "Boris")):
            tx.session.add(
                ParticipantRow(
                    id=person,
                    appointment_id="visit",
                    person=person,
                    role=role,
                    name=name,
                    place="left",
                    since=tx.now,
                    media={},
                    message="Un momento.",
                )
            )
    clock.advance(days=29)

    async def names() -> list[tuple[str, str | None]]:
        columns = select(ParticipantRow.name, ParticipantRow.message).order_by(ParticipantRow.role)
        async with runtime.reading() as session:
            return [(name, message) for name, message in await session.execute(columns)]

    await nightly_cleanup.forget(runtime, KEPT)
    assert await names() == [("Boris", "Un momento."), ("Amina", "Un momento.")]
    clock.advance(days=2)
    await nightly_cleanup.forget(runtime, KEPT)
    assert await names() == [("Boris", "Un momento."), ("", None)]


async def test_whoever_wished_or_waited_for_something_that_is_over_is_forgotten(
    runtime: Runtime, office: Office, clock: Any
) -> None:
    amina = await book(runtime, "centro", asking())
    await want_earlier(runtime, token_of(runtime, amina), Wish())
    stranger = Asker(limits=Limits())  # without a proof of work: the mailbox is asked
    await join(runtime, WaitingRequest("certificate", None, None, "diego@example.org", "es"), stranger)
    clock.advance(days=2)
    await fire_due(runtime, TIMERS)  # nobody opened the letter: the wait is over

    async def left() -> list[int]:
        async with runtime.reading() as session:
            counts = [select(func.count()).select_from(one) for one in (EarlierRow, WaitingRow)]
            return [(await session.execute(one)).scalar_one() for one in counts]

    clock.advance(days=28)
    await nightly_cleanup.forget(runtime, KEPT)
    assert await left() == [1, 1]
    clock.advance(days=5)
    await nightly_cleanup.forget(runtime, KEPT)
    assert await left() == [0, 0]


def test_a_night_comes_after_each_day() -> None:
    night = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    assert nightly_cleanup.next_night(night - timedelta(minutes=1)) == night
    assert (
        nightly_cleanup.next_night(night)
        == nightly_cleanup.next_night(night + timedelta(hours=9))
        == night + timedelta(days=1)
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_worker_that_was_off_at_night_does_it_when_it_starts_and_ends_when_told(
    runtime: Runtime, clock: Any
) -> None:
    await told(runtime, "old", "sent")
    clock.advance(days=31)
    stop = asyncio.Event()
    running = asyncio.create_task(nightly_cleanup.run(runtime, KEPT, stop))
    async with asyncio.timeout(PATIENCE_S):
        while (await rows(runtime))["old"].recipient:
            await asyncio.sleep(0)
        stop.set()
        await running
