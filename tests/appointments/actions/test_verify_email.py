"""Appointments that expire unless the citizen verifies the e-mail. Both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.verify_email import (
    correct_email,
    is_confirmed_email_correctable,
    resend_verification_email,
    verify_appointment,
)
from office360.appointments.domain.requester import BookingLimits, ProofOfWork, Requester
from office360.appointments.service import (
    TIMERS,
    Appointment,
    AppointmentBooked,
    AppointmentState,
    appointment_token,
    book_appointment,
    cancel_appointment,
)
from office360.appointments.storage.tables import AppointmentRow
from office360.core.db import timers
from office360.core.errors import NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import select, update

from ...conftest import FakeClock
from ..support.database import record_events
from ..support.messages import active_messages, verification_secret
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request

S = AppointmentState
PUBLIC_REQUESTER = Requester(
    address="wifi", device="phone", limits=BookingLimits(unverified=0, mailbox=0, bookings=0)
)


def with_proof(requester: Requester = PUBLIC_REQUESTER, number: int = 0) -> Requester:
    return replace(requester, proof=ProofOfWork(f"{number:064x}", FRIDAY_AT_9))


async def book_without_proof(runtime: Runtime, **changes: Any) -> tuple[Appointment, str, str]:
    """Book without a proof of work. Returns appointment, token and the e-mail's secret."""
    made = await book_appointment(runtime, "centro", make_booking_request(**changes), requester=PUBLIC_REQUESTER)
    return (
        made,
        appointment_token(runtime, made),
        verification_secret(runtime, (await active_messages(runtime))[-1]),
    )


async def book_diego(runtime: Runtime) -> None:
    booking = make_booking_request(DIEGO, service="documents", mode="in_person")
    await book_appointment(runtime, "centro", booking, requester=PUBLIC_REQUESTER)


async def reload_appointment(runtime: Runtime, token: str) -> Appointment:
    async with runtime.read_session() as session:
        return await service.appointment_by_token(session, token)


async def test_booking_without_proof_is_preconfirmed_and_silent(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    events = record_events(runtime, AppointmentBooked)
    made, _token, _secret = await book_without_proof(runtime)
    assert (made.state, made.kept_until) == (S.PRECONFIRMED, clock.now() + timedelta(minutes=30))
    assert [message.kind for message in await active_messages(runtime)] == ["appointment_verify"]
    assert events == []
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    async with runtime.read_session() as session:
        day = (FRIDAY_AT_9 - timedelta(hours=9), FRIDAY_AT_9 + timedelta(hours=9))
        assert await service.appointments_of_day(session, office.id, *day) == []


async def test_booking_with_proof_is_confirmed_at_once(runtime: Runtime, office: Office) -> None:
    made = await book_appointment(runtime, "centro", make_booking_request(), requester=with_proof())
    assert (made.state, made.kept_until) == (S.CONFIRMED, None)


async def test_verification_secret_confirms_once(runtime: Runtime, office: Office) -> None:
    events = record_events(runtime, AppointmentBooked)
    _made, token, secret = await book_without_proof(runtime)
    for _ in range(2):
        assert (await verify_appointment(runtime, token, secret)).state is S.CONFIRMED
    kinds = [message.kind for message in await active_messages(runtime)]
    assert kinds.count("appointment_confirmed") == 1
    assert "appointment_verify" not in kinds  # an unsent request to verify is void after the verification
    assert len(events) == 1


async def test_wrong_secret_does_not_verify_the_appointment(runtime: Runtime, office: Office) -> None:
    _made, token, secret = await book_without_proof(runtime)
    for wrong in (token, "", secret[:-1], runtime.tokens.derive("verify", "01OTHER")):
        with pytest.raises(NotFound):
            await verify_appointment(runtime, token, wrong)
    assert (await reload_appointment(runtime, token)).state is S.PRECONFIRMED


async def test_unverified_appointment_expires_after_half_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    _made, token, secret = await book_without_proof(runtime)
    clock.advance(minutes=30)
    await timers.fire_due_timers(runtime, TIMERS)
    lapsed = await reload_appointment(runtime, token)
    assert (lapsed.state, lapsed.lapsed_at) == (S.CANCELLED_CITIZEN, clock.now())
    clock.advance(hours=2)  # longer than the cool-down, whose end no program can predict
    await timers.fire_due_timers(runtime, TIMERS)
    assert (await book_appointment(runtime, "centro", make_booking_request(DIEGO))).starts_at == FRIDAY_AT_9
    assert (await verify_appointment(runtime, token, secret)).state is S.CANCELLED_CITIZEN
    assert {message.recipient for message in await active_messages(runtime)} == {DIEGO["email"]}


async def test_verified_appointment_does_not_expire(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    _made, token, secret = await book_without_proof(runtime)
    await verify_appointment(runtime, token, secret)
    clock.advance(hours=1)
    await timers.fire_due_timers(runtime, TIMERS)
    assert (await reload_appointment(runtime, token)).state is S.CONFIRMED


async def test_unverified_appointment_can_only_be_cancelled(runtime: Runtime, office: Office) -> None:
    made, token, _secret = await book_without_proof(runtime)
    with pytest.raises(Refused, match="illegal_transition"):
        async with runtime.transaction() as tx:
            await service.check_in(tx, made.id)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(minutes=15))
    assert (await cancel_appointment(runtime, token)).state is S.CANCELLED_CITIZEN
    assert await active_messages(runtime) == []  # an unverified mailbox gets no further e-mail


async def test_corrected_email_invalidates_the_first_secret(runtime: Runtime, office: Office) -> None:
    _made, token, first = await book_without_proof(runtime)
    assert (await correct_email(runtime, token, "amina.haddad@example.org")).email == "amina.haddad@example.org"
    with pytest.raises(NotFound):
        await verify_appointment(runtime, token, first)
    (message,) = await active_messages(runtime)
    assert message.recipient == "amina.haddad@example.org"
    assert (await verify_appointment(runtime, token, verification_secret(runtime, message))).state is S.CONFIRMED
    with pytest.raises(Refused, match="illegal_transition"):
        await correct_email(runtime, token, "other@example.org")


async def test_email_correction_into_duplicate_is_refused(runtime: Runtime, office: Office) -> None:
    await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(minutes=15))
    )
    _made, token, _secret = await book_without_proof(runtime)
    with pytest.raises(Refused, match="duplicate_appointment"):
        await correct_email(runtime, token, DIEGO["email"])


async def test_email_correction_respects_the_mailbox_limit(runtime: Runtime, office: Office) -> None:
    await book_diego(runtime)
    _made, token, _secret = await book_without_proof(runtime)
    few = replace(PUBLIC_REQUESTER, limits=BookingLimits(mailbox=1))
    with pytest.raises(Refused, match="too_many_appointments"):
        await correct_email(runtime, token, DIEGO["email"], few)
    same = await correct_email(runtime, token, AMINA["email"].upper(), few)
    assert same.email == AMINA["email"].upper(), "the appointment itself does not count against the limit"
    assert (await correct_email(runtime, token, "other@example.org", few)).email == "other@example.org"


async def test_confirmed_correction_respects_the_mailbox_limit(runtime: Runtime, office: Office) -> None:
    await book_diego(runtime)
    token = appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    few = replace(PUBLIC_REQUESTER, limits=BookingLimits(mailbox=1))
    with pytest.raises(Refused, match="too_many_appointments"):
        await correct_email(runtime, token, DIEGO["email"], few)
    assert (await correct_email(runtime, token, AMINA["email"].upper(), few)).email == AMINA["email"].upper()


async def test_verification_email_is_sent_four_times_at_most(runtime: Runtime, office: Office) -> None:
    _made, token, _secret = await book_without_proof(runtime)
    for _ in range(3):
        await resend_verification_email(runtime, token)
    with pytest.raises(Refused, match="too_many_letters"):
        await resend_verification_email(runtime, token)
    assert len({message.key for message in await active_messages(runtime)}) == 4


async def test_verify_email_setting_applies_despite_proof(runtime: Runtime, office: Office) -> None:
    async with runtime.transaction() as tx:
        changed = update(ServiceRow).where(ServiceRow.id == office.service("certificate").id)
        await tx.session.execute(changed.values(booking={"verify_email": True}))
        await bump_office_versions(tx.session, [office.id])
    assert (
        await book_appointment(runtime, "centro", make_booking_request(), requester=with_proof())
    ).state is S.PRECONFIRMED
    assert (
        await book_appointment(
            runtime, "centro", make_booking_request(DIEGO, service="complaints"), requester=with_proof(number=1)
        )
    ).state is (S.CONFIRMED)
    # Staff bookings are confirmed without a verification: the host sees the citizen.
    at_10 = FRIDAY_AT_9 + timedelta(hours=1)
    assert (
        await book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=at_10))
    ).state is S.CONFIRMED


async def test_device_and_address_are_deleted_after_the_visit(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    made = await book_appointment(runtime, "centro", make_booking_request(AMINA), requester=with_proof())
    moved = await service.reschedule_appointment(
        runtime, appointment_token(runtime, made), FRIDAY_AT_9 + timedelta(minutes=15)
    )
    assert (moved.device, moved.address) == ("phone", "wifi")
    clock.set(moved.ends_at)
    await timers.fire_due_timers(runtime, TIMERS)
    async with runtime.read_session() as session:
        hold = await session.execute(select(AppointmentRow.device, AppointmentRow.address))
        assert set(hold.all()) == {(None, None)}


async def test_email_of_confirmed_appointment_can_be_corrected(runtime: Runtime, office: Office) -> None:
    made = await book_appointment(runtime, "centro", make_booking_request(email="amina@gmial.com"))
    token = appointment_token(runtime, made)
    corrected = await correct_email(runtime, token, AMINA["email"], PUBLIC_REQUESTER)
    assert (corrected.state, corrected.email) == (S.CONFIRMED, AMINA["email"])
    (message,) = await active_messages(runtime)
    assert (message.kind, message.recipient) == ("appointment_confirmed", AMINA["email"])
    await verify_appointment(runtime, token, verification_secret(runtime, message))
    with pytest.raises(Refused, match="illegal_transition"):
        await correct_email(runtime, token, "other@example.org")


async def test_corrections_of_confirmed_email_are_limited(runtime: Runtime, office: Office) -> None:
    token = appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    for number in range(3):
        await correct_email(runtime, token, f"amina{number}@example.org")
    with pytest.raises(RateLimited):
        await correct_email(runtime, token, "amina4@example.org")


async def test_correction_tells_nothing_about_the_new_mailbox(runtime: Runtime, office: Office) -> None:
    _made, hers, secret = await book_without_proof(runtime, service="complaints")
    await verify_appointment(runtime, hers, secret)  # Amina's mailbox is verified
    made = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9), requester=with_proof()
    )
    token = appointment_token(runtime, made)
    for email in (AMINA["email"], "unknown@example.org"):
        corrected = await correct_email(runtime, token, email, PUBLIC_REQUESTER)
        assert is_confirmed_email_correctable(corrected, runtime.now())


async def test_corrected_appointment_counts_until_its_link_opens(runtime: Runtime, office: Office) -> None:
    one = replace(PUBLIC_REQUESTER, limits=BookingLimits(unverified=1))
    _made, hers, secret = await book_without_proof(runtime, service="complaints")
    await verify_appointment(runtime, hers, secret)
    made = await book_appointment(runtime, "centro", make_booking_request(DIEGO), requester=with_proof(one))
    token = appointment_token(runtime, made)
    await correct_email(runtime, token, AMINA["email"], one)
    other = make_booking_request(
        {"name": "Person", "email": "person@example.org"}, starts_at=FRIDAY_AT_9 + timedelta(minutes=15)
    )
    with pytest.raises(Refused, match="verify_first"):
        await book_appointment(runtime, "centro", other, requester=with_proof(one, 1))
    (told,) = [message for message in await active_messages(runtime) if message.subject.endswith(made.id)]
    await verify_appointment(runtime, token, verification_secret(runtime, told))
    assert await book_appointment(runtime, "centro", other, requester=with_proof(one, 2))


async def test_corrections_of_one_address_are_limited(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        booking = make_booking_request(
            {"name": "Person", "email": f"person{number}@example.org"},
            starts_at=FRIDAY_AT_9 + number * timedelta(minutes=15),
        )
        made = await book_appointment(runtime, "centro", booking, requester=with_proof(number=number))
        for attempt in range(2):
            email = f"p{number}{attempt}@example.org"
            await correct_email(runtime, appointment_token(runtime, made), email, PUBLIC_REQUESTER)
    with pytest.raises(RateLimited):
        await correct_email(runtime, appointment_token(runtime, made), "p33@example.org", PUBLIC_REQUESTER)
