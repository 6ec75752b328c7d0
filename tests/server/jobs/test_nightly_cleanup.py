"""Nightly clean-up of contacts, messages and expired rows."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest
from office360.appointments.actions.earlier_slot import request_earlier_slot
from office360.appointments.actions.waitlist import WaitlistRequest, join_waitlist
from office360.appointments.domain.contact_identifiers import email_key
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.service import (
    HORIZON_DAYS,
    TIMERS,
    Appointment,
    appointment_by_token,
    appointment_token,
    book_appointment,
)
from office360.appointments.storage.tables import (
    AppointmentRow,
    EarlierSlotRequestRow,
    VerifiedMailboxRow,
    WaitlistEntryRow,
)
from office360.core.db import batch_delete
from office360.core.db.engine import mapped_table
from office360.core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present
from office360.core.db.timers import fire_due_timers
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.core.tokens import TokenSigner
from office360.notifications.actions import data_retention
from office360.notifications.storage.delivery_rows import insert_delivery_event, latest_delivery_events
from office360.notifications.storage.tables import SentMessageRow
from office360.offices.service import Office
from office360.queue import service as queue_service
from office360.queue.service import TicketRequest, leave_line, take_ticket
from office360.queue.storage.tables import TicketRow
from office360.rooms.storage.tables import ParticipantRow, RoomRow
from office360.server.jobs import nightly_cleanup
from office360.server.jobs.nightly_cleanup import DataRetention
from sqlalchemy import func, select, update

from ...appointments.support.requesters import make_booking_request
from ...conftest import TEST_SECRET
from ...notifications.support.messages import enqueue_message, stored_messages
from ...notifications.support.payloads import appointment_payload
from ...support.timeouts import TEST_TIMEOUT_S

RETENTION = DataRetention(timedelta(days=30))
NUMBER = "+34600000001"
WAITLIST_COLUMNS = [column.name for column in mapped_table(WaitlistEntryRow).c]


async def add_message(runtime: Runtime, key: str, state: str) -> None:
    await enqueue_message(runtime, key, payload=appointment_payload(runtime.tokens))
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OutboxRow).where(OutboxRow.key == key).values(state=state))


async def test_cleanup_deletes_contacts_of_finished_messages(runtime: Runtime, clock: Any) -> None:
    for state in ("sent", "dead", "void", "pending"):
        await add_message(runtime, state, state)
    async with runtime.transaction() as tx:
        delivery = {"message_id": "m", "outbox_id": "01", "channel": "email", "recipient": "amina@example.org"}
        tx.session.add(SentMessageRow(**delivery, title="t", sent_at=tx.now))
    clock.advance(days=30)
    await add_message(runtime, "new", "sent")
    clock.advance(seconds=1)
    for _ in range(2):  # idempotent
        await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    found = await stored_messages(runtime)
    assert {key: row.recipient != "" for key, row in found.items()} == {
        "sent": False,
        "dead": False,
        "void": False,
        "pending": True,
        "new": True,
    }
    assert found["sent"].payload == {}
    assert found["pending"].payload
    async with runtime.read_session() as session:
        assert (await session.execute(select(SentMessageRow))).first() is None


async def test_cleanup_deletes_old_finished_messages(
    runtime: Runtime, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (batch_delete, data_retention):  # three messages need two batches
        monkeypatch.setattr(module, "BATCH_ROWS", 2)
    for state in ("sent", "dead", "void", "pending", "sending"):
        await add_message(runtime, state, state)
    gone_id = (await stored_messages(runtime))["dead"].id
    async with runtime.transaction() as tx:
        await insert_delivery_event(tx.session, gone_id, "tried_again", "u1", "Carmen", tx.now)
        await insert_delivery_event(tx.session, "another", "tried_again", "u1", "Carmen", tx.now)
    clock.advance(days=HORIZON_DAYS)
    await add_message(runtime, "young", "sent")
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert {key for key, row in (await stored_messages(runtime)).items() if not row.recipient} == {
        "sent",
        "dead",
        "void",
    }
    clock.advance(days=3)
    for _ in range(2):  # idempotent
        await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert set(await stored_messages(runtime)) == {"pending", "sending", "young"}
    async with runtime.read_session() as session:
        assert set(await latest_delivery_events(session, [gone_id, "another"], "tried_again")) == {"another"}


async def test_cleanup_keeps_messages_as_long_as_contacts(runtime: Runtime, clock: Any) -> None:
    await add_message(runtime, "sent", "sent")
    clock.advance(days=100)
    await nightly_cleanup.delete_expired_data(runtime, DataRetention(timedelta(days=101)))
    assert (await stored_messages(runtime))["sent"].recipient
    await nightly_cleanup.delete_expired_data(runtime, DataRetention(timedelta(days=99)))
    assert await stored_messages(runtime) == {}


async def test_reminder_is_not_resent_after_contact_deletion(runtime: Runtime, office: Office, clock: Any) -> None:
    await add_message(runtime, "reminder", "sent")
    clock.advance(days=40)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.transaction() as tx:
        again = build_outbox_row(
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
        await enqueue_unless_present(tx.session, [again])
    assert (await stored_messages(runtime))["reminder"].state == "sent"


async def test_cleanup_deletes_contacts_of_ended_tickets(runtime: Runtime, office: Office, clock: Any) -> None:
    amina = TicketRequest(service="certificate", phone=NUMBER, name="Amina", email="amina@example.org")
    gone = await take_ticket(runtime, "centro", amina)
    await leave_line(runtime, gone.token)
    clock.advance(days=29)

    async def known() -> list[str]:
        columns = (TicketRow.name, TicketRow.email, TicketRow.phone)
        async with runtime.read_session() as session:
            found = (await session.execute(select(*columns))).one()
        return [row for row in found if row is not None]

    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await known() == ["Amina", "amina@example.org", NUMBER]
    clock.advance(days=2)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await known() == []


async def test_cleanup_clears_note_and_hashes_of_tickets(runtime: Runtime, office: Office, clock: Any) -> None:
    amina = TicketRequest(
        service="certificate", phone=NUMBER, email="amina@example.org", device="phone-1", request_key="key"
    )
    await leave_line(runtime, (await take_ticket(runtime, "centro", amina)).token)
    names = ("note", "device_hash", "device_key", "email_key", "phone_key", "request_digest", "request_key")
    async with runtime.transaction() as tx:
        await tx.session.execute(update(TicketRow).values(note="Amina must bring her passport."))
        stored = (await tx.session.execute(select(TicketRow))).scalar_one()
        assert all(getattr(stored, name) for name in names)
    clock.advance(days=31)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.read_session() as session:
        left = (await session.execute(select(TicketRow))).scalar_one()
    assert {name: getattr(left, name) for name in names} == dict.fromkeys(names)


async def test_cleanup_clears_digest_of_old_bookings(runtime: Runtime, office: Office, clock: Any) -> None:
    await book_appointment(runtime, "centro", make_booking_request(), request_key="key")
    clock.advance(days=33)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.read_session() as session:
        left = (await session.execute(select(AppointmentRow))).scalar_one()
    assert (left.email_key, left.request_key, left.request_digest) == ("", None, None)


def unkeyed(*parts: str) -> str:
    """Return the hash that older versions stored."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


async def test_stored_hashes_of_contacts_are_keyed(runtime: Runtime, office: Office) -> None:
    request = TicketRequest(service="certificate", phone=NUMBER, email="amina@example.org", device="phone-1")
    ticket = await take_ticket(runtime, "centro", request)
    await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        row = await session.get_one(TicketRow, ticket.ticket.id)
        booked = (await session.execute(select(AppointmentRow))).scalar_one()
    day = str(row.day)
    assert row.phone_key != unkeyed(office.id, day, NUMBER)
    assert row.email_key != unkeyed(office.id, day, "amina@example.org")
    assert row.device_key != unkeyed(office.id, day, "phone-1")
    assert booked.email_key != unkeyed(booked.email)


async def test_unkeyed_hashes_are_found_and_then_keyed(runtime: Runtime, office: Office) -> None:
    booking, request = make_booking_request(), TicketRequest(service="certificate", device="phone-1")
    booked = await book_appointment(runtime, "centro", booking)
    assert booked.email is not None
    ticket = await take_ticket(runtime, "centro", request)
    await join_waitlist(runtime, WaitlistRequest("certificate", None, None, booked.email, "es"))
    keys: dict[Any, str] = {}
    async with runtime.transaction() as tx:
        row = await tx.session.get_one(TicketRow, ticket.ticket.id)
        old_device = unkeyed(office.id, str(row.day), "phone-1")
        keys = {AppointmentRow.email_key: unkeyed(booked.email), WaitlistEntryRow.email_key: unkeyed(booked.email)}
        keys[TicketRow.device_key] = old_device
        now = {column: (await tx.session.execute(select(column))).scalar_one() for column in keys}
        for column, old in keys.items():
            await tx.session.execute(update(column.class_).values({column: old}))
        tx.session.add(VerifiedMailboxRow(email_key=unkeyed(booked.email), verified_at=tx.now))

    async def expect_duplicates() -> None:
        with pytest.raises(Refused, match="duplicate_appointment"):
            await book_appointment(runtime, "centro", booking)
        with pytest.raises(Refused, match="already_waiting"):
            await take_ticket(runtime, "centro", request)

    await expect_duplicates()
    for _ in range(2):  # idempotent
        await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.read_session() as session:
        assert {column: (await session.execute(select(column))).scalar_one() for column in keys} == now
        (verified,) = (await session.execute(select(VerifiedMailboxRow.email_key))).scalars()
        assert verified == now[AppointmentRow.email_key]
    await expect_duplicates()


async def test_old_hash_of_a_device_yields_to_a_new_one(runtime: Runtime, office: Office) -> None:
    request = TicketRequest(service="certificate", device="phone-1")
    new, old = [
        (await take_ticket(runtime, "centro", replace(request, device=device))).ticket.id
        for device in ("phone-1", "phone-2")
    ]
    async with runtime.transaction() as tx:
        row = await tx.session.get_one(TicketRow, old)
        row.device_key = unkeyed(office.id, str(row.day), "phone-1")
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.read_session() as session:
        keys = {row.id: row.device_key for row in (await session.execute(select(TicketRow))).scalars()}
    assert keys[old] is None
    assert keys[new]


async def test_old_hash_of_a_mailbox_yields_to_a_new_one(runtime: Runtime, office: Office) -> None:
    request = WaitlistRequest("certificate", None, None, "amina@example.org", "es")
    await join_waitlist(runtime, request)
    old = unkeyed("amina@example.org")
    async with runtime.transaction() as tx:
        await tx.session.execute(update(WaitlistEntryRow).values(email_key=old, id="old", token_hash="old"))
        entry = (await tx.session.execute(select(WaitlistEntryRow))).scalar_one()
        new = email_key(runtime.tokens, entry.email)
        copied = {name: getattr(entry, name) for name in WAITLIST_COLUMNS}
        tx.session.add(WaitlistEntryRow(**copied | {"id": "new", "token_hash": "new", "email_key": new}))
        tx.session.add(VerifiedMailboxRow(email_key=old, verified_at=tx.now))
        tx.session.add(VerifiedMailboxRow(email_key=new, verified_at=tx.now))
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    async with runtime.read_session() as session:
        entries = (await session.execute(select(WaitlistEntryRow.id, WaitlistEntryRow.email_key))).all()
        assert {tuple(each) for each in entries} == {("old", "old"), ("new", new)}
        assert list((await session.execute(select(VerifiedMailboxRow.email_key))).scalars()) == [new]


async def test_mailbox_is_found_after_rotation_of_the_secret(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    rotated = replace(runtime, tokens=TokenSigner(["a new secret of 32 characters ....", TEST_SECRET]))
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_appointment(rotated, "centro", make_booking_request())


async def test_old_appointment_is_anonymised_but_its_link_still_works(
    runtime: Runtime, office: Office, clock: Any
) -> None:
    amina = await book_appointment(
        runtime,
        "centro",
        make_booking_request(
            phone=NUMBER,
            needs=("wheelchair",),
            needs_note="Por la rampa.",
            details={"case_number": "2026/417"},
        ),
    )
    token = appointment_token(runtime, amina)
    clock.advance(days=31)  # two of them before the appointment

    async def found() -> Appointment:
        async with runtime.read_session() as session:
            return await appointment_by_token(session, token)

    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await found() == amina
    clock.advance(days=2)
    for _ in range(2):  # idempotent
        await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await found() == replace(amina, name="", email=None, phone=None, needs=(), needs_note=None, details={})


async def test_cleanup_anonymises_citizens_of_calls_but_not_staff(runtime: Runtime, clock: Any) -> None:
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
        async with runtime.read_session() as session:
            return [(name, message) for name, message in await session.execute(columns)]

    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await names() == [("Boris", "Un momento."), ("Amina", "Un momento.")]
    clock.advance(days=2)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await names() == [("Boris", "Un momento."), ("", None)]


async def test_cleanup_deletes_old_waitlist_and_earlier_requests(
    runtime: Runtime, office: Office, clock: Any
) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request())
    await request_earlier_slot(runtime, appointment_token(runtime, amina), EarlierSlotRequest())
    stranger = Requester(limits=BookingLimits())  # without a proof of work the e-mail must be verified
    await join_waitlist(runtime, WaitlistRequest("certificate", None, None, "diego@example.org", "es"), stranger)
    clock.advance(days=2)
    await fire_due_timers(runtime, TIMERS)  # the e-mail was not verified, so the entry expires

    async def left() -> list[int]:
        async with runtime.read_session() as session:
            counts = [
                select(func.count()).select_from(table) for table in (EarlierSlotRequestRow, WaitlistEntryRow)
            ]
            return [(await session.execute(count)).scalar_one() for count in counts]

    clock.advance(days=28)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await left() == [1, 1]
    clock.advance(days=5)
    await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert await left() == [0, 0]


def test_next_cleanup_is_next_night() -> None:
    night = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    assert nightly_cleanup.next_cleanup_at(night - timedelta(minutes=1)) == night
    assert (
        nightly_cleanup.next_cleanup_at(night)
        == nightly_cleanup.next_cleanup_at(night + timedelta(hours=9))
        == night + timedelta(days=1)
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_failing_step_does_not_stop_deletion(
    runtime: Runtime, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await add_message(runtime, "old", "sent")
    clock.advance(days=31)
    for name in ("rekey_active_tickets", "delete_old_contacts"):
        monkeypatch.setattr(queue_service, name, AsyncMock(side_effect=ZeroDivisionError))
    assert not await nightly_cleanup.delete_expired_data(runtime, RETENTION)
    assert (await stored_messages(runtime))["old"].recipient == ""
    failed = [record.step for record in caplog.records if record.exc_info]  # type: ignore[attr-defined]
    assert failed == ["contacts of tickets", "keys of tickets"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_worker_runs_missed_cleanup_after_start_and_stops(
    runtime: Runtime, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly_cleanup, "START_DELAY_S", 0.0)
    await add_message(runtime, "old", "sent")
    clock.advance(days=31)
    stop = asyncio.Event()
    running = asyncio.create_task(nightly_cleanup.run_nightly_cleanup(runtime, RETENTION, stop))
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (await stored_messages(runtime))["old"].recipient:
            await asyncio.sleep(0)
        stop.set()
        await running
