"""The reception's calendar over real HTTP: days, booking, moves, cancellations, search."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, AppointmentState, book_appointment
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions, hours, office_by_slug
from office360.offices.storage.tables import ServiceRow
from office360.staff.queries.reception_day import DayFilter, load_calendar_days, load_reception_day
from office360.staff.web.calendar import calendar_search_page
from sqlalchemy import select, update

from ....appointments.support.database import load_outbox
from ....appointments.support.html_client import CitizenBrowser, HtmlPage
from ....appointments.support.phone_mode import AMINA_PHONE
from ....appointments.support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ....conftest import AppServer, FakeClock
from ...conftest import sign_in

CALENDAR = "/staff/calendar"
FRIDAY = f"{CALENDAR}?office=centro&day=2026-11-27"
S = AppointmentState
ZOE = {"name": "Zoé Núñez Etxeberría", "email": "zoe@example.org"}


@asynccontextmanager
async def reception(server: AppServer, username: str = "carmen") -> AsyncIterator[CitizenBrowser]:
    async with server.client() as client:
        await sign_in(client, username)
        yield CitizenBrowser(client, server.runtime)


async def reload(server: AppServer, appointment: Appointment) -> Appointment:
    async with server.runtime.read_session() as session:
        return await appointments.appointment_by_id(session, appointment.id)


async def book(server: AppServer, person: dict[str, str] = AMINA, **more: Any) -> Appointment:
    return await book_appointment(server.runtime, "centro", make_booking_request(person, **more))


async def fill_booking(carmen: CitizenBrowser, **values: str | list[str] | None) -> HtmlPage:
    """Open the form at Friday, choose the first free time, and send it with these values."""
    page = await carmen.get(f"{CALENDAR}/new?office=centro&day=2026-11-27&service=certificate&mode=in_person")
    form = next(form for form in page.forms if form.action == f"{CALENDAR}/new")
    filled = {"starts_at": form.option_values("starts_at")[0], **values}
    return await carmen.post(f"{CALENDAR}/new", form.filled_values(**filled))


async def send_action(carmen: CitizenBrowser, path: str, **values: str | None) -> HtmlPage:
    """Open a form of an appointment's card and send it."""
    page = await carmen.get(path)
    form = next(form for form in page.forms if form.action == path)
    return await carmen.post(path, form.filled_values(**values))


async def search(carmen: CitizenBrowser, text: str) -> HtmlPage:
    page = await carmen.get(f"{CALENDAR}/search")
    form = next(form for form in page.forms if form.action == f"{CALENDAR}/search")
    return await carmen.post(f"{CALENDAR}/search", form.filled_values(q=text))


async def test_day_shows_appointments_free_and_closed_times(app_server: AppServer, staff: dict[str, str]) -> None:
    await book(app_server)
    cancelled = await book(app_server, DIEGO, starts_at=FRIDAY_AT_9 + QUARTER)
    async with reception(app_server) as carmen:
        await send_action(carmen, f"{CALENDAR}/{cancelled.id}/cancel", why="own", words="Obras en el edificio.")
        page = await carmen.get(FRIDAY)
        assert "Amina Haddad" in page.text
        assert DIEGO["name"] not in page.text, "a cancelled appointment is shown by its filter only"
        assert DIEGO["name"] in (await carmen.get(f"{FRIDAY}&state=cancelled")).text
        assert "Amina Haddad" not in (await carmen.get(f"{FRIDAY}&mode=in_person")).text
        assert "9:00" in page.text
        assert any("at=2026-11-27T09%3A00" in link for link in page.links), "a free time leads to the form"
        assert "Amina Haddad" in (await carmen.get(f"{CALENDAR}/list?office=centro&day=2026-11-27")).text
        await carmen.post(
            "/staff/host/centro/cancel",
            (await carmen.get("/staff/host/centro/cancel")).form.filled_values(
                date="2026-11-30", reason="Formación", step="all"
            ),
        )
        closed = await carmen.get(f"{CALENDAR}?office=centro&day=2026-11-30")
        assert "Cerrado todo el día: Todos los trámites Formación" in closed.text
        assert not any("at=2026-11-30" in link for link in closed.links)


async def test_repeated_hour_of_clock_change_shows_twice(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.set(datetime(2027, 10, 20, 9, tzinfo=UTC))
    night = hours.OpeningInterval(time(1), time(5))
    by_night = replace(office, hours=replace(office.hours, weekly={6: (night,)}))
    async with runtime.read_session() as session:
        day = await load_reception_day(session, by_night, date(2027, 10, 31), clock.now(), DayFilter())
    local = [hour.starts_at.astimezone(office.timezone) for hour in day.hours]
    assert [(at.hour, at.tzname()) for at in local] == [
        (1, "CEST"),
        (2, "CEST"),
        (2, "CET"),
        (3, "CET"),
        (4, "CET"),
    ]


async def test_month_tells_free_full_and_closed_days(app_server: AppServer, office: Office) -> None:
    async with app_server.runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).values(capacity={}))
        await tx.session.execute(
            update(ServiceRow).where(ServiceRow.slug == "complaints").values(capacity={"video": 1})
        )
        await bump_office_versions(tx.session, [office.id])
    async with app_server.runtime.read_session() as session:
        office = await office_by_slug(session, office.slug)
    saturday = datetime(2026, 11, 28, 8, tzinfo=UTC)
    for place in range(12):
        person = {"name": f"Persona {place}", "email": f"p{place}@example.org"}
        start = saturday + place * timedelta(minutes=20)
        await book(app_server, person, service="complaints", starts_at=start)
    async with app_server.runtime.read_session() as session:
        weeks = await load_calendar_days(session, office, date(2026, 11, 1), app_server.runtime.now())
    loads = {
        cell.day.day: (str(cell.load), cell.booked) for week in weeks for cell in week if cell.day.month == 11
    }
    assert loads[24] == ("past", 0)
    assert loads[27] == ("free", 0)
    assert loads[28] == ("full", 12)
    assert loads[29] == ("closed", 0)


@pytest.mark.parametrize(
    ("contact", "values", "channels"),
    [
        ("email", {"email": "rosa@example.org"}, ["email"]),
        ("sms", {"phone": "600 000 001"}, ["sms"]),
        ("slip", {"email": "ignored@example.org"}, []),
    ],
)
async def test_booking_reaches_each_kind_of_contact(
    app_server: AppServer, staff: dict[str, str], contact: str, values: dict[str, str], channels: list[str]
) -> None:
    async with reception(app_server) as carmen:
        done = await fill_booking(carmen, name="Rosa Pérez", contact=contact, **values)
        assert done.status == 200
        assert "La cita está dada" in done.text
        assert ("A esta persona no le llega ningún mensaje" in done.text) == (not channels)
        assert any(link.startswith("/staff/appointments/") for link in done.links), "the slip can be printed"
    told = [message.channel for message in await load_outbox(app_server.runtime)]
    assert told == channels


async def test_double_press_books_once(app_server: AppServer, staff: dict[str, str]) -> None:
    async with reception(app_server) as carmen:
        page = await carmen.get(f"{CALENDAR}/new?office=centro&day=2026-11-27&service=certificate&mode=in_person")
        form = next(form for form in page.forms if form.action == f"{CALENDAR}/new")
        values = form.filled_values(
            name="Rosa Pérez", contact="slip", starts_at=form.option_values("starts_at")[0]
        )
        both = await asyncio.gather(*(carmen.post(f"{CALENDAR}/new", values) for _ in range(2)))
        assert both[0].path == both[1].path


async def test_invalid_booking_keeps_what_was_typed(app_server: AppServer, staff: dict[str, str]) -> None:
    async with reception(app_server) as carmen:
        page = await fill_booking(carmen, name="Rosa", contact="email", email="rosa", phone="6", starts_at=None)
        assert page.status == 422
        assert "Elige una hora." in page.text
        assert page.html.count('aria-invalid="true"') == 2
        assert 'value="Rosa"' in page.html


async def test_taken_time_offers_the_nearest_and_keeps_input(app_server: AppServer, staff: dict[str, str]) -> None:
    await book(app_server, mode="in_person")
    async with reception(app_server) as carmen:
        page = await fill_booking(carmen, name="Rosa Pérez", contact="slip", starts_at="2026-11-27T09:00:00+01:00")
        assert page.status == 409
        assert "Estas son las horas libres más cercanas" in page.text
        assert 'value="Rosa Pérez"' in page.html
        assert page.html.count('value="2026-11-27T09:15:00+01:00"') >= 1


async def test_time_beyond_the_places_needs_a_reason(app_server: AppServer, staff: dict[str, str]) -> None:
    await book(app_server, mode="in_person")
    async with reception(app_server) as carmen:
        other = {"name": "Rosa Pérez", "contact": "slip", "starts_at": "other", "other_time": "09:00"}
        assert (await fill_booking(carmen, **other)).status == 422
        done = await fill_booking(carmen, **other, override="Viene de lejos")
        assert "Viene de lejos" in done.text
        assert "9:00" in done.text


async def test_duplicate_leads_to_the_existing_appointment(app_server: AppServer, staff: dict[str, str]) -> None:
    existing = await book(app_server)
    async with reception(app_server) as carmen:
        page = await fill_booking(carmen, name="A. Haddad", email=AMINA["email"])
        assert page.status == 409
        assert f"{CALENDAR}/{existing.id}" in page.links
        namesake = await fill_booking(carmen, name="AMINA HADDAD", contact="slip")
        assert "Ese día hay una cita con este nombre" in namesake.text
        form = next(form for form in namesake.forms if form.action == f"{CALENDAR}/new")
        done = await carmen.post(f"{CALENDAR}/new", form.filled_values())
        assert "La cita está dada" in done.text, "another person may have the same name"


async def test_move_tells_the_citizen_and_second_host_sees_it(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    booked = await book(app_server)
    path = f"{CALENDAR}/{booked.id}/move"
    async with reception(app_server) as carmen:
        page = await carmen.get(f"{path}?day=2026-11-30")
        form = next(form for form in page.forms if form.action == path)
        times = form.option_values("starts_at")
        changes = {"starts_at": times[1], "who": "office", "reason": "Falta una persona"}
        moved = await carmen.post(path, form.filled_values(**changes))
        assert "La cita está cambiada" in moved.text
        assert "Lunes 30 de noviembre" in moved.text
        second = await carmen.post(path, form.filled_values(starts_at=times[4]))
        assert "No se ha hecho: la cita ha cambiado mientras tanto" in second.text
        assert "9:15" in second.text, "the card shows what the first one did"
    told = [
        message for message in await load_outbox(app_server.runtime) if message.kind == "appointment_rescheduled"
    ]
    assert [message.payload["move_reason"] for message in told] == ["Falta una persona"]


async def test_move_changes_mode_at_the_same_time(app_server: AppServer, staff: dict[str, str]) -> None:
    booked = await book(app_server)
    async with reception(app_server) as carmen:
        path = f"{CALENDAR}/{booked.id}/move"
        done = await send_action(
            carmen, path, mode="in_person", starts_at="2026-11-27T09:00:00+01:00", who="request"
        )
        assert "La cita está cambiada" in done.text
    old = await reload(app_server, booked)
    assert old.rescheduled_to is not None
    async with app_server.runtime.read_session() as session:
        new = await appointments.appointment_by_id(session, old.rescheduled_to)
        entry = (await session.execute(select(AuditEntryRow))).scalars().one()
    assert (new.mode, new.starts_at) == ("in_person", FRIDAY_AT_9)
    assert entry.after is not None
    assert entry.after["mode"] == "in_person"


async def test_cancellation_shows_phone_and_reasons_of_person(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    """A person whom no message reaches, and who reads another language than staff."""
    person = {"name": AMINA["name"], "email": None, "phone": AMINA_PHONE, "mode": "in_person", "language": "en"}
    booked = await book_appointment(app_server.runtime, "centro", make_booking_request({}, **person))
    async with reception(app_server) as carmen:
        page = await carmen.get(f"{CALENDAR}/{booked.id}/cancel")
    assert "A esta persona no le llega ningún mensaje" in page.text
    assert f"tel:{AMINA_PHONE}" in page.links
    assert "Los ordenadores no funcionan. The computers are not working." in page.text


async def test_cancellation_on_request_frees_the_slot(app_server: AppServer, staff: dict[str, str]) -> None:
    booked = await book(app_server)
    async with reception(app_server) as carmen:
        path = f"{CALENDAR}/{booked.id}/cancel"
        assert (await send_action(carmen, path, why="own", words=" ")).status == 422
        assert (await send_action(carmen, path, why="no_time")).status == 422, "a reason to stop a line"
        done = await send_action(carmen, path, why="request")
        assert "La cita está cancelada" in done.text
        assert "Cancelada por la persona" in done.text
    assert (await reload(app_server, booked)).state is S.CANCELLED_CITIZEN
    kinds = [message.kind for message in await load_outbox(app_server.runtime)]
    assert kinds[-1] == "appointment_cancelled"


async def test_contact_with_same_booking_is_refused(app_server: AppServer, staff: dict[str, str]) -> None:
    """The sentence speaks to staff about the citizen, not to the citizen."""
    await book(app_server)
    other = await book(app_server, DIEGO, starts_at=FRIDAY_AT_9 + QUARTER)
    async with reception(app_server) as carmen:
        page = await send_action(carmen, f"{CALENDAR}/{other.id}/contact", email=AMINA["email"])
    assert (page.status, "Esta persona ya tiene cita para el trámite" in page.text) == (409, True)


async def test_corrected_contact_is_told_and_audited_without_it(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    booked = await book(app_server)
    path = f"{CALENDAR}/{booked.id}/contact"
    async with reception(app_server) as carmen:
        page = await carmen.get(path)
        form = next(form for form in page.forms if form.action == path)
        done = await carmen.post(path, form.filled_values(email="new@example.org"))
        assert "Los datos están corregidos" in done.text
        second = await carmen.post(path, form.filled_values(name="Other Name"))
        assert second.status == 409
        assert "new@example.org" in second.html, "the second one sees the fresh details"
        for _ in range(2):  # a double press sends it once
            assert "El enlace va en camino" in (await send_action_of_card(carmen, booked, "link")).text
    assert (await reload(app_server, booked)).name == AMINA["name"]
    told = [(message.kind, message.recipient) for message in await load_outbox(app_server.runtime)]
    assert told[-2:] == [("appointment_confirmed", "new@example.org"), ("appointment_link", "new@example.org")]
    async with app_server.runtime.read_session() as session:
        entries = (await session.execute(select(AuditEntryRow).order_by(AuditEntryRow.id))).scalars().all()
    assert [entry.action for entry in entries] == ["appointment.corrected", "appointment.link_sent"]
    assert "example.org" not in str([entry.after for entry in entries])


async def send_action_of_card(carmen: CitizenBrowser, appointment: Appointment, action: str) -> HtmlPage:
    card = await carmen.get(f"{CALENDAR}/{appointment.id}")
    form = next(form for form in card.forms if form.action.endswith(f"/{action}"))
    return await carmen.post(form.action, form.filled_values())


async def test_search_finds_partial_names_in_own_offices_only(
    app_server: AppServer, staff: dict[str, str], runtime: Runtime
) -> None:
    own = await book(app_server, ZOE, starts_at=FRIDAY_AT_9 + timedelta(days=20), phone="+34600000000")
    await book_appointment(runtime, "norte", make_booking_request(ZOE, starts_at=FRIDAY_AT_9))
    async with reception(app_server) as carmen:
        queries = ("nunez etxe", "ZOÉ", "zoe@example.org", "600 000 000", own.locator.lower(), "oe@exam")
        for text in queries:
            found = await search(carmen, text)
            assert [link for link in found.links if link.startswith(f"{CALENDAR}/0")] == [
                f"{CALENDAR}/{own.id}"
            ], text
            assert text not in found.url
        assert "No hay ninguna cita así" in (await search(carmen, "nobody here")).text
        assert (await search(carmen, "z")).status == 422


async def test_day_is_downloaded_without_contacts(app_server: AppServer, staff: dict[str, str]) -> None:
    booked = await book(app_server, {"name": "=Amina", "email": AMINA["email"]})
    async with reception(app_server) as carmen:
        page = await carmen.get(f"{FRIDAY}&mode=video&lang=en")
        address = next(link for link in page.links if ".csv" in link)
        file = await carmen.get(address)
        assert (file.status, file.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
        head, row = csv.reader(file.html.removeprefix("\ufeff").splitlines())
        assert head[:6] == ["Time", "Until", "Name", "Service", "How", "State"]
        assert row[:3] == ["9:00", "9:15", "'=Amina"], "no cell is a formula"
        assert row[-2].replace(" ", "") == booked.locator
        assert (head[-1], row[-1]) == ("Time zone", "Central European Standard Time")
        assert row[-3] in ("Spanish", "English")
        assert "@" not in file.html
        assert len((await carmen.get(address.replace("2026-11-27", "2026-11-26"))).html.splitlines()) == 1
    async with app_server.runtime.read_session() as session:
        entries = (await session.execute(select(AuditEntryRow).order_by(AuditEntryRow.id))).scalars().all()
    assert [(entry.action, entry.after) for entry in entries] == [
        ("office.calendar_downloaded", {"day": "2026-11-27", "appointments": 1}),
        ("office.calendar_downloaded", {"day": "2026-11-26", "appointments": 0}),
    ]


async def test_searches_of_one_person_are_limited(
    app_server: AppServer, staff: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_search_page, "MAX_SEARCHES", 1)
    async with reception(app_server) as carmen:
        assert (await search(carmen, "amina")).status == 200
        refused = await search(carmen, "amina haddad")
        assert (refused.status, "amina" in refused.url) == (429, False)
        assert 'value="amina haddad"' in refused.html


@pytest.mark.parametrize("username", ["boris", "diego"])
async def test_agents_and_other_offices_are_refused(
    app_server: AppServer, staff: dict[str, str], username: str
) -> None:
    booked = await book(app_server)
    async with reception(app_server, username) as person:
        csv_path = FRIDAY.replace(CALENDAR, f"{CALENDAR}.csv")
        for path in (
            FRIDAY,
            csv_path,
            f"{CALENDAR}/{booked.id}",
            f"{CALENDAR}/{booked.id}/move",
            f"{CALENDAR}/search",
        ):
            page = await person.get(path)
            assert page.status == 403, path
            assert AMINA["name"] not in page.text
