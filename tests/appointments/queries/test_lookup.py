"""Look-up of an appointment by its locator, and the limit for guesses. Both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.queries import lookup
from office360.appointments.service import book_appointment
from office360.appointments.storage.tables import AppointmentRow
from office360.core.errors import NotFound, RateLimited
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import update

from ...conftest import FakeClock
from ..support.requesters import AMINA, FRIDAY_AT_9, make_booking_request


@pytest.mark.parametrize("contact", ["amina@example.org", " AMINA@example.org ", "612 345 678", "12345678-z"])
async def test_locator_with_any_contact_finds_the_appointment(
    runtime: Runtime, office: Office, contact: str
) -> None:
    booked = await book_appointment(
        runtime, "centro", make_booking_request(phone="+34612345678", document="12345678Z")
    )
    spoken = f"{booked.locator[:4]}-{booked.locator[4:]}".lower()
    assert (await service.look_up_appointment(runtime, spoken, contact, "192.0.2.1")).id == booked.id


async def test_rescheduled_locator_finds_the_new_appointment(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    new = await service.reschedule_appointment(
        runtime, service.appointment_token(runtime, old), FRIDAY_AT_9 + timedelta(minutes=30)
    )
    assert (await service.look_up_appointment(runtime, old.locator, AMINA["email"], "192.0.2.1")).id == new.id


async def test_locator_of_an_older_process_leads_to_the_present_time(runtime: Runtime, office: Office) -> None:
    """Older processes gave the new row a locator of its own, and the old one kept the first."""
    old = await book_appointment(runtime, "centro", make_booking_request())
    token = service.appointment_token(runtime, old)
    new = await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(minutes=30))
    await store_locators(runtime, {new.id: "NEW00000", old.id: old.locator})
    assert (await service.look_up_appointment(runtime, old.locator, AMINA["email"], "192.0.2.1")).id == new.id
    async with runtime.read_session() as session:
        found = await service.search_appointments(
            session, runtime.tokens, [office.id], old.locator, runtime.now(), 5
        )
    assert [one.id for one in found] == [new.id]


async def store_locators(runtime: Runtime, locators: dict[str, str]) -> None:
    async with runtime.transaction() as tx:
        for appointment_id, locator in locators.items():
            row = AppointmentRow
            await tx.session.execute(update(row).where(row.id == appointment_id).values(locator=locator))


async def test_five_wrong_guesses_block_for_fifteen_minutes(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for wrong in (("00000000", AMINA["email"]), (booked.locator, "other@example.org")) * 3:
        with pytest.raises((NotFound, RateLimited)) as last:
            await service.look_up_appointment(runtime, *wrong, "192.0.2.1")
    assert isinstance(last.value, RateLimited)
    with pytest.raises(RateLimited):
        await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "192.0.2.1")
    assert await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "198.51.100.7")
    clock.advance(minutes=15, seconds=1)
    assert await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "192.0.2.1")


async def test_concurrent_guesses_are_counted_before_lookup(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []
    appointment_by_locator = lookup.appointment_by_locator

    async def count_lookup(session: Any, locator: str, contact: str) -> service.Appointment:
        lookups.append(locator)
        return await appointment_by_locator(session, locator, contact)

    monkeypatch.setattr(lookup, "appointment_by_locator", count_lookup)

    async def guess() -> service.Appointment:
        return await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")

    with pytest.raises(NotFound):
        await guess()
    assert len(lookups) == 1
    answers = await asyncio.gather(*(guess() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, NotFound | RateLimited) for one in answers)
    assert len(lookups) <= 5  # PostgreSQL may refuse all of them, because each one counts the others


async def test_correct_lookup_does_not_reset_the_guess_counter(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for _ in range(4):
        with pytest.raises(NotFound):
            await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
        await service.look_up_appointment(runtime, booked.locator, booked.email or "", "192.0.2.1")
    with pytest.raises(NotFound):
        await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
    with pytest.raises(RateLimited):
        await service.look_up_appointment(runtime, booked.locator, booked.email or "", "192.0.2.1")
