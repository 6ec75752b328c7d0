"""Appointments of citizens without e-mail: duplicates, messages, data retention."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments.actions.book import book_appointment, book_as_staff
from office360.appointments.actions.cancel_and_reschedule import cancel_appointment, reschedule_appointment
from office360.appointments.actions.verify_email import correct_email
from office360.appointments.domain.appointment import BookingRequest
from office360.appointments.service import (
    Appointment,
    anonymise_old_appointments,
    appointment_by_id,
    look_up_appointment,
)
from office360.appointments.storage.tables import AppointmentRow
from office360.core.contact.chosen_channels import ChosenChannel
from office360.core.errors import Invalid, NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import text

from ....notifications.support.channels import by_sms
from ...support.database import appointment_link_token, load_outbox, load_rows, run_due_timers
from ...support.phone_mode import AMINA_PHONE
from ...support.requesters import FRIDAY_AT_9, QUARTER, WIFI_REQUESTER, make_booking_request, with_fresh_proof
from ...support.staff import CARMEN


def without_email(**changes: object) -> BookingRequest:
    """Build the request of a citizen without e-mail; with these changes."""
    return make_booking_request({"name": "Amina Haddad"}, **{"email": None, "mode": "in_person", **changes})


async def sent(runtime: Runtime) -> list[tuple[str, str, str]]:
    return [(one.channel, one.kind, one.recipient) for one in await load_outbox(runtime)]


async def test_citizen_with_mobile_is_told_by_sms(runtime: Runtime, office: Office) -> None:
    booking = without_email(phone=AMINA_PHONE, channels=by_sms(AMINA_PHONE))
    booked = await book_as_staff(runtime, CARMEN, "centro", booking)
    assert booked.email is None
    assert booked.can_be_notified
    token = appointment_link_token(runtime, booked)
    moved = await reschedule_appointment(runtime, token, FRIDAY_AT_9 + QUARTER)
    await cancel_appointment(runtime, appointment_link_token(runtime, moved))
    kinds = ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled")
    assert await sent(runtime) == [("sms", kind, AMINA_PHONE) for kind in kinds]


@pytest.mark.parametrize("phone", [AMINA_PHONE, None])
async def test_citizen_with_a_paper_slip_gets_no_message(
    runtime: Runtime, office: Office, phone: str | None
) -> None:
    booked = await book_as_staff(runtime, CARMEN, "centro", without_email(phone=phone))
    assert not booked.can_be_notified
    await cancel_appointment(runtime, appointment_link_token(runtime, booked))
    await run_due_timers(runtime)
    assert await sent(runtime) == []


async def test_same_phone_without_email_is_a_duplicate(runtime: Runtime, office: Office) -> None:
    await book_as_staff(runtime, CARMEN, "centro", without_email(phone=AMINA_PHONE))
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_as_staff(
            runtime, CARMEN, "centro", without_email(phone=AMINA_PHONE, starts_at=FRIDAY_AT_9 + QUARTER)
        )
    both = [without_email(starts_at=FRIDAY_AT_9 + count * QUARTER) for count in (2, 3)]
    assert len({(await book_as_staff(runtime, CARMEN, "centro", one)).id for one in both}) == 2


async def test_public_booking_requires_an_email(runtime: Runtime, office: Office) -> None:
    requester = with_fresh_proof(runtime, WIFI_REQUESTER)
    with pytest.raises(Invalid) as refused:
        await book_appointment(runtime, "centro", without_email(phone=AMINA_PHONE), requester=requester)
    assert [(one.field, one.code) for one in refused.value.fields] == [("email", "required")]


async def test_appointment_without_email_is_found_by_phone(runtime: Runtime, office: Office) -> None:
    booked = await book_as_staff(runtime, CARMEN, "centro", without_email(phone=AMINA_PHONE))
    found = await look_up_appointment(runtime, booked.locator, "600 111 222", "192.0.2.1")
    assert found.id == booked.id
    with pytest.raises(NotFound):
        await look_up_appointment(runtime, booked.locator, "amina@example.org", "192.0.2.1")


async def test_email_given_later_gets_the_confirmation(runtime: Runtime, office: Office) -> None:
    booked = await book_as_staff(runtime, CARMEN, "centro", without_email())
    await correct_email(runtime, appointment_link_token(runtime, booked), "amina@example.org")
    assert await sent(runtime) == [("email", "appointment_confirmed", "amina@example.org")]
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_as_staff(runtime, CARMEN, "centro", make_booking_request(mode="in_person"))


@pytest.mark.parametrize("phone", [AMINA_PHONE, None])
async def test_data_retention_forgets_them_too(runtime: Runtime, office: Office, phone: str | None) -> None:
    await book_as_staff(runtime, CARMEN, "centro", without_email(phone=phone, document="12345678Z"))
    await anonymise_old_appointments(runtime, FRIDAY_AT_9 + timedelta(days=40))
    (row,) = await load_rows(runtime, AppointmentRow)
    assert (row.name, row.phone, row.document, row.email_key) == ("", None, None, "")


async def read_again(runtime: Runtime, booked: Appointment) -> Appointment:
    async with runtime.read_session() as session:
        return await appointment_by_id(session, booked.id)


async def test_last_release_changes_sms_and_number(runtime: Runtime, office: Office) -> None:
    chosen = (*by_sms(AMINA_PHONE), ChosenChannel("chat", "42"), ChosenChannel("other", AMINA_PHONE))
    booked = await book_as_staff(runtime, CARMEN, "centro", without_email(phone=AMINA_PHONE, channels=chosen))
    assert booked.channels == chosen
    (row,) = await load_rows(runtime, AppointmentRow)
    assert row.remind_by_sms
    # a process of the last release, which knows phone and remind_by_sms only
    other = "+34600000009"
    async with runtime.transaction() as tx:
        await tx.session.execute(text("UPDATE appointments SET phone = :other"), {"other": other})
    assert (await read_again(runtime, booked)).channels == (*by_sms(other), ChosenChannel("chat", "42"))
    async with runtime.transaction() as tx:
        await tx.session.execute(text("UPDATE appointments SET remind_by_sms = false"))
    assert (await read_again(runtime, booked)).channels == (ChosenChannel("chat", "42"),)
    await anonymise_old_appointments(runtime, booked.ends_at + timedelta(days=1))
    (row,) = await load_rows(runtime, AppointmentRow)
    assert row.channels is None
