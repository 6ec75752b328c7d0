"""Bookings by a host for a citizen, also outside the public slots. Both databases."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from office360.appointments.actions.book import book_as_staff
from office360.appointments.storage.tables import AppointmentRow
from office360.core.auth import Principal, StaffRole
from office360.core.errors import Invalid, NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ....conftest import FakeClock
from ...support.requesters import AMINA, FRIDAY_AT_9, make_booking_request
from ...support.staff import BORIS, CARMEN

HOST_ELSEWHERE = Principal("fatima", "Fatima", StaffRole.HOST, frozenset({"elsewhere"}))
SUNDAY_NIGHT = FRIDAY_AT_9 + timedelta(days=2, hours=13)
OVERRIDE_REASON = "Works at night."


async def test_host_booking_follows_public_rules(runtime: Runtime, office: Office) -> None:
    await book_as_staff(runtime, CARMEN, "centro", make_booking_request(AMINA))
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_as_staff(runtime, CARMEN, "centro", make_booking_request(AMINA))


async def test_host_override_books_outside_public_slots(runtime: Runtime, office: Office) -> None:
    booking = dataclasses.replace(make_booking_request(AMINA), starts_at=SUNDAY_NIGHT)
    with pytest.raises(Refused, match="slot_taken"):
        await book_as_staff(runtime, CARMEN, "centro", booking)
    appointment = await book_as_staff(
        runtime, CARMEN, "centro", dataclasses.replace(booking, override=OVERRIDE_REASON)
    )
    assert appointment.starts_at == SUNDAY_NIGHT
    async with runtime.read_session() as session:
        row = (await session.execute(select(AppointmentRow))).scalar_one()
    assert (row.booked_by, row.override) == ("staff:carmen", OVERRIDE_REASON)


async def test_host_cannot_book_in_the_past(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    past = dataclasses.replace(
        make_booking_request(AMINA), starts_at=clock.now() - timedelta(hours=1), override=OVERRIDE_REASON
    )
    with pytest.raises(Invalid):
        await book_as_staff(runtime, CARMEN, "centro", past)


async def test_only_hosts_of_the_office_book_as_staff(runtime: Runtime, office: Office) -> None:
    for stranger in (BORIS, HOST_ELSEWHERE):
        with pytest.raises(NotAllowed):
            await book_as_staff(runtime, stranger, "centro", make_booking_request(AMINA))


async def test_double_submit_books_once(runtime: Runtime, office: Office) -> None:
    booking = dataclasses.replace(make_booking_request(AMINA), starts_at=SUNDAY_NIGHT, override=OVERRIDE_REASON)
    both = await asyncio.gather(
        *(book_as_staff(runtime, CARMEN, "centro", booking, request_key="tap") for _ in range(2))
    )
    assert len({one.id for one in both}) == 1
