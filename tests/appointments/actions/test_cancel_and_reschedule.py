"""Cancellation and rescheduling by the citizen, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.service import AppointmentState, book_appointment
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ..support.database import is_free, load_outbox, load_state, record_events
from ..support.requesters import DIEGO, FRIDAY_AT_9, make_booking_request

S = AppointmentState


async def test_cancel_frees_the_slot_and_sends_a_message(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    events = record_events(runtime, service.AppointmentCancelled)
    booked = await book_appointment(runtime, "centro", make_booking_request())
    cancelled = await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
    assert cancelled.state is S.CANCELLED_CITIZEN
    assert [event.appointment.id for event in events] == [booked.id]
    clock.advance(minutes=15)  # the longest cool-down of a freed slot
    assert await is_free(runtime, office)
    first, second = await load_outbox(runtime)
    assert (first.state, second.kind, second.state) == ("void", "appointment_cancelled", "pending")
    assert second.payload["revision"] == 1


async def test_cancel_is_idempotent_and_sends_one_email(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    first = await service.cancel_appointment(runtime, token)
    assert await service.cancel_appointment(runtime, token) == first
    assert len(await load_outbox(runtime)) == 2


async def test_cancel_refused_by_event_handler_changes_nothing(runtime: Runtime, office: Office) -> None:
    async def refuse(_tx: Any, _event: Any) -> None:
        raise Refused("not_now")

    booked = await book_appointment(runtime, "centro", make_booking_request())
    runtime.events.register_handler(service.AppointmentCancelled, refuse)
    with pytest.raises(Refused, match="not_now"):
        await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
    assert await load_state(runtime, booked.id) is S.CONFIRMED


async def test_reschedule_links_old_appointment_to_the_new(runtime: Runtime, office: Office) -> None:
    events = record_events(runtime, service.AppointmentRescheduled)
    old = await book_appointment(runtime, "centro", make_booking_request(phone="+34612345678"))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    new = await service.reschedule_appointment(runtime, service.appointment_token(runtime, old), later)
    assert (new.starts_at, new.state, new.phone) == (later, S.CONFIRMED, "+34612345678")
    assert new.id != old.id
    assert new.locator == old.locator
    async with runtime.read_session() as session:
        moved = await service.appointment_by_id(session, old.id)
        present = await service.appointment_by_id(session, new.id)
        shown = await service.locators_by_id(session, [old.id, new.id])
    assert (moved.state, moved.rescheduled_to) == (S.RESCHEDULED, new.id)
    assert present.locator == old.locator != moved.locator
    assert shown == {old.id: old.locator, new.id: old.locator}
    assert [(event.old.id, event.new) for event in events] == [(old.id, new)]
    message = (await load_outbox(runtime))[-1]
    assert message.kind == "appointment_rescheduled"
    assert message.payload["locator"] == old.locator
    assert message.payload["previous_starts_at"] == "2026-11-27T08:00:00+00:00"
    assert (message.payload["calendar_uid"], message.payload["revision"]) == (old.calendar_uid, 1)


async def test_reschedule_frees_the_old_slot(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    await service.reschedule_appointment(
        runtime, service.appointment_token(runtime, old), FRIDAY_AT_9 + timedelta(hours=1)
    )
    clock.advance(minutes=15)
    assert (await book_appointment(runtime, "centro", make_booking_request(DIEGO))).starts_at == FRIDAY_AT_9


async def test_reschedule_to_taken_slot_changes_nothing(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    later = FRIDAY_AT_9 + timedelta(minutes=15)
    await book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=later))
    with pytest.raises(Refused, match="slot_taken"):
        await service.reschedule_appointment(runtime, service.appointment_token(runtime, old), later)
    assert await load_state(runtime, old.id) is S.CONFIRMED


async def test_concurrent_reschedules_move_once(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    both = await asyncio.gather(*(service.reschedule_appointment(runtime, token, later) for _ in range(2)))
    assert both[0].id == both[1].id


async def test_reschedule_to_own_time_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    assert (
        await service.reschedule_appointment(runtime, service.appointment_token(runtime, booked), FRIDAY_AT_9)
        == booked
    )


async def test_cancelled_appointment_cannot_be_rescheduled(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    await service.cancel_appointment(runtime, token)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(hours=1))


async def test_concurrent_reschedules_to_one_slot_have_one_winner(runtime: Runtime, office: Office) -> None:
    tokens = [
        service.appointment_token(
            runtime,
            await book_appointment(
                runtime,
                "centro",
                make_booking_request(
                    email=f"p{number}@example.org", starts_at=FRIDAY_AT_9 + timedelta(minutes=15 * number)
                ),
            ),
        )
        for number in range(4)
    ]

    async def attempt(token: str) -> str:
        try:
            await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(hours=3))
        except Refused as refusal:
            return refusal.code
        return "moved"

    outcomes = await asyncio.gather(*(attempt(token) for token in tokens))
    assert sorted(outcomes) == ["moved"] + ["slot_taken"] * 3


async def test_concurrent_cancel_and_check_in_have_one_winner(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())

    async def come() -> str:
        try:
            async with runtime.transaction() as tx:
                await service.check_in(tx, booked.id)
        except Refused:
            return "refused"
        return "checked_in"

    async def stay_away() -> str:
        try:
            await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
        except Refused:
            return "refused"
        return "cancelled_citizen"

    outcomes = set(await asyncio.gather(come(), stay_away()))
    assert "refused" in outcomes
    assert await load_state(runtime, booked.id) in outcomes
