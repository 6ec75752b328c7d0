"""A person who names a need books with it in the form, and never in the conversation."""

from __future__ import annotations

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
