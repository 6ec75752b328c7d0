"""A person who names a need books with it in the form, and never in the conversation."""

from __future__ import annotations

import pytest
from office360.appointments.service import appointment_by_token

from ...appointments.support.html_client import HtmlPage, citizen_browser
from ...conftest import AppServer
from ..support.client import open_chat_client

BOOKING_MESSAGE = "certificado digital por vídeo el viernes a las 9"


def _marked_needs(page: HtmlPage) -> list[str]:
    return [value for form in page.forms for name, value in form.values if name == "needs"]


async def test_named_need_is_booked_by_the_form(app_server: AppServer) -> None:
    async with open_chat_client(app_server) as amina:
        assert "Te guardo esa hora" in await amina.say(BOOKING_MESSAGE)
        assert "ya está marcado" in await amina.say("soy sorda, necesito intérprete de lengua de signos")
        link = amina.link
        assert "ya está marcado" in await amina.say(BOOKING_MESSAGE)
    async with citizen_browser(app_server) as browser:
        page = await browser.get(link)
        assert page.forms[-1].value("email") == ""  # office, service, mode and time are known
        assert _marked_needs(page) == ["sign_language"]
        page = await browser.send(
            page, "/appointments/new", name="Amina", email="amina@example.org", privacy_accepted="1"
        )
    token = page.url.rpartition("/")[2].partition("?")[0]
    async with app_server.runtime.read_session() as session:
        assert (await appointment_by_token(session, token)).needs == ("sign_language",)


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
        assert "¿Cómo te llamas?" in answer
