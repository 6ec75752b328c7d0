"""Notifying an absent citizen for an agent, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments.notify.reminder_timers import outbox_subject
from office360.appointments.storage.tables import AppointmentRow
from office360.core.contact import push_subscriptions
from office360.core.contact.push_subscriptions import PushSubscription
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Gone, NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions import participant_actions, presence, room_entry
from office360.rooms.actions.call_back import call_back_citizen, call_back_from_console
from office360.rooms.actions.room_transaction import RoomMember
from sqlalchemy import select

from ...conftest import FakeClock
from ...notifications.support.channels import by_sms
from ..support.video_appointments import (
    AT,
    BORIS,
    BookedVideoAppointment,
    audit_kinds,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
    fire_due_timers,
    load_room,
    new_session_hash,
)

PHONE = "+34600111222"


async def notified_channels(runtime: Runtime) -> list[str]:
    async with runtime.read_session() as session:
        return sorted(await session.scalars(select(OutboxRow.channel).where(OutboxRow.kind == "room_ready")))


async def subscribe_browser(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    browser = PushSubscription("https://push.example.org/1", "p256dh", "auth")
    async with runtime.transaction() as tx:
        subject, end = outbox_subject(booked.appointment), booked.appointment.ends_at
        await push_subscriptions.save_push_subscription(tx.session, subject, browser, tx.now, end)


async def test_sms_is_used_only_without_push(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, AT, phone=PHONE, channels=by_sms(PHONE))
    clock.set(AT)
    agent = await enter_as_agent(runtime, booked)
    await call_back_citizen(runtime, agent)
    assert await notified_channels(runtime) == ["email", "sms"]
    await subscribe_browser(runtime, booked)
    clock.advance(minutes=2)
    await call_back_citizen(runtime, agent)
    assert await notified_channels(runtime) == ["email", "email", "push", "sms"]
    called = (await load_room(runtime, booked)).called_back
    assert called is not None
    assert (called.at, called.channels) == (clock.now(), ("push", "email"))


async def test_citizen_is_notified_once_a_minute(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    agent = await enter_as_agent(runtime, booked)
    await call_back_citizen(runtime, agent)
    clock.advance(seconds=59)
    with pytest.raises(Refused, match="called_back_already"):
        await call_back_citizen(runtime, agent)
    clock.advance(seconds=1)
    await call_back_citizen(runtime, agent)
    assert (await audit_kinds(runtime, booked)).count("called_back") == 2


async def test_present_citizen_is_not_notified(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    guest, agent = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    with pytest.raises(Refused, match="citizen_present"):
        await call_back_citizen(runtime, agent)
    with pytest.raises(NotAllowed, match="staff_only"):
        await call_back_citizen(runtime, guest)
    await participant_actions.leave_room(runtime, guest)
    await call_back_citizen(runtime, agent)
    assert await notified_channels(runtime) == ["email"]


async def test_console_notifies_citizen_who_never_came(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    called = await call_back_from_console(runtime, BORIS, booked.appointment.id)
    assert (called.at, called.channels) == (clock.now(), ("email",))
    async with runtime.read_session() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == "room_ready"))).one()
    assert row.payload["has_come"] is False
    with pytest.raises(Refused, match="called_back_already"):
        await call_back_from_console(runtime, BORIS, booked.appointment.id)
    clock.advance(minutes=1)
    guest = await enter_as_citizen(runtime, booked)
    await participant_actions.join_lobby(runtime, guest, None)
    with pytest.raises(Refused, match="citizen_present"):
        await call_back_from_console(runtime, BORIS, booked.appointment.id)


async def test_console_notifies_only_while_the_room_is_open(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    clock.set(AT - timedelta(hours=1))
    with pytest.raises(NotAllowed, match="too_early_for_room"):
        await call_back_from_console(runtime, BORIS, booked.appointment.id)
    clock.set(booked.appointment.ends_at + timedelta(minutes=30))
    with pytest.raises(Gone, match="room_over"):
        await call_back_from_console(runtime, BORIS, booked.appointment.id)


async def test_silent_citizen_is_called_back_once_when_stale(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    guest, hash = await join_lobby(runtime, booked)
    await presence.mark_away(runtime, guest, hash)  # the page closed
    agent = new_session_hash()
    await room_entry.enter_as_staff(runtime, BORIS, booked.appointment.id, agent)
    clock.advance(seconds=24)
    await presence.refresh_presence(runtime, [agent])
    await fire_due_timers(runtime)
    assert await notified_channels(runtime) == []  # may be a reload
    clock.advance(seconds=1)
    await fire_due_timers(runtime)
    assert await notified_channels(runtime) == ["email"]
    clock.advance(seconds=95)
    await presence.refresh_presence(runtime, [agent])
    await fire_due_timers(runtime)  # the citizen counts as gone
    assert await notified_channels(runtime) == ["email"]


async def test_agent_who_enters_calls_silent_citizen_back(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await join_lobby(runtime, booked)
    clock.advance(seconds=26)
    await fire_due_timers(runtime)
    assert await notified_channels(runtime) == []
    await enter_as_agent(runtime, booked)
    assert await notified_channels(runtime) == ["email"]
    await enter_as_citizen(runtime, booked)  # the same page again: no join, and the message is void
    async with runtime.read_session() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.kind == "room_ready"))).one()
    assert row.state == "void"


async def join_lobby(runtime: Runtime, booked: BookedVideoAppointment) -> tuple[RoomMember, str]:
    """Have the citizen enter the lobby. Return the member and the hash of the session."""
    hash = new_session_hash()
    guest = await room_entry.enter_as_citizen(runtime, booked.token, hash)
    await participant_actions.join_lobby(runtime, guest, None)
    return guest, hash


async def test_citizen_without_contact_cannot_be_notified(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    agent = await enter_as_agent(runtime, booked)
    async with runtime.transaction() as tx:
        row = await tx.session.get_one(AppointmentRow, booked.appointment.id)
        row.email = ""
    with pytest.raises(Refused, match="no_contact"):
        await call_back_citizen(runtime, agent)
    assert "called_back" not in await audit_kinds(runtime, booked)
