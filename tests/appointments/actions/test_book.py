"""Bookings and the slots that they leave, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.queries.first_available import alternative_slots
from office360.appointments.service import AppointmentState, SlotSearch, book_appointment
from office360.appointments.storage.tables import AppointmentRow
from office360.core.errors import Invalid, NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import func, select

from ...conftest import FakeClock
from ..support.database import load_outbox, record_events
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request

S = AppointmentState


async def slots_on_day(
    runtime: Runtime, office: Office, first: date = FRIDAY_AT_9.date()
) -> list[service.FreeSlot]:
    certificate = office.service("certificate")
    async with runtime.read_session() as session:
        return await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), runtime.now(), first, 1
        )


# Free slots


async def test_no_slot_within_the_lead_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    first = (await slots_on_day(runtime, office, first=today))[0].starts_at
    assert first == clock.now() + timedelta(minutes=30)
    clock.advance(seconds=1)
    assert (await slots_on_day(runtime, office, first=today))[0].starts_at == first + timedelta(minutes=15)


async def test_no_slot_beyond_the_horizon(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    async with runtime.read_session() as session:
        certificate = office.service("certificate")
        found = await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), clock.now(), today, 400
        )
    assert found[-1].starts_at.date() <= today + timedelta(days=service.HORIZON_DAYS)
    assert found[-1].starts_at.date() > today + timedelta(days=service.HORIZON_DAYS - 3)


async def test_no_slot_in_the_past(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    found = await slots_on_day(runtime, office, first=clock.now().date() - timedelta(days=3))
    assert all(slot.starts_at >= clock.now() for slot in found)


async def test_alternatives_list_other_modes_soonest_first(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    async with runtime.read_session() as session:
        found = await alternative_slots(
            session, [office], SlotSearch(office, [office.service("certificate")], "video"), clock.now()
        )
    assert [(one.office.slug, one.mode) for one in found] == [("centro", "in_person")]


# Booking


async def test_booking_is_confirmed_and_enqueues_its_email(runtime: Runtime, office: Office) -> None:
    events = record_events(runtime, service.AppointmentBooked)
    booked = await book_appointment(
        runtime, "centro", make_booking_request(needs=("sign_language",), language="en")
    )
    assert booked.state is S.CONFIRMED
    assert booked.ends_at - booked.starts_at == timedelta(minutes=15)
    assert [event.appointment for event in events] == [booked]
    (message,) = await load_outbox(runtime)
    assert (message.kind, message.recipient, message.language) == ("appointment_confirmed", AMINA["email"], "en")
    assert message.subject == f"appointment:{booked.id}"
    assert message.payload["service"] == "Digital certificate"
    assert message.payload["starts_at"] == "2026-11-27T08:00:00+00:00"
    assert message.payload["entry_opens_at"] == "2026-11-27T07:45:00+00:00"


async def test_email_payload_contains_no_token(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    (message,) = await load_outbox(runtime)
    assert service.appointment_token(runtime, booked) not in str(message.payload)


async def test_derived_token_finds_the_appointment(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        assert await service.appointment_by_token(session, service.appointment_token(runtime, booked)) == booked
        with pytest.raises(NotFound):
            await service.appointment_by_token(session, "no-such-token")


async def test_taken_slot_is_refused_with_three_nearest(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    with pytest.raises(Refused) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    assert refusal.value.code == "slot_taken"
    assert refusal.value.details["nearest"] == [
        "2026-11-27T09:15:00+01:00",
        "2026-11-27T09:30:00+01:00",
        "2026-11-27T09:45:00+01:00",
    ]


@pytest.mark.parametrize("minutes", [7, -24 * 60 * 5, 24 * 60 * 100, 12 * 60])
async def test_time_outside_the_slots_is_refused_as_taken(runtime: Runtime, office: Office, minutes: int) -> None:
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(
            runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(minutes=minutes))
        )


async def test_other_mode_has_its_own_capacity(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    booked = await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    assert booked.starts_at == FRIDAY_AT_9


@pytest.mark.parametrize(
    ("changes", "field"), [({"service": "unknown"}, "service"), ({"service": "documents"}, "mode")]
)
async def test_unknown_service_or_mode_is_invalid(
    runtime: Runtime, office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(**changes))
    assert [one.field for one in refusal.value.fields] == [field]


async def test_mailbox_has_one_active_appointment_per_service(runtime: Runtime, office: Office) -> None:
    first = await book_appointment(runtime, "centro", make_booking_request())
    again = make_booking_request(email="Amina@Example.org", mode="in_person")
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_appointment(runtime, "centro", again)
    await service.cancel_appointment(runtime, service.appointment_token(runtime, first))
    assert (await book_appointment(runtime, "centro", again)).state is S.CONFIRMED


async def test_ended_appointment_is_not_a_duplicate(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    clock.set(FRIDAY_AT_9 + timedelta(hours=1))
    assert await book_appointment(
        runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(days=3))
    )


async def test_other_service_is_not_a_duplicate(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    assert await book_appointment(runtime, "centro", make_booking_request(service="complaints"))


async def test_repeated_request_key_books_once(runtime: Runtime, office: Office) -> None:
    both = await asyncio.gather(
        *(book_appointment(runtime, "centro", make_booking_request(), request_key="k") for _ in range(2))
    )
    assert both[0] == both[1]
    assert len(await load_outbox(runtime)) == 1


async def test_request_key_with_other_content_is_rejected(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request(), request_key="k")
    with pytest.raises(Invalid) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO), request_key="k")
    assert refusal.value.code == "idempotency_mismatch"


async def test_request_key_expires_after_a_day(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await book_appointment(runtime, "centro", make_booking_request(), request_key="k")
    clock.advance(hours=24, seconds=1)
    other = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, mode="in_person"), request_key="k"
    )
    assert other.email == DIEGO["email"]


async def test_concurrent_bookings_give_the_last_slot_once(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> str:
        try:
            await book_appointment(runtime, "centro", make_booking_request(email=f"person{number}@example.org"))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(*(attempt(number) for number in range(8)))
    assert sorted(outcomes) == ["booked"] + ["slot_taken"] * 7


async def test_concurrent_bookings_never_exceed_capacity(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> bool:
        wanted = make_booking_request(email=f"person{number}@example.org", service="documents", mode="in_person")
        try:
            await book_appointment(runtime, "centro", wanted)
        except Refused:
            return False
        return True

    outcomes = await asyncio.gather(*(attempt(number) for number in range(9)))
    assert sum(outcomes) == office.service("documents").capacity["in_person"] == 2


async def test_concurrent_bookings_of_one_person_give_one(runtime: Runtime, office: Office) -> None:
    async def attempt(mode: str) -> str:
        try:
            await book_appointment(runtime, "centro", make_booking_request(mode=mode))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(attempt("video"), attempt("in_person"))
    assert sorted(outcomes) == ["booked", "duplicate_appointment"]


async def test_booking_inserts_exactly_one_row(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        count = (await session.execute(select(func.count()).select_from(AppointmentRow))).scalar_one()
    assert count == 1
