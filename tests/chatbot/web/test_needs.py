"""Needs are booked in the conversation, and by the form with all its steps."""

from __future__ import annotations

import pytest
from office360.appointments.service import appointment_by_token

from ...appointments.support.html_client import HtmlPage, citizen_browser
from ...conftest import AppServer
from ..support.client import open_chat_client

BOOKING_MESSAGE = "certificado digital por vídeo el viernes a las 9"


def _marked_needs(page: HtmlPage) -> list[str]:
    return [value for form in page.forms for name, value in form.values if name == "needs"]


async def test_named_need_is_read_back_and_booked(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        assert "Te guardo esa hora" in await amina.say(BOOKING_MESSAGE)
        assert "Tomo nota" in await amina.say("soy sorda, necesito intérprete de lengua de signos")
        assert "Necesitas: Intérprete de lengua de signos." in await amina.say("Amina Haddad, amina@example.org")
        await amina.press("Sí")
    async with app_server.runtime.read_session() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert made.needs == ("sign_language",)


async def test_time_too_soon_for_interpreter_is_not_offered(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        answer = await amina.say("soy sorda, certificado digital por vídeo hoy a las 12")
        assert "necesitamos 24 horas. La primera hora posible es mañana" in answer
        assert not any("hoy" in choice["label"].casefold() for choice in amina.choices)


async def test_two_services_are_booked_as_one_visit(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        await amina.say("certificado digital en persona el viernes a las 9")
        await amina.say("add:documents")
        await amina.say("Amina Haddad, amina@example.org")
        await amina.press("Sí")
    async with app_server.runtime.read_session() as session:
        made = await appointment_by_token(session, amina.link.rpartition("/")[2])
    assert made.service_slugs == ("certificate", "documents")


async def test_need_stays_through_every_step_of_the_form(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as browser:
        page = await browser.get("/appointments/new?office=centro&needs=sign_language&needs=unknown")
        for answer in ({"service": "certificate"}, {"mode": "video"}, {"starts_at": "2026-11-27T09:00:00+01:00"}):
            assert set(_marked_needs(page)) == {"sign_language"}
            page = await browser.send(page, "/appointments/new", **answer)
        assert "Tus datos" in page.text
        assert _marked_needs(page) == ["sign_language"]


@pytest.mark.parametrize(("mode", "is_asked"), [("video", False), ("in_person", True)])
async def test_step_free_access_is_asked_for_visits_only(app_server: AppServer, mode: str, is_asked: bool) -> None:
    async with citizen_browser(app_server) as browser:
        page = await browser.get(
            f"/appointments/new?office=centro&service=certificate&mode={mode}&needs=step_free"
        )
        page = await browser.send(page, "/appointments/new", starts_at="2026-11-27T09:00:00+01:00")
        assert ("Acceso sin escalones" in page.text) is is_asked
        details = {"name": "Amina", "email": "amina@example.org", "privacy_accepted": "1"}
        page = await browser.send(page, "/appointments/new", needs=["step_free"], **details)
    token = page.url.rpartition("/")[2].partition("?")[0]
    async with app_server.runtime.read_session() as session:
        assert ("step_free" in (await appointment_by_token(session, token)).needs) is is_asked


async def test_wheelchair_does_not_stop_booking_by_video(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        answer = await amina.say(f"{BOOKING_MESSAGE}, voy en silla de ruedas")
        assert "no hace falta que lo indiques" in answer
        assert "Te guardo esa hora" in answer
        answer = await amina.say("uso silla de ruedas")
        assert "no hace falta que lo indiques" in answer
        assert "¿Cómo te llamas" in answer
