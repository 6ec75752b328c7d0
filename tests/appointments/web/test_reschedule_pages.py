"""The page that moves an appointment, in a browser without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

from office360.appointments.service import book_appointment
from office360.offices.service import Office

from ...conftest import AppServer
from ..support.html_client import citizen_browser
from ..support.phone_mode import AMINA_PHONE, allow_phone
from ..support.requesters import DIEGO, FRIDAY_AT_9, make_booking_request
from .test_appointment_pages import book_with_page


async def test_old_link_leads_to_the_rescheduled_appointment(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule")
        shown = await person.send(shown, starts_at="2026-11-30T10:00:00+01:00")
        assert shown.redirect_statuses == (303,)
        assert "Tu cita tiene nueva hora" in shown.text
        assert "lunes 30 de noviembre a las 10:00" in shown.text
        new = shown.path.split("?")[0]
        again = await person.get(f"{new}/reschedule")
        again = await person.send(again, starts_at="2026-11-30T11:00:00+01:00")
        newest = again.path.split("?")[0]
        old = await person.get(page)
        assert (old.redirect_statuses, old.path) == ((303,), f"{newest}?older=1")
        assert "Tu enlace es de una hora anterior" in old.text
        assert "lunes 30 de noviembre a las 11:00" in old.text
        for rest in ("/reschedule?day=2026-12-01", "/cancel", "/test", "/calendar.ics"):
            assert (await person.get(page + rest)).path == newest + rest
        assert (await person.get(f"{page}/room")).path == f"{newest}/room"


async def test_reschedule_page_offers_nearest_for_taken_slot(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?day=2026-11-27&from=2026-11-27")
        assert "2026-11-27T09:30:00+01:00" in shown.form.option_values("starts_at")
        await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO, starts_at=later))
        shown = await person.send(shown, starts_at="2026-11-27T09:30:00+01:00")
        assert shown.status == 409
        assert shown.form.option_values("starts_at") == [
            "2026-11-27T09:15:00+01:00",
            "2026-11-27T09:45:00+01:00",
        ]
        shown = await person.send(shown, starts_at="2026-11-27T09:15:00+01:00")
    assert "a las 9:15" in shown.text


async def test_reschedule_page_shows_but_omits_current_time(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?day=2026-11-27")
    assert "Ahora: viernes 27 de noviembre, 9:00" in shown.text
    assert shown.form.option_values("starts_at")[0] == "2026-11-27T09:15:00+01:00"


async def test_reschedule_without_time_reports_missing_time(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.send(await person.get(f"{page}/reschedule"))
    assert shown.status == 422
    assert "Elige una hora" in shown.text


async def test_move_to_a_passed_time_is_too_late(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule")
        shown = await person.send(shown, starts_at="2026-11-25T09:00:00+01:00")  # an hour or more ago
    assert shown.status == 409
    assert "Ya es tarde para reservar esa hora." in shown.text
    assert "acaba de ocuparse" not in shown.text


async def test_reschedule_page_with_own_time_changes_nothing(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server)
    async with citizen_browser(app_server) as person:
        shown = await person.send(await person.get(f"{page}/reschedule"), starts_at="2026-11-27T09:00:00+01:00")
    assert shown.path == page


async def test_video_call_can_become_a_visit_at_the_office(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server, service="certificate", mode="video")
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?mode=in_person")
        assert "Ir a la oficina" in shown.text
        shown = await person.send(shown, starts_at="2026-11-27T09:00:00+01:00")
        assert "Tu cita tiene nueva hora" in shown.text
        assert "Videollamada" not in shown.text
        again = await person.get(f"{shown.path.split('?')[0]}/reschedule?mode=video")
    assert "Ir a la oficina" not in again.text


async def test_video_call_can_become_a_telephone_call_at_its_time(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    _, page = await book_with_page(app_server, service="certificate", mode="video", phone=None)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?mode=phone")
        assert "Prefiero una llamada de teléfono" in shown.text
        assert re.search(r'value="2026-11-27T09:00:00\+01:00" required checked', shown.html)
        refused = await person.send(shown, starts_at="2026-11-27T09:00:00+01:00", phone="6001")
        assert refused.status == 422
        assert re.search(r'id="phone"[^>]*value="6001"[^>]*aria-invalid="true"', refused.html)
        shown = await person.send(refused, starts_at="2026-11-27T09:00:00+01:00", phone="600 111 222")
    assert "Te llamamos" in shown.text
    assert "viernes 27 de noviembre" in shown.text


async def test_known_number_is_kept_for_the_telephone_call(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    _, page = await book_with_page(app_server, service="certificate", mode="video", phone=AMINA_PHONE)
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?mode=phone")
        assert "6•• ••• •22" in shown.text
        shown = await person.send(shown, starts_at="2026-11-27T09:20:00+01:00")
    assert "Te llamamos" in shown.text


async def test_service_by_video_only_has_no_visit_at_the_office(app_server: AppServer) -> None:
    _, page = await book_with_page(app_server, service="complaints", mode="video")
    async with citizen_browser(app_server) as person:
        shown = await person.get(f"{page}/reschedule?mode=in_person")
    assert "Ir a la oficina" not in shown.text
