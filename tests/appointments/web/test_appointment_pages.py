"""The page of one appointment in each of its states, and the actions that it offers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from office360.appointments import service
from office360.appointments.service import Appointment, appointment_token, book_appointment
from office360.appointments.storage.tables import AppointmentRow
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import LineRow
from sqlalchemy import update

from ...conftest import AppServer, FakeClock
from ..support.html_client import HtmlPage, citizen_browser
from ..support.requesters import FRIDAY_AT_9, make_booking_request


async def book_with_page(server: AppServer, **changes: Any) -> tuple[Appointment, str]:
    """Book an appointment. Returns it and the address of its page."""
    appointment = await book_appointment(server.runtime, "centro", make_booking_request(**changes))
    return appointment, f"/a/{appointment_token(server.runtime, appointment)}"


async def load_page(server: AppServer, path: str) -> HtmlPage:
    async with citizen_browser(server) as person:
        return await person.get(path)


async def set_state(server: AppServer, appointment: Appointment, state: str) -> None:
    async with server.runtime.transaction() as tx:
        row = update(AppointmentRow).where(AppointmentRow.id == appointment.id)
        await tx.session.execute(row.values(state=state))


async def test_video_page_shows_when_entry_opens(app_server: AppServer) -> None:
    appointment, page = await book_with_page(app_server)
    shown = await load_page(app_server, page)
    assert "Podrás entrar el viernes 27 de noviembre desde las 8:45" in shown.text
    assert f"{appointment.locator[:4]} {appointment.locator[4:]}" in shown.text
    assert not any(link.endswith("/room") for link in shown.links)


@pytest.mark.parametrize(
    ("minutes", "enterable"), [(-16, False), (-15, True), (10, True), (44, True), (46, False)]
)
async def test_room_link_appears_within_the_entry_window(
    app_server: AppServer, clock: FakeClock, minutes: int, enterable: bool
) -> None:
    _, page = await book_with_page(app_server)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=minutes))
    shown = await load_page(app_server, page)
    assert (f"{page}/room" in shown.links) is enterable


async def test_in_person_ticket_form_opens_fifteen_minutes_before(app_server: AppServer, clock: FakeClock) -> None:
    _, page = await book_with_page(app_server, mode="in_person")
    assert "Podrás coger turno" in (await load_page(app_server, page)).text
    clock.set(FRIDAY_AT_9 - timedelta(minutes=15))
    shown = await load_page(app_server, page)
    assert shown.form.action == "/o/centro"
    assert shown.form.method == "post"
    assert shown.form.value("appointment") == page.removeprefix("/a/")
    assert shown.form.value("csrf")


async def test_page_follows_the_limits_of_the_line(
    app_server: AppServer, clock: FakeClock, office: Office
) -> None:
    async with app_server.runtime.transaction() as tx:
        rules = {"check_in_opens": 1800, "on_time_until": 1200, "late_until": 3600}
        await tx.session.execute(update(LineRow).values(rules=rules))
        await bump_office_versions(tx.session, [office.id])
    _, page = await book_with_page(app_server, mode="in_person")
    clock.set(FRIDAY_AT_9 - timedelta(minutes=30))
    assert (await load_page(app_server, page)).form.action == "/o/centro"
    clock.set(FRIDAY_AT_9 + timedelta(minutes=15))
    assert "15 minutos tarde" not in (await load_page(app_server, page)).text
    clock.set(FRIDAY_AT_9 + timedelta(minutes=45))
    shown = await load_page(app_server, page)
    assert "Llegas 45 minutos tarde" in shown.text
    assert "antes de las 10:00" in shown.text


async def test_page_refreshes_when_entry_opens(app_server: AppServer, clock: FakeClock) -> None:
    _, page = await book_with_page(app_server)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=45))
    shown = await load_page(app_server, page)
    assert 'data-opens-in-s="1801"' in shown.html
    assert '<meta http-equiv="refresh" content="1801">' in shown.html


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("served", "Ya te hemos atendido"),
        ("no_show", "Te esperábamos y no llegaste"),
        ("cancelled_office", "La culpa es nuestra, no tuya."),
        ("cancelled_citizen", "Tu hora queda libre para otra persona"),
        ("checked_in", "Tu videollamada ha empezado"),
        ("held", "Pendiente de confirmar"),
        ("preconfirmed", "Sin confirmar"),
    ],
)
async def test_page_describes_each_state(app_server: AppServer, state: str, says: str) -> None:
    appointment, page = await book_with_page(app_server)
    await set_state(app_server, appointment, state)
    shown = await load_page(app_server, page)
    assert shown.status == 200
    assert says in shown.text
    assert f"{page}/cancel" not in shown.links


async def test_past_appointment_page_offers_a_new_booking(app_server: AppServer, clock: FakeClock) -> None:
    _, page = await book_with_page(app_server)
    clock.set(FRIDAY_AT_9 + timedelta(hours=2))
    shown = await load_page(app_server, page)
    assert "Esta cita ya ha pasado" in shown.text
    assert "/appointments/new?office=centro&service=certificate&mode=video" in shown.links
    assert f"{page}/reschedule" not in shown.links


async def test_wrong_link_shows_the_find_page(app_server: AppServer) -> None:
    for path in ("/a/wrong", "/a/wrong/cancel", "/a/wrong/reschedule", "/a/wrong/calendar.ics"):
        shown = await load_page(app_server, path)
        assert shown.status == 404
        assert "/appointments/find" in shown.links


async def test_appointment_page_is_not_cached(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    shown = await load_page(app_server, page)
    assert "no-store" in shown.headers["Cache-Control"]
    assert shown.headers["X-Robots-Tag"] == "noindex"


async def test_calendar_file_has_one_event_with_its_link(app_server: AppServer) -> None:
    appointment, page = await book_with_page(app_server)
    async with app_server.client() as client, client.get(f"{page}/calendar.ics") as response:
        assert response.status == 200
        assert response.content_type == "text/calendar"
        file: Any = icalendar.Calendar.from_ical(await response.read())
    (event,) = file.walk("VEVENT")
    assert event["UID"] == appointment.calendar_uid
    assert event["DTSTART"].dt == FRIDAY_AT_9
    assert event["DTEND"].dt == FRIDAY_AT_9 + timedelta(minutes=15)
    assert page in event["DESCRIPTION"]


async def test_cancel_link_only_asks_for_confirmation(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/cancel")
        assert "¿Cancelar esta cita?" in shown.text
        assert "Cita confirmada" in (await person.get(page)).text
        shown = await person.send(shown)
        assert shown.redirect_statuses == (303,)
        assert "Esta cita está cancelada" in shown.text
        again = await person.get(f"{page}/cancel")
    assert again.path == page


async def test_cancel_with_forged_csrf_is_refused(app_server: AppServer) -> None:
    appointment, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        await person.get(page)
        shown = await person.post(f"{page}/cancel", [("csrf", "forged")])
    assert shown.status == 403
    async with app_server.runtime.read_session() as session:
        now = await service.appointment_by_id(session, appointment.id)
    assert now.state == "confirmed"
