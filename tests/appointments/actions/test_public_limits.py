"""Limits for one address and one mailbox, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from office360.appointments.actions import public_limits
from office360.appointments.actions.book import find_own_duplicate
from office360.appointments.actions.public_limits import proof_used_error
from office360.appointments.actions.verify_email import verify_appointment, verify_mailbox_link
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    appointment_token,
    book_appointment,
    cancel_appointment,
)
from office360.core.db.write_conflicts import WriteConflict
from office360.core.errors import Invalid, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ...support.office_fixture import build_office
from ..support.messages import active_messages, verification_secret
from ..support.requesters import (
    AMINA,
    DIEGO,
    FRIDAY_AT_9,
    QUARTER,
    WIFI_REQUESTER,
    make_booking_request,
    with_fresh_proof,
)


def person(number: int) -> dict[str, str]:
    return {"name": f"Person {number}", "email": f"person{number}@example.org"}


async def book_nth(runtime: Runtime, number: int, requester: Requester, office: str = "centro") -> Appointment:
    """Book for the nth person, each with an e-mail and a time of their own."""
    return await book_appointment(
        runtime,
        office,
        make_booking_request(person(number), starts_at=FRIDAY_AT_9 + number * QUARTER),
        requester=requester,
    )


async def test_address_keeps_three_unverified_appointments(runtime: Runtime, office: Office) -> None:
    hold, refused = 0, set()
    for number in range(12):
        try:
            await book_nth(runtime, number, with_fresh_proof(runtime))
            hold += 1
        except Refused as refusal:
            refused.add(refusal.code)
    assert (hold, refused) == (3, {"verify_first"})


async def test_unverified_limit_holds_across_offices(runtime: Runtime, office: Office) -> None:
    offices = ("centro", "norte", "sur", "este")
    for slug in offices[1:]:
        await build_office(runtime, slug=slug, name=slug)
    bookings = [book_nth(runtime, number, with_fresh_proof(runtime), offices[number % 4]) for number in range(12)]
    answers = await asyncio.gather(*bookings, return_exceptions=True)
    assert sum(isinstance(one, Appointment) for one in answers) == 3
    assert {one.code for one in answers if isinstance(one, Refused)} == {"verify_first"}


async def test_verified_appointment_frees_the_unverified_limit(runtime: Runtime, office: Office) -> None:
    made = [await book_nth(runtime, number, with_fresh_proof(runtime)) for number in range(3)]
    with pytest.raises(Refused, match="verify_first"):
        await book_nth(runtime, 3, with_fresh_proof(runtime))
    (message,) = [one for one in await active_messages(runtime) if one.recipient == made[2].email]
    await verify_appointment(runtime, appointment_token(runtime, made[2]), verification_secret(runtime, message))
    assert (await book_nth(runtime, 3, with_fresh_proof(runtime))).state is AppointmentState.CONFIRMED


async def test_verified_mailbox_books_despite_a_busy_address(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    for _ in range(2):  # a second attempt within the hour sends no second e-mail
        with pytest.raises(Refused, match="verify_first") as refused:
            await book_nth(runtime, 7, with_fresh_proof(runtime))
    assert refused.value.details["phone"] == office.phone
    (message,) = [one for one in await active_messages(runtime) if one.kind == "mailbox_verify"]
    assert message.recipient == person(7)["email"]
    await verify_mailbox_link(runtime, runtime.tokens.derive("mailbox", message.payload["mailbox_id"]))
    assert (await book_nth(runtime, 7, with_fresh_proof(runtime))).state is AppointmentState.CONFIRMED


@pytest.mark.parametrize("lost", [WriteConflict(), proof_used_error()], ids=["in this moment", "a moment ago"])
async def test_verify_first_refusal_repeats_on_double_submit(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    for number in range(3):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    spend = AsyncMock(side_effect=[None, lost])  # the first submit has spent the proof that both submits carry
    monkeypatch.setattr(public_limits, "spend_proof", spend)
    with pytest.raises(Refused, match="verify_first"):
        await book_nth(runtime, 7, with_fresh_proof(runtime))
    assert spend.await_count == 2


async def test_refusal_without_proof_sends_no_email(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    with pytest.raises(Refused, match="verify_first"):
        await book_nth(runtime, 7, WIFI_REQUESTER)
    assert [one for one in await active_messages(runtime) if one.kind == "mailbox_verify"] == []


async def test_mailbox_stays_verified_for_an_hour(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    for number in range(3):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    with pytest.raises(Refused, match="verify_first"):
        await book_nth(runtime, 7, with_fresh_proof(runtime))
    (message,) = [one for one in await active_messages(runtime) if one.kind == "mailbox_verify"]
    await verify_mailbox_link(runtime, runtime.tokens.derive("mailbox", message.payload["mailbox_id"]))
    clock.advance(hours=1)
    with pytest.raises(Refused, match="verify_first"):
        await book_nth(runtime, 7, with_fresh_proof(runtime))


async def test_busy_address_hears_nothing_of_verified_mailboxes(runtime: Runtime, office: Office) -> None:
    elsewhere = replace(WIFI_REQUESTER, address="elsewhere")
    first = await book_appointment(runtime, "centro", make_booking_request(AMINA), requester=elsewhere)
    (message,) = await active_messages(runtime)
    await verify_appointment(runtime, appointment_token(runtime, first), verification_secret(runtime, message))
    for number in range(3):
        await book_nth(runtime, number + 1, with_fresh_proof(runtime))
    for who in (AMINA, DIEGO):
        booking = make_booking_request(who, service="complaints", starts_at=FRIDAY_AT_9 + timedelta(hours=2))
        with pytest.raises(Refused, match="verify_first"):
            await book_appointment(runtime, "centro", booking, requester=with_fresh_proof(runtime))


async def test_cancelled_appointment_frees_the_unverified_limit(runtime: Runtime, office: Office) -> None:
    made = [await book_nth(runtime, number, with_fresh_proof(runtime)) for number in range(3)]
    await cancel_appointment(runtime, appointment_token(runtime, made[0]))
    assert (await book_nth(runtime, 3, with_fresh_proof(runtime))).state is AppointmentState.CONFIRMED


async def test_unlimited_and_other_requesters_are_not_counted(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    await book_nth(runtime, 3, Requester())
    await book_nth(runtime, 4, with_fresh_proof(runtime, replace(WIFI_REQUESTER, address="elsewhere")))


async def test_confirmation_asks_to_verify_from_the_second_booking(runtime: Runtime, office: Office) -> None:
    for number in range(2):
        await book_nth(runtime, number, with_fresh_proof(runtime))
    first, second = await active_messages(runtime)
    assert "verify_id" not in first.payload
    assert verification_secret(runtime, second)


async def test_mailbox_appointment_limit_is_enforced(runtime: Runtime, office: Office) -> None:
    few = replace(WIFI_REQUESTER, limits=BookingLimits(mailbox=2))
    await book_appointment(
        runtime, "centro", make_booking_request(AMINA), requester=with_fresh_proof(runtime, few)
    )
    await book_appointment(
        runtime,
        "centro",
        make_booking_request(AMINA, service="complaints"),
        requester=with_fresh_proof(runtime, few),
    )
    third = make_booking_request({**AMINA, "email": "AMINA@example.org"}, service="documents", mode="in_person")
    with pytest.raises(Refused, match="too_many_appointments"):
        await book_appointment(runtime, "centro", third, requester=with_fresh_proof(runtime, few))


async def test_mailbox_limit_ignores_bookings_of_other_devices(runtime: Runtime, office: Office) -> None:
    few = replace(WIFI_REQUESTER, limits=BookingLimits(mailbox=1), device="phone")
    await book_appointment(
        runtime, "centro", make_booking_request(AMINA), requester=with_fresh_proof(runtime, few)
    )
    stranger = replace(few, device="another", address="elsewhere")
    complaint = make_booking_request(AMINA, service="complaints")
    assert await book_appointment(runtime, "centro", complaint, requester=with_fresh_proof(runtime, stranger)), (
        "a refusal would tell that the mailbox has an appointment"
    )
    third = make_booking_request(AMINA, service="documents", mode="in_person")
    for own in (few, replace(stranger, device="phone"), replace(few, device=None)):
        with pytest.raises(Refused, match="too_many_appointments"):
            await book_appointment(runtime, "centro", third, requester=with_fresh_proof(runtime, own))


async def test_address_hourly_booking_limit_is_enforced(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    few = replace(WIFI_REQUESTER, limits=BookingLimits(unverified=0, bookings=2))
    for number in range(2):
        made = await book_nth(runtime, number, with_fresh_proof(runtime, few))
        await cancel_appointment(runtime, appointment_token(runtime, made))
        clock.advance(minutes=1)
    with pytest.raises(RateLimited) as limited:
        await book_nth(runtime, 2, with_fresh_proof(runtime, few))
    assert limited.value.retry_after_s == 58 * 60
    clock.advance(minutes=58)
    assert await book_nth(runtime, 2, with_fresh_proof(runtime, few))


async def test_proof_is_spent_by_a_successful_booking_only(runtime: Runtime, office: Office) -> None:
    proved = with_fresh_proof(runtime)
    await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(AMINA), requester=proved)
    later = make_booking_request(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    assert (await book_appointment(runtime, "centro", later, requester=proved)).state is AppointmentState.CONFIRMED
    with pytest.raises(Invalid) as used:
        await book_nth(runtime, 5, proved)
    assert [(one.field, one.code) for one in used.value.fields] == [("altcha", "proof_used")]


async def test_concurrent_use_of_one_proof_books_once(runtime: Runtime, office: Office) -> None:
    proved = with_fresh_proof(runtime)
    answers = await asyncio.gather(
        *(book_nth(runtime, number, proved) for number in (1, 2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in answers) == ["Appointment", "Invalid"]


# Mailboxes that have an appointment for the service already


async def test_duplicate_sends_existing_booking_once_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    phone = replace(WIFI_REQUESTER, device="phone")
    made = await book_appointment(
        runtime, "centro", make_booking_request(AMINA), requester=with_fresh_proof(runtime, phone)
    )
    again = make_booking_request(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    for _ in range(2):
        with pytest.raises(Refused, match="duplicate_appointment") as refused:
            await book_appointment(runtime, "centro", again, requester=with_fresh_proof(runtime, phone))
        assert refused.value.details == {}
    told = [one for one in await active_messages(runtime) if one.kind == "appointment_already"]
    assert [(one.recipient, one.payload["appointment_id"]) for one in told] == [(AMINA["email"], made.id)]
    clock.advance(hours=1)
    with pytest.raises(Refused):
        await book_appointment(runtime, "centro", again, requester=with_fresh_proof(runtime, phone))
    assert len([one for one in await active_messages(runtime) if one.kind == "appointment_already"]) == 2


@pytest.mark.parametrize("proves", [True, False])
async def test_other_device_books_for_known_and_unknown_alike(
    runtime: Runtime, office: Office, proves: bool
) -> None:
    phone = replace(WIFI_REQUESTER, device="phone")
    made = await book_appointment(
        runtime, "centro", make_booking_request(AMINA), requester=with_fresh_proof(runtime, phone)
    )
    states = []
    for number, who in enumerate((AMINA, DIEGO), start=1):
        stranger = replace(WIFI_REQUESTER, device="another")
        requester = with_fresh_proof(runtime, stranger) if proves else stranger
        booking = make_booking_request(who, starts_at=FRIDAY_AT_9 + number * QUARTER)
        states.append((await book_appointment(runtime, "centro", booking, requester=requester)).state)
    assert states == [AppointmentState.CONFIRMED if proves else AppointmentState.PRECONFIRMED] * 2
    told = [one for one in await active_messages(runtime) if one.kind == "appointment_already"]
    assert [(one.recipient, one.payload["appointment_id"]) for one in told] == [(AMINA["email"], made.id)]


def test_only_device_or_cookieless_program_may_know() -> None:
    limited = Requester(limits=BookingLimits(), address="here")
    kept = Appointment.__new__(Appointment)
    for device, address, requester, may in (
        ("phone", "here", replace(limited, device="phone"), True),
        ("phone", "here", replace(limited, device="another"), False),
        ("phone", "here", limited, False),
        (None, "here", replace(limited, device="phone"), False),
        (None, "here", limited, False),
        (None, "here", replace(limited, program=True), True),
        (None, None, replace(limited, program=True), False),
        (None, None, Requester(), True),
    ):
        object.__setattr__(kept, "device", device)
        object.__setattr__(kept, "address", address)
        assert requester.can_learn_about(kept) is may


async def test_duplicate_is_found_for_its_own_device_only(runtime: Runtime, office: Office) -> None:
    phone = replace(WIFI_REQUESTER, device="phone")
    made = await book_appointment(
        runtime, "centro", make_booking_request(AMINA), requester=with_fresh_proof(runtime, phone)
    )
    assert await find_own_duplicate(runtime, "centro", make_booking_request(AMINA), phone) == made
    assert (
        await find_own_duplicate(runtime, "centro", make_booking_request(AMINA), replace(phone, device="another"))
        is None
    )
    assert (
        await find_own_duplicate(runtime, "centro", make_booking_request(AMINA), replace(phone, device=None))
        is None
    )


def test_proof_exemption_applies_to_api_clients_only() -> None:
    lenient = BookingLimits(programs_prove=False)
    assert not Requester(limits=lenient, program=True).must_verify
    assert Requester(limits=lenient).must_verify
    assert Requester(limits=BookingLimits(), program=True).must_verify
