"""An office takes a service out, or renames it: whoever has an appointment for it is told, and can cancel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.office_cancellation import Span, cancel_span
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import Appointment, AppointmentState, book, token_of
from office360.core.auth import Principal, Role
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices, office_by_slug
from office360.offices.tables import ServiceRow
from sqlalchemy import delete, select, update

from ...conftest import AppServer, FakeClock
from ..support.agenda_settings import set_agenda
from ..support.html_client import citizen
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking
from ..web.test_api import ask

S = AppointmentState
CARMEN = Principal("carmen", "Carmen", Role.HOST, frozenset({"centro"}))
BOTH: dict[str, Any] = {"service": "documents", "mode": "in_person", "more_services": ("certificate",)}
QUARTER = timedelta(minutes=15)
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def remove(runtime: Runtime, office: Office, slug: str = "certificate") -> Office:
    """The office without this service, as whoever runs an installation takes it out."""
    return await _changed(runtime, office, delete(ServiceRow).where(ServiceRow.slug == slug))


async def rename(runtime: Runtime, office: Office, slug: str) -> Office:
    """The certificate has this slug from now on."""
    statement = update(ServiceRow).where(ServiceRow.slug == "certificate").values(slug=slug)
    return await _changed(runtime, office, statement)


async def _changed(runtime: Runtime, office: Office, statement: Any) -> Office:
    async with runtime.transaction() as tx:
        await tx.session.execute(statement)
        await bump_offices(tx.session, [office.id])
    async with runtime.reading() as session:
        return await office_by_slug(session, office.slug)


async def untested(_session: Any, _appointment_id: str) -> None:
    """Nobody has tried their connection."""


async def letters(runtime: Runtime, kind: str) -> list[dict[str, Any]]:
    async with runtime.reading() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id))
        return [row.payload for row in rows.scalars()]


async def now_of(runtime: Runtime, appointment: Appointment) -> Appointment:
    async with runtime.reading() as session:
        return await service.appointment_by_id(session, appointment.id)


async def test_reminders_and_the_end_of_a_visit_are_told_by_the_name_that_it_had(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    await remove(runtime, office)
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await fire_due(runtime, service.timers_of(untested))
    gone = await service.cancel(runtime, token_of(runtime, amina))
    assert gone.state is S.CANCELLED_CITIZEN
    for kind in ("appointment_confirmed", "appointment_reminder_hour", "appointment_cancelled"):
        (letter,) = await letters(runtime, kind)
        assert letter["services"] == ["Certificado digital"], kind


async def test_what_waits_for_its_letter_is_verified_or_lapses(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    public = Asker(limits=Limits())
    amina = await book(runtime, "centro", asking(AMINA), asker=public)
    diego = await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER), asker=public)
    await remove(runtime, office)
    await service.correct_email(runtime, token_of(runtime, amina), "amina@example.com")
    await service.send_again(runtime, token_of(runtime, amina))
    clock.advance(minutes=30)
    await fire_due(runtime, service.TIMERS)
    for one in (amina, diego):
        assert (await now_of(runtime, one)).lapsed_at is not None


async def test_no_other_time_is_given_and_nothing_breaks_in_the_agenda(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    diego = await book(runtime, "centro", asking(DIEGO, starts_at=FRIDAY_AT_9 + 8 * QUARTER))
    await service.want_earlier(runtime, token_of(runtime, diego), service.Wish())
    await service.cancel(runtime, token_of(runtime, amina))
    await fire_due(runtime, service.TIMERS)
    async with runtime.reading() as session:
        offer = await service.earlier_offer(session, diego.id)
    assert offer is not None
    await remove(runtime, office)
    with pytest.raises(Refused, match="slot_taken"):
        await service.accept_earlier(runtime, token_of(runtime, diego), offer.id)
    with pytest.raises(Refused, match="slot_taken"):
        await service.reschedule(runtime, token_of(runtime, diego), FRIDAY_AT_9)
    clock.advance(hours=1)
    await fire_due(runtime, service.TIMERS)
    await service.want_earlier(runtime, token_of(runtime, diego), service.Wish())
    other = asking(AMINA, service="documents", mode="in_person")
    assert (await book(runtime, "centro", other)).state is S.CONFIRMED


async def test_the_office_cancels_it_and_no_place_is_kept(runtime: Runtime, office: Office) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    await remove(runtime, office)
    assert [one.id for one in await cancel_span(runtime, CARMEN, "centro", Span(FRIDAY_AT_9.date()), "Obras.")]
    (letter,) = await letters(runtime, "appointment_office_cancelled")
    assert (letter["service"], letter["first_at"]) == ("Certificado digital", None)
    with pytest.raises(Refused, match="slot_taken"):
        await service.rebook(runtime, token_of(runtime, amina), FRIDAY_AT_9 + 8 * QUARTER)


async def test_a_visit_of_several_is_told_whole_and_moves_with_what_is_still_given(
    runtime: Runtime, office: Office
) -> None:
    both = await book(runtime, "centro", asking(**BOTH))
    await remove(runtime, office)
    moved = await service.reschedule(runtime, token_of(runtime, both), FRIDAY_AT_9 + 8 * QUARTER)
    assert moved.service_slugs == ("documents",)
    office = await remove(runtime, office, "documents")
    named = [one.name("en") for one in service.services_of(office, await now_of(runtime, both))]
    assert len(named) == 2
    assert "certificate" not in named
    await service.cancel(runtime, token_of(runtime, moved))


async def test_a_service_with_another_slug_is_the_same_service(runtime: Runtime, office: Office) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    office = await rename(runtime, office, "electronic-certificate")
    await set_agenda(runtime, office, "electronic-certificate", change_until=60)
    moved = await service.reschedule(runtime, token_of(runtime, amina), FRIDAY_AT_9 + QUARTER)
    assert moved.service_slug == "electronic-certificate"
    span = Span(FRIDAY_AT_9.date(), service="electronic-certificate")
    assert len(await cancel_span(runtime, CARMEN, "centro", span, "Obras.")) == 1


async def test_what_was_booked_before_names_were_kept_is_called_by_its_slug(
    runtime: Runtime, office: Office
) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    office = await remove(runtime, office)
    (gone,) = service.services_of(office, replace(amina, service_names={}))
    assert gone.name("en") == "certificate"


@sqlite_only
async def test_its_pages_and_its_calls_go_on(app_server: AppServer, office: Office) -> None:
    video = token_of(app_server.runtime, await book(app_server.runtime, "centro", asking(AMINA)))
    person = token_of(
        app_server.runtime, await book(app_server.runtime, "centro", asking(DIEGO, mode="in_person"))
    )
    await remove(app_server.runtime, office)
    async with citizen(app_server) as amina:
        for path in ("", "/calendar.ics", "/cancel", "/reschedule", "/room", "/test"):
            assert (await amina.get(f"/a/{video}{path}")).status == 200, path
        assert "Certificado digital" in (await amina.get(f"/a/{video}")).text
        assert (await amina.get(f"/o/centro?appointment={person}")).status == 200
        gone = await amina.send(await amina.get(f"/a/{video}/cancel"))
        assert "cancelada" in gone.text.lower()
    status, found, _ = await ask(app_server, f"/api/v1/appointments/{person}")
    assert (status, found["service"], found["state"]) == (200, "certificate", "confirmed")
    tickets = "/api/v1/offices/centro/tickets"
    status, refused, _ = await ask(app_server, tickets, json={"appointment": person})
    assert (status, refused["code"]) == (409, "service_gone")
    status, found, _ = await ask(app_server, f"/api/v1/appointments/{person}/cancel", json={})
    assert (status, found["state"]) == (200, "cancelled_citizen")
