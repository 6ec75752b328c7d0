"""Removed and renamed services: people still get messages and can cancel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.earlier_slot import (
    accept_earlier_slot,
    request_earlier_slot,
)
from office360.appointments.actions.office_cancellation import CancellationPeriod, cancel_period
from office360.appointments.actions.rebook import rebook_appointment
from office360.appointments.actions.verify_email import correct_email, resend_verification_email
from office360.appointments.domain.offer import EarlierSlotRequest, OfferReason
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.service import Appointment, AppointmentState, appointment_token, book_appointment
from office360.appointments.storage import offer_rows
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due_timers
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions, office_by_slug
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import delete, select, update

from ....conftest import AppServer, FakeClock
from ...support.agenda_settings import set_agenda
from ...support.html_client import citizen_browser
from ...support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ...support.staff import CARMEN
from ...web.test_api import call_api

S = AppointmentState
BOTH: dict[str, Any] = {"service": "documents", "mode": "in_person", "more_services": ("certificate",)}
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def remove_service(runtime: Runtime, office: Office, slug: str = "certificate") -> Office:
    """Remove this service from the office, as an operator does."""
    return await _changed(runtime, office, delete(ServiceRow).where(ServiceRow.slug == slug))


async def rename_service(runtime: Runtime, office: Office, slug: str) -> Office:
    """Give the certificate this slug."""
    statement = update(ServiceRow).where(ServiceRow.slug == "certificate").values(slug=slug)
    return await _changed(runtime, office, statement)


async def _changed(runtime: Runtime, office: Office, statement: Any) -> Office:
    async with runtime.transaction() as tx:
        await tx.session.execute(statement)
        await bump_office_versions(tx.session, [office.id])
    async with runtime.read_session() as session:
        return await office_by_slug(session, office.slug)


async def no_last_test(_session: Any, _appointment_id: str) -> None:
    """Stand for a citizen who has made no connection test."""


async def message_payloads(runtime: Runtime, kind: str) -> list[dict[str, Any]]:
    async with runtime.read_session() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id))
        return [row.payload for row in rows.scalars()]


async def reload_appointment(runtime: Runtime, appointment: Appointment) -> Appointment:
    async with runtime.read_session() as session:
        return await service.appointment_by_id(session, appointment.id)


async def test_messages_use_the_name_of_the_removed_service(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    await remove_service(runtime, office)
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await fire_due_timers(runtime, service.reminder_timers(no_last_test))
    cancelled = await service.cancel_appointment(runtime, appointment_token(runtime, amina))
    assert cancelled.state is S.CANCELLED_CITIZEN
    for kind in ("appointment_confirmed", "appointment_reminder_hour", "appointment_cancelled"):
        (message,) = await message_payloads(runtime, kind)
        assert message["services"] == ["Certificado digital"], kind


async def test_unverified_booking_of_removed_service_expires(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    public = Requester(limits=BookingLimits())
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA), requester=public)
    diego = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER), requester=public
    )
    await remove_service(runtime, office)
    await correct_email(runtime, appointment_token(runtime, amina), "amina@example.com")
    await resend_verification_email(runtime, appointment_token(runtime, amina))
    clock.advance(minutes=30)
    await fire_due_timers(runtime, service.TIMERS)
    for one in (amina, diego):
        assert (await reload_appointment(runtime, one)).lapsed_at is not None


async def test_removed_service_gets_no_new_slots(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    diego = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + 8 * QUARTER)
    )
    await request_earlier_slot(runtime, appointment_token(runtime, diego), EarlierSlotRequest())
    await service.cancel_appointment(runtime, appointment_token(runtime, amina))
    await fire_due_timers(runtime, service.TIMERS)
    async with runtime.read_session() as session:
        offer = await offer_rows.latest_offer_to_taker(session, diego.id, OfferReason.EARLIER)
    assert offer is not None
    await remove_service(runtime, office)
    with pytest.raises(Refused, match="slot_taken"):
        await accept_earlier_slot(runtime, appointment_token(runtime, diego), offer.id)
    with pytest.raises(Refused, match="slot_taken"):
        await service.reschedule_appointment(runtime, appointment_token(runtime, diego), FRIDAY_AT_9)
    clock.advance(hours=1)
    await fire_due_timers(runtime, service.TIMERS)
    await request_earlier_slot(runtime, appointment_token(runtime, diego), EarlierSlotRequest())
    other = make_booking_request(AMINA, service="documents", mode="in_person")
    assert (await book_appointment(runtime, "centro", other)).state is S.CONFIRMED


async def test_office_cancels_removed_service_without_replacement(runtime: Runtime, office: Office) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    await remove_service(runtime, office)
    assert [
        one.id
        for one in await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY_AT_9.date()), "Obras.")
    ]
    (message,) = await message_payloads(runtime, "appointment_office_cancelled")
    assert (message["service"], message["first_at"]) == ("Certificado digital", None)
    with pytest.raises(Refused, match="slot_taken"):
        await rebook_appointment(runtime, appointment_token(runtime, amina), FRIDAY_AT_9 + 8 * QUARTER)


async def test_reschedule_drops_removed_service_from_visit(runtime: Runtime, office: Office) -> None:
    both = await book_appointment(runtime, "centro", make_booking_request(**BOTH))
    await remove_service(runtime, office)
    moved = await service.reschedule_appointment(
        runtime, appointment_token(runtime, both), FRIDAY_AT_9 + 8 * QUARTER
    )
    assert moved.service_slugs == ("documents",)
    office = await remove_service(runtime, office, "documents")
    named = [
        one.name("en") for one in service.appointment_services(office, await reload_appointment(runtime, both))
    ]
    assert len(named) == 2
    assert "certificate" not in named
    await service.cancel_appointment(runtime, appointment_token(runtime, moved))


async def test_renamed_service_slug_is_the_same_service(runtime: Runtime, office: Office) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    office = await rename_service(runtime, office, "electronic-certificate")
    await set_agenda(runtime, office, "electronic-certificate", change_until=60)
    moved = await service.reschedule_appointment(runtime, appointment_token(runtime, amina), FRIDAY_AT_9 + QUARTER)
    assert moved.service_slug == "electronic-certificate"
    span = CancellationPeriod(FRIDAY_AT_9.date(), service="electronic-certificate")
    assert len(await cancel_period(runtime, CARMEN, "centro", span, "Obras.")) == 1


async def test_removed_service_without_stored_name_shows_its_slug(runtime: Runtime, office: Office) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    office = await remove_service(runtime, office)
    (cancelled,) = service.appointment_services(office, replace(amina, service_names={}))
    assert cancelled.name("en") == "certificate"


@sqlite_only
async def test_removed_service_pages_and_api_still_work(app_server: AppServer, office: Office) -> None:
    video = appointment_token(
        app_server.runtime, await book_appointment(app_server.runtime, "centro", make_booking_request(AMINA))
    )
    person = appointment_token(
        app_server.runtime,
        await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO, mode="in_person")),
    )
    await remove_service(app_server.runtime, office)
    async with citizen_browser(app_server) as amina:
        for path in ("", "/calendar.ics", "/cancel", "/reschedule", "/room", "/test"):
            assert (await amina.get(f"/a/{video}{path}")).status == 200, path
        assert "Certificado digital" in (await amina.get(f"/a/{video}")).text
        assert (await amina.get(f"/o/centro?appointment={person}")).status == 200
        cancelled = await amina.send(await amina.get(f"/a/{video}/cancel"))
        assert "cancelada" in cancelled.text.lower()
    status, found, _ = await call_api(app_server, f"/api/v1/appointments/{person}")
    assert (status, found["service"], found["state"]) == (200, "certificate", "confirmed")
    tickets = "/api/v1/offices/centro/tickets"
    status, refused, _ = await call_api(app_server, tickets, json={"appointment": person})
    assert (status, refused["code"]) == (409, "service_gone")
    status, found, _ = await call_api(app_server, f"/api/v1/appointments/{person}/cancel", json={})
    assert (status, found["state"]) == (200, "cancelled_citizen")
