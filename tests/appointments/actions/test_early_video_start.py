"""Invitations to start a video call early after a no-show, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.earlier_slot import earlier_slot_status, request_earlier_slot
from office360.appointments.actions.early_video_start import NO_SHOW_TIMER, accept_early_start
from office360.appointments.domain.offer import EarlierSlotRequest, SlotOffer
from office360.appointments.notify.delays import announce_delay
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    appointment_token,
    book_appointment,
    entry_window,
)
from office360.appointments.storage.tables import OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due_timers
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request

SIGN_LANGUAGE_PERSON: dict[str, Any] = {"email": "signing@example.org", "needs": ("sign_language",)}


@pytest.fixture(autouse=True)
def no_show_checks(runtime: Runtime) -> None:
    runtime.events.register_handler(service.AppointmentBooked, service.schedule_no_show_check)
    runtime.events.register_handler(service.AppointmentRescheduled, service.reschedule_no_show_check)


async def book_at(runtime: Runtime, person: dict[str, str], quarter: int, *, wants: bool = True) -> Appointment:
    booked = await book_appointment(
        runtime, "centro", make_booking_request(person, starts_at=FRIDAY_AT_9 + quarter * QUARTER)
    )
    if wants:
        await request_earlier_slot(runtime, appointment_token(runtime, booked), EarlierSlotRequest())
    return booked


async def open_early_start_offer(runtime: Runtime, appointment: Appointment) -> SlotOffer | None:
    async with runtime.read_session() as session:
        return (await earlier_slot_status(session, appointment, runtime.now())).now


async def pass_start_without_arrival(runtime: Runtime, clock: FakeClock, minutes: int = 10) -> None:
    clock.set(FRIDAY_AT_9 + timedelta(minutes=minutes))
    await fire_due_timers(runtime, service.TIMERS)


async def early_start_message_kinds(runtime: Runtime) -> list[Any]:
    async with runtime.read_session() as session:
        found = await session.execute(select(OutboxRow.kind).where(OutboxRow.kind == "come_in_now"))
        return list(found.scalars())


async def test_no_show_after_ten_minutes_invites_next_person(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await book_at(runtime, AMINA, 0, wants=False)
    diego = await book_at(runtime, DIEGO, 8)
    await pass_start_without_arrival(runtime, clock, 9)
    assert await open_early_start_offer(runtime, diego) is None
    await pass_start_without_arrival(runtime, clock)
    offer = await open_early_start_offer(runtime, diego)
    assert offer is not None
    assert offer.expires_at == clock.now() + timedelta(minutes=5)
    assert await early_start_message_kinds(runtime) == ["come_in_now"]
    for _ in range(2):
        invited = await accept_early_start(runtime, appointment_token(runtime, diego), offer.id)
    assert entry_window(invited, clock.now()) is service.EntryWindow.OPEN
    assert invited.starts_at == FRIDAY_AT_9 + 8 * QUARTER, "the booked time stays"


async def test_no_show_marked_by_agent_invites_at_once(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina, diego = await book_at(runtime, AMINA, 0, wants=False), await book_at(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=5))
    async with runtime.transaction() as tx:
        await service.mark_no_show(tx, amina.id)
    await fire_due_timers(runtime, service.TIMERS)
    assert await open_early_start_offer(runtime, diego) is not None


async def test_unanswered_invitation_passes_on_after_five_minutes(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at(runtime, AMINA, 0, wants=False), await book_at(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await book_at(runtime, {"name": "Boris Petrov", "email": "boris@example.org"}, 6)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=1))
    async with runtime.transaction() as tx:
        await service.mark_no_show(tx, amina.id)
    await fire_due_timers(runtime, service.TIMERS)
    offer = await open_early_start_offer(runtime, diego)
    assert offer is not None
    assert await open_early_start_offer(runtime, boris) is None
    clock.advance(minutes=5)
    await fire_due_timers(runtime, service.TIMERS)
    assert await open_early_start_offer(runtime, boris) is not None
    with pytest.raises(Refused, match="offer_over"):
        await accept_early_start(runtime, appointment_token(runtime, diego), offer.id)


async def test_concurrent_workers_invite_one_person(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_at(runtime, AMINA, 0, wants=False)
    await book_at(runtime, DIEGO, 8)
    await book_at(runtime, {"name": "Boris Petrov", "email": "boris@example.org"}, 6)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=10))

    async def work() -> None:
        async with runtime.transaction() as tx:
            await service.TIMERS[NO_SHOW_TIMER](tx, amina.id)

    await asyncio.gather(*(work() for _ in range(3)))
    assert await early_start_message_kinds(runtime) == ["come_in_now"]


async def test_call_overlapping_the_next_call_is_not_invited(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await book_at(runtime, AMINA, 0, wants=False)
    await book_at(runtime, {"name": "Carmen Vega", "email": "carmen@example.org"}, 1, wants=False)
    diego = await book_at(runtime, DIEGO, 8)
    await pass_start_without_arrival(runtime, clock)
    assert await open_early_start_offer(runtime, diego) is None


@pytest.mark.parametrize("quarter", [13, 1], ids=["in more than three hours", "who can enter already"])
async def test_calls_too_far_away_or_already_open_are_not_invited(
    runtime: Runtime, office: Office, clock: FakeClock, quarter: int
) -> None:
    await book_at(runtime, AMINA, 0, wants=False)
    diego = await book_at(runtime, DIEGO, quarter)
    await pass_start_without_arrival(runtime, clock)
    assert await open_early_start_offer(runtime, diego) is None


async def test_checked_in_appointment_invites_no_other_person(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at(runtime, AMINA, 0, wants=False), await book_at(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9)
    async with runtime.transaction() as tx:
        await service.check_in(tx, amina.id)
    await pass_start_without_arrival(runtime, clock)
    assert await open_early_start_offer(runtime, diego) is None
    async with runtime.read_session() as session:
        assert (await session.execute(select(OfferRow))).first() is None


async def test_announced_delay_postpones_the_invitation(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at(runtime, AMINA, 0, wants=False), await book_at(runtime, DIEGO, 8)
    assert amina.state is AppointmentState.CONFIRMED
    clock.set(FRIDAY_AT_9 - timedelta(minutes=10))
    async with runtime.transaction() as tx:
        await announce_delay(tx, amina.id, FRIDAY_AT_9 + timedelta(minutes=20))
    await pass_start_without_arrival(runtime, clock)
    assert await open_early_start_offer(runtime, diego) is None


async def test_person_with_interpreter_is_not_invited_early(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await book_at(runtime, AMINA, 0, wants=False)
    signing = await book_appointment(
        runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + 8 * QUARTER, **SIGN_LANGUAGE_PERSON)
    )
    await request_earlier_slot(runtime, appointment_token(runtime, signing), EarlierSlotRequest())
    diego = await book_at(runtime, DIEGO, 9)
    await pass_start_without_arrival(runtime, clock)
    assert await open_early_start_offer(runtime, signing) is None
    assert await open_early_start_offer(runtime, diego) is not None
