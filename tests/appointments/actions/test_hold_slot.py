"""Holds that reserve a slot while a form is filled in, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from office360.appointments.domain.agenda_settings import DEFAULT_LEAD
from office360.appointments.domain.hold import HOLD_DURATION, SlotHold
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.service import (
    book_appointment,
    hold_by_holder,
    hold_slot,
    hold_token,
)
from office360.core.errors import RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ..support.database import is_free
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request


async def hold_certificate(
    runtime: Runtime, holder: str = "amina", at: datetime = FRIDAY_AT_9, **options: Any
) -> SlotHold:
    return await hold_slot(runtime, "centro", "certificate", "video", at, holder=holder, **options)


async def test_held_slot_is_refused_to_others(runtime: Runtime, office: Office) -> None:
    await hold_certificate(runtime)
    assert not await is_free(runtime, office)
    with pytest.raises(Refused, match="slot_taken") as refused:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    assert refused.value.details["nearest"]
    with pytest.raises(Refused, match="slot_taken"):
        await hold_certificate(runtime, "diego")


async def test_booking_with_hold_consumes_the_hold(runtime: Runtime, office: Office) -> None:
    kept = await hold_certificate(runtime)
    assert (
        await book_appointment(runtime, "centro", make_booking_request(), hold_token=hold_token(runtime, kept))
    ).starts_at == FRIDAY_AT_9
    async with runtime.read_session() as session:
        assert await hold_by_holder(session, "amina") is None


async def test_hold_expires_after_its_duration(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    kept = await hold_certificate(runtime)
    assert kept.expires_at == clock.now() + HOLD_DURATION
    clock.set(kept.expires_at)
    assert await is_free(runtime, office)
    assert (await book_appointment(runtime, "centro", make_booking_request(DIEGO))).email == DIEGO["email"]
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(), hold_token=hold_token(runtime, kept))


async def test_expired_hold_still_books_a_free_slot(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    kept = await hold_certificate(runtime)
    clock.advance(hours=1)
    assert (
        await book_appointment(runtime, "centro", make_booking_request(), hold_token=hold_token(runtime, kept))
    ).starts_at == FRIDAY_AT_9


async def test_unknown_hold_token_still_books_a_free_slot(runtime: Runtime, office: Office) -> None:
    assert (
        await book_appointment(runtime, "centro", make_booking_request(), hold_token="unknown")
    ).starts_at == FRIDAY_AT_9


async def test_hold_for_another_slot_does_not_help(runtime: Runtime, office: Office) -> None:
    other = await hold_certificate(runtime, at=FRIDAY_AT_9 + QUARTER)
    await hold_certificate(runtime, "diego")
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(), hold_token=hold_token(runtime, other))
    assert not await is_free(runtime, office, FRIDAY_AT_9 + QUARTER)  # still held, because no booking used it


async def test_held_slot_can_be_booked_within_lead_time(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    soon = clock.now() + DEFAULT_LEAD
    kept = await hold_certificate(runtime, at=soon)
    clock.advance(minutes=5)
    assert (
        await book_appointment(
            runtime, "centro", make_booking_request(starts_at=soon), hold_token=hold_token(runtime, kept)
        )
    ).starts_at == soon


async def test_holder_has_one_hold_at_a_time(runtime: Runtime, office: Office) -> None:
    await hold_certificate(runtime)
    await hold_certificate(runtime, at=FRIDAY_AT_9 + QUARTER)
    assert await is_free(runtime, office)
    assert not await is_free(runtime, office, FRIDAY_AT_9 + QUARTER)


async def test_repeated_hold_keeps_its_first_expiry(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    first = await hold_certificate(runtime)
    clock.advance(minutes=9)
    assert await hold_certificate(runtime) == first


async def test_address_hold_limit_is_enforced(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    here = Requester(address="wifi", limits=BookingLimits(holds=2))
    await hold_certificate(runtime, "amina", requester=here)
    await hold_certificate(runtime, "diego", FRIDAY_AT_9 + QUARTER, requester=here)
    with pytest.raises(RateLimited) as refused:
        await hold_certificate(runtime, "elena", FRIDAY_AT_9 + 2 * QUARTER, requester=here)
    assert (refused.value.code, refused.value.retry_after_s) == ("too_many_holds", HOLD_DURATION.total_seconds())
    await hold_certificate(runtime, "amina", FRIDAY_AT_9 + 2 * QUARTER, requester=here)  # replaces the first hold
    await hold_certificate(runtime, "elena", requester=replace(here, address="elsewhere"))
    clock.advance(minutes=10)
    await hold_certificate(runtime, "farid", FRIDAY_AT_9 + 3 * QUARTER, requester=here)


async def test_old_expired_hold_is_deleted(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await hold_certificate(runtime)
    clock.advance(hours=25)
    await hold_certificate(runtime, "diego")
    async with runtime.read_session() as session:
        assert await hold_by_holder(session, "amina") is None


async def test_hold_does_not_bypass_the_duplicate_check(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request(AMINA))
    kept = await hold_certificate(runtime, at=FRIDAY_AT_9 + QUARTER)
    again = make_booking_request(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_appointment(runtime, "centro", again, hold_token=hold_token(runtime, kept))
