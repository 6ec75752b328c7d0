"""Places that are kept until somebody shows that the e-mail is theirs, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.domain.requester import Asker, Limits, Proof
from office360.appointments.service import (
    TIMERS,
    Appointment,
    AppointmentBooked,
    AppointmentState,
    book,
    cancel,
    correct_email,
    send_again,
    token_of,
    verify,
)
from office360.appointments.storage.tables import AppointmentRow
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.errors import NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices
from office360.offices.tables import ServiceRow
from sqlalchemy import select, update

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking
from .test_book import recorder

S = AppointmentState
SOMEBODY = Asker(address="wifi", device="phone", limits=Limits(unverified=0, mailbox=0, bookings=0))


def proven(asker: Asker = SOMEBODY, number: int = 0) -> Asker:
    return replace(asker, proof=Proof(f"{number:064x}", FRIDAY_AT_9))


async def letters(runtime: Runtime) -> list[OutboxRow]:
    async with runtime.reading() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.state != "void").order_by(OutboxRow.id))
        return [row for row in rows.scalars() if row.channel == "email"]


def secret_of(runtime: Runtime, letter: OutboxRow) -> str:
    """The secret of a letter's link, as whoever sends it derives it."""
    return runtime.tokens.derive("verify", letter.payload["verify_id"], letter.payload["verify_hash"])


async def booked_without_proof(runtime: Runtime, **changes: Any) -> tuple[Appointment, str, str]:
    """An appointment that waits for its e-mail to be verified; its token, and the secret of its letter."""
    made = await book(runtime, "centro", asking(**changes), asker=SOMEBODY)
    return made, token_of(runtime, made), secret_of(runtime, (await letters(runtime))[-1])


async def now_(runtime: Runtime, token: str) -> Appointment:
    async with runtime.reading() as session:
        return await service.appointment_by_token(session, token)


async def test_without_proof_a_place_is_kept_and_nobody_else_hears_of_it(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    heard = recorder(runtime, AppointmentBooked)
    made, _token, _secret = await booked_without_proof(runtime)
    assert (made.state, made.kept_until) == (S.PRECONFIRMED, clock.now() + timedelta(minutes=30))
    assert [letter.kind for letter in await letters(runtime)] == ["appointment_verify"]
    assert heard == []
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(DIEGO))
    async with runtime.reading() as session:
        day = (FRIDAY_AT_9 - timedelta(hours=9), FRIDAY_AT_9 + timedelta(hours=9))
        assert await service.appointments_of_day(session, office.id, *day) == []


async def test_with_proof_it_is_confirmed_at_once(runtime: Runtime, office: Office) -> None:
    made = await book(runtime, "centro", asking(), asker=proven())
    assert (made.state, made.kept_until) == (S.CONFIRMED, None)


async def test_the_letters_link_confirms_and_a_second_time_changes_nothing(
    runtime: Runtime, office: Office
) -> None:
    heard = recorder(runtime, AppointmentBooked)
    _made, token, secret = await booked_without_proof(runtime)
    for _ in range(2):
        assert (await verify(runtime, token, secret)).state is S.CONFIRMED
    kinds = [letter.kind for letter in await letters(runtime)]
    assert kinds.count("appointment_confirmed") == 1
    assert "appointment_verify" not in kinds  # unsent, it would ask for what is done
    assert len(heard) == 1


async def test_the_appointments_own_token_does_not_confirm_it(runtime: Runtime, office: Office) -> None:
    _made, token, secret = await booked_without_proof(runtime)
    for wrong in (token, "", secret[:-1], runtime.tokens.derive("verify", "01OTHER")):
        with pytest.raises(NotFound):
            await verify(runtime, token, wrong)
    assert (await now_(runtime, token)).state is S.PRECONFIRMED


async def test_a_place_that_nobody_confirms_is_free_after_half_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    _made, token, secret = await booked_without_proof(runtime)
    clock.advance(minutes=30)
    await timers.fire_due(runtime, TIMERS)
    lapsed = await now_(runtime, token)
    assert (lapsed.state, lapsed.lapsed_at) == (S.CANCELLED_CITIZEN, clock.now())
    clock.advance(hours=2)  # it rests, as whatever is given back: no program knows when to ask for it
    await timers.fire_due(runtime, TIMERS)
    assert (await book(runtime, "centro", asking(DIEGO))).starts_at == FRIDAY_AT_9
    assert (await verify(runtime, token, secret)).state is S.CANCELLED_CITIZEN
    assert {letter.recipient for letter in await letters(runtime)} == {DIEGO["email"]}


async def test_what_was_confirmed_does_not_lapse(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    _made, token, secret = await booked_without_proof(runtime)
    await verify(runtime, token, secret)
    clock.advance(hours=1)
    await timers.fire_due(runtime, TIMERS)
    assert (await now_(runtime, token)).state is S.CONFIRMED


async def test_it_cannot_be_checked_in_or_moved_and_can_be_given_back(runtime: Runtime, office: Office) -> None:
    made, token, _secret = await booked_without_proof(runtime)
    with pytest.raises(Refused, match="illegal_transition"):
        async with runtime.transaction() as tx:
            await service.check_in(tx, made.id)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.reschedule(runtime, token, FRIDAY_AT_9 + timedelta(minutes=15))
    assert (await cancel(runtime, token)).state is S.CANCELLED_CITIZEN
    assert await letters(runtime) == []  # nobody has shown that they read this mailbox


async def test_another_address_makes_the_first_letter_worthless(runtime: Runtime, office: Office) -> None:
    _made, token, first = await booked_without_proof(runtime)
    assert (await correct_email(runtime, token, "amina.haddad@example.org")).email == "amina.haddad@example.org"
    with pytest.raises(NotFound):
        await verify(runtime, token, first)
    (letter,) = await letters(runtime)
    assert letter.recipient == "amina.haddad@example.org"
    assert (await verify(runtime, token, secret_of(runtime, letter))).state is S.CONFIRMED
    with pytest.raises(Refused, match="illegal_transition"):
        await correct_email(runtime, token, "other@example.org")


async def test_an_address_is_not_corrected_into_one_that_has_an_appointment(
    runtime: Runtime, office: Office
) -> None:
    await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(minutes=15)))
    _made, token, _secret = await booked_without_proof(runtime)
    with pytest.raises(Refused, match="duplicate_appointment"):
        await correct_email(runtime, token, DIEGO["email"])


async def test_an_address_is_not_corrected_into_one_that_has_as_many_visits_as_it_may(
    runtime: Runtime, office: Office
) -> None:
    await book(runtime, "centro", asking(DIEGO, service="documents", mode="in_person"))
    _made, token, _secret = await booked_without_proof(runtime)
    few = replace(SOMEBODY, limits=Limits(mailbox=1))
    with pytest.raises(Refused, match="too_many_appointments"):
        await correct_email(runtime, token, DIEGO["email"], few)
    same = await correct_email(runtime, token, AMINA["email"].upper(), few)
    assert same.email == AMINA["email"].upper(), "its own visit is not one more"
    assert (await correct_email(runtime, token, "other@example.org", few)).email == "other@example.org"


async def test_four_letters_ask_to_confirm_and_no_more(runtime: Runtime, office: Office) -> None:
    _made, token, _secret = await booked_without_proof(runtime)
    for _ in range(3):
        await send_again(runtime, token)
    with pytest.raises(Refused, match="too_many_letters"):
        await send_again(runtime, token)
    assert len({letter.key for letter in await letters(runtime)}) == 4


async def test_where_the_office_asks_the_e_mail_is_verified_in_spite_of_the_proof(
    runtime: Runtime, office: Office
) -> None:
    async with runtime.transaction() as tx:
        changed = update(ServiceRow).where(ServiceRow.id == office.service("certificate").id)
        await tx.session.execute(changed.values(booking={"verify_email": True}))
        await bump_offices(tx.session, [office.id])
    assert (await book(runtime, "centro", asking(), asker=proven())).state is S.PRECONFIRMED
    assert (await book(runtime, "centro", asking(DIEGO, service="complaints"), asker=proven(number=1))).state is (
        S.CONFIRMED
    )
    # Staff know who sits before them.
    at_10 = FRIDAY_AT_9 + timedelta(hours=1)
    assert (await book(runtime, "centro", asking(DIEGO, starts_at=at_10))).state is S.CONFIRMED


async def test_from_where_it_was_booked_is_forgotten_when_the_visit_is_over(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    made = await book(runtime, "centro", asking(AMINA), asker=proven())
    moved = await service.reschedule(runtime, token_of(runtime, made), FRIDAY_AT_9 + timedelta(minutes=15))
    assert (moved.device, moved.address) == ("phone", "wifi")
    clock.set(moved.ends_at)
    await timers.fire_due(runtime, TIMERS)
    async with runtime.reading() as session:
        kept = await session.execute(select(AppointmentRow.device, AppointmentRow.address))
        assert set(kept.all()) == {(None, None)}
