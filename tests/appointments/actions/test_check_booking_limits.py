"""How much one address and one mailbox may keep, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from office360.appointments.actions import check_booking_limits
from office360.appointments.actions.proof_of_work import proof_of, spent
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    book,
    cancel,
    own_duplicate,
    token_of,
    verify,
    verify_mailbox,
)
from office360.appointments.storage.appointment_rows import Collision
from office360.core.errors import Invalid, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ...support.office_fixture import build_office
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking, work
from .test_verify_email import letters, secret_of

QUARTER = timedelta(minutes=15)
WIFI = Asker(address="wifi", limits=Limits())


def honest(runtime: Runtime, asker: Asker = WIFI) -> Asker:
    """The same with a good proof of work."""
    return replace(asker, proof=proof_of(runtime.tokens, work(runtime), runtime.now()))


def person(number: int) -> dict[str, str]:
    return {"name": f"Person {number}", "email": f"person{number}@example.org"}


async def nth(runtime: Runtime, number: int, asker: Asker, office: str = "centro") -> Appointment:
    """A place for the nth person, each with an e-mail and at a time of their own."""
    return await book(
        runtime, office, asking(person(number), starts_at=FRIDAY_AT_9 + number * QUARTER), asker=asker
    )


async def test_one_address_with_fresh_e_mails_and_good_proofs_keeps_three_unverified_places(
    runtime: Runtime, office: Office
) -> None:
    kept, refused = 0, set()
    for number in range(12):
        try:
            await nth(runtime, number, honest(runtime))
            kept += 1
        except Refused as refusal:
            refused.add(refusal.code)
    assert (kept, refused) == (3, {"verify_first"})


async def test_side_by_side_in_several_offices_they_keep_no_more(runtime: Runtime, office: Office) -> None:
    offices = ("centro", "norte", "sur", "este")
    for slug in offices[1:]:
        await build_office(runtime, slug=slug, name=slug)
    asked = [nth(runtime, number, honest(runtime), offices[number % 4]) for number in range(12)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Appointment) for one in answers) == 3
    assert {one.code for one in answers if isinstance(one, Refused)} == {"verify_first"}


async def test_whoever_opens_the_link_makes_room_for_others(runtime: Runtime, office: Office) -> None:
    made = [await nth(runtime, number, honest(runtime)) for number in range(3)]
    with pytest.raises(Refused, match="verify_first"):
        await nth(runtime, 3, honest(runtime))
    (letter,) = [one for one in await letters(runtime) if one.recipient == made[2].email]
    await verify(runtime, token_of(runtime, made[2]), secret_of(runtime, letter))
    assert (await nth(runtime, 3, honest(runtime))).state is AppointmentState.CONFIRMED


async def test_an_honest_person_behind_the_same_address_books_once_their_own_e_mail_is_verified(
    runtime: Runtime, office: Office
) -> None:
    for number in range(3):
        await nth(runtime, number, honest(runtime))
    for _ in range(2):  # a second attempt within the hour sends no second letter
        with pytest.raises(Refused, match="verify_first") as refused:
            await nth(runtime, 7, honest(runtime))
    assert refused.value.details["phone"] == office.phone
    (letter,) = [one for one in await letters(runtime) if one.kind == "mailbox_verify"]
    assert letter.recipient == person(7)["email"]
    await verify_mailbox(runtime, runtime.tokens.derive("mailbox", letter.payload["mailbox_id"]))
    assert (await nth(runtime, 7, honest(runtime))).state is AppointmentState.CONFIRMED


@pytest.mark.parametrize("lost", [Collision(), spent()], ids=["in this moment", "a moment ago"])
async def test_whoever_has_to_verify_first_is_told_so_by_the_second_tap_too(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    for number in range(3):
        await nth(runtime, number, honest(runtime))
    spend = AsyncMock(side_effect=[None, lost])  # the first tap's letter spends the proof of both
    monkeypatch.setattr(check_booking_limits, "spend", spend)
    with pytest.raises(Refused, match="verify_first"):
        await nth(runtime, 7, honest(runtime))
    assert spend.await_count == 2


async def test_without_a_proof_nobody_makes_us_write_to_strangers(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        await nth(runtime, number, honest(runtime))
    with pytest.raises(Refused, match="verify_first"):
        await nth(runtime, 7, WIFI)
    assert [one for one in await letters(runtime) if one.kind == "mailbox_verify"] == []


async def test_a_mailbox_stays_verified_for_ninety_days(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    first = await book(runtime, "centro", asking(AMINA), asker=WIFI)
    (letter,) = await letters(runtime)
    await verify(runtime, token_of(runtime, first), secret_of(runtime, letter))
    for number in range(3):
        await nth(runtime, number + 1, honest(runtime))
    complaint = asking(AMINA, service="complaints", starts_at=FRIDAY_AT_9 + timedelta(hours=1))
    assert (await book(runtime, "centro", complaint, asker=honest(runtime))).state is AppointmentState.CONFIRMED
    clock.advance(days=90)
    later = FRIDAY_AT_9 + timedelta(days=91)
    for number in range(3):
        at = later + number * QUARTER
        await book(runtime, "centro", asking(person(number), starts_at=at), asker=honest(runtime))
    again = asking(AMINA, starts_at=later + 3 * QUARTER)
    with pytest.raises(Refused, match="verify_first"):
        await book(runtime, "centro", again, asker=honest(runtime))


async def test_what_was_given_back_counts_no_longer(runtime: Runtime, office: Office) -> None:
    made = [await nth(runtime, number, honest(runtime)) for number in range(3)]
    await cancel(runtime, token_of(runtime, made[0]))
    assert (await nth(runtime, 3, honest(runtime))).state is AppointmentState.CONFIRMED


async def test_staff_integrations_and_other_addresses_are_not_counted(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        await nth(runtime, number, honest(runtime))
    await nth(runtime, 3, Asker())
    await nth(runtime, 4, honest(runtime, replace(WIFI, address="elsewhere")))


async def test_a_letter_asks_to_verify_only_when_it_matters(runtime: Runtime, office: Office) -> None:
    for number in range(2):
        await nth(runtime, number, honest(runtime))
    first, second = await letters(runtime)
    assert "verify_id" not in first.payload
    assert secret_of(runtime, second)


async def test_one_mailbox_has_so_many_appointments_ahead(runtime: Runtime, office: Office) -> None:
    few = replace(WIFI, limits=Limits(mailbox=2))
    await book(runtime, "centro", asking(AMINA), asker=honest(runtime, few))
    await book(runtime, "centro", asking(AMINA, service="complaints"), asker=honest(runtime, few))
    third = asking({**AMINA, "email": "AMINA@example.org"}, service="documents", mode="in_person")
    with pytest.raises(Refused, match="too_many_appointments"):
        await book(runtime, "centro", third, asker=honest(runtime, few))


async def test_an_address_books_so_often_an_hour_by_whichever_process(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    few = replace(WIFI, limits=Limits(unverified=0, bookings=2))
    for number in range(2):
        made = await nth(runtime, number, honest(runtime, few))
        await cancel(runtime, token_of(runtime, made))
        clock.advance(minutes=1)
    with pytest.raises(RateLimited) as limited:
        await nth(runtime, 2, honest(runtime, few))
    assert limited.value.retry_after_s == 58 * 60
    clock.advance(minutes=58)
    assert await nth(runtime, 2, honest(runtime, few))


async def test_a_proof_is_spent_by_a_booking_and_by_nothing_else(runtime: Runtime, office: Office) -> None:
    proved = honest(runtime)
    await book(runtime, "centro", asking(DIEGO))
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(AMINA), asker=proved)
    later = asking(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    assert (await book(runtime, "centro", later, asker=proved)).state is AppointmentState.CONFIRMED
    with pytest.raises(Invalid) as used:
        await nth(runtime, 5, proved)
    assert [(one.field, one.code) for one in used.value.fields] == [("altcha", "proof_used")]


async def test_the_same_proof_sent_twice_at_once_books_once(runtime: Runtime, office: Office) -> None:
    proved = honest(runtime)
    answers = await asyncio.gather(*(nth(runtime, number, proved) for number in (1, 2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["Appointment", "Invalid"]


# Who has an appointment for this already


async def test_only_the_mailbox_is_told_what_it_has_and_once_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    made = await book(runtime, "centro", asking(AMINA))
    again = asking(AMINA, starts_at=FRIDAY_AT_9 + QUARTER)
    for _ in range(2):
        with pytest.raises(Refused, match="duplicate_appointment") as refused:
            await book(runtime, "centro", again, asker=honest(runtime))
        assert refused.value.details == {}
    told = [one for one in await letters(runtime) if one.kind == "appointment_already"]
    assert [(one.recipient, one.payload["appointment_id"]) for one in told] == [(AMINA["email"], made.id)]
    clock.advance(hours=1)
    with pytest.raises(Refused):
        await book(runtime, "centro", again, asker=honest(runtime))
    assert len([one for one in await letters(runtime) if one.kind == "appointment_already"]) == 2


async def test_the_device_that_booked_is_led_to_what_it_has(runtime: Runtime, office: Office) -> None:
    phone = replace(WIFI, device="phone")
    made = await book(runtime, "centro", asking(AMINA), asker=honest(runtime, phone))
    assert await own_duplicate(runtime, "centro", asking(AMINA), phone) == made
    assert await own_duplicate(runtime, "centro", asking(AMINA), replace(phone, device="another")) is None
    assert await own_duplicate(runtime, "centro", asking(AMINA), replace(phone, device=None)) is None


def test_an_installation_may_excuse_programs_from_proving_and_never_its_pages() -> None:
    lenient = Limits(programs_prove=False)
    assert not Asker(limits=lenient, program=True).must_verify
    assert Asker(limits=lenient).must_verify
    assert Asker(limits=Limits(), program=True).must_verify
