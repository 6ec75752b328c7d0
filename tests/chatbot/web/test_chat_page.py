"""The page without JavaScript: forms that are posted, history that is drawn again, what is typed that is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.chatbot.storage.tables import ChatSessionRow
from office360.core.ids import new_id
from office360.offices.service import bump_offices
from office360.offices.tables import ServiceRow
from sqlalchemy import func, select

from ...appointments.support.html_client import Citizen, Page, citizen
from ...conftest import AppServer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[Citizen]:
    async with citizen(app_server) as person:
        yield person


async def _say(person: Citizen, page: Page, text: str) -> Page:
    return await person.post("/chat", page.forms[-1].filled(text=text))


async def _press(person: Citizen, page: Page, value: str) -> Page:
    assert f'value="{value}"' in page.html
    return await person.post("/chat", page.forms[0].filled(choice=value))


async def _conversations(server: AppServer) -> int:
    async with server.runtime.reading() as session:
        return int((await session.execute(select(func.count()).select_from(ChatSessionRow))).scalar_one())


async def test_a_booking_needs_no_javascript(amina: Citizen) -> None:
    page = await amina.get("/chat")
    page = await _press(amina, page, "task:book")
    page = await _press(amina, page, "service:certificate")
    page = await _press(amina, page, "mode:video")
    page = await _say(amina, page, "el viernes a las 9")
    page = await _say(amina, page, "Amina Haddad, amina@example.org")
    page = await _press(amina, page, "skip:phone")
    page = await _press(amina, page, "accept:")
    page = await _press(amina, page, "yes:")
    assert "Te guardamos el hueco" in page.text
    link = next(one for one in page.links if "/a/" in one)
    assert (await amina.get("/a/" + link.rpartition("/")[2])).status == 200


async def test_a_page_that_is_loaded_again_shows_what_was_said(amina: Citizen) -> None:
    page = await amina.get("/chat")
    await _say(amina, page, "certificado digital")
    again = await amina.get("/chat")
    assert "Tú: certificado digital" in again.text
    assert "¿Cómo quieres que te atendamos?" in again.text


async def test_what_was_pressed_is_shown_in_its_words(amina: Citizen) -> None:
    first = await amina.get("/chat")
    page = await _press(amina, first, "task:book")
    assert "Tú: Pedir cita" in page.text
    page = await _press(amina, page, "service:certificate")
    page = await _say(amina, page, "por videollamada")
    page = await amina.post("/chat", first.forms[0].filled(choice="task:book"))  # another tab, as it was at first
    assert "task:book" not in page.text


async def _many_services(server: AppServer) -> None:
    async with server.runtime.transaction() as tx:
        row = (await tx.session.scalars(select(ServiceRow))).first()
        assert row is not None
        kept = {column.key: getattr(row, column.key) for column in ServiceRow.__table__.columns}
        for at in range(20):
            names = {"es": f"Trámite {at}", "en": f"Service {at}"}
            tx.session.add(ServiceRow(**{**kept, "id": new_id(), "slug": f"more-{at}", "names": names}))
        await bump_offices(tx.session, [row.office_id])


async def test_of_many_choices_some_are_shown_and_the_others_unfolded(
    app_server: AppServer, amina: Citizen
) -> None:
    await _many_services(app_server)
    page = await _press(amina, await amina.get("/chat"), "task:book")
    shown, _, folded = page.html.partition("<summary>")
    assert shown.count('value="service:') == 6
    hidden = folded.count('value="service:')
    assert hidden >= 12
    assert f"Ver {hidden} más" in page.text


async def test_looking_at_the_page_begins_no_conversation(app_server: AppServer, amina: Citizen) -> None:
    await amina.get("/chat")
    assert await _conversations(app_server) == 0


async def test_a_message_that_is_sent_twice_is_heard_once(amina: Citizen) -> None:
    page = await amina.get("/chat")
    page = await _say(amina, page, "hola")
    await _say(amina, page, "certificado digital")
    again = await _say(amina, page, "certificado digital")
    assert again.text.count("Tú: certificado digital") == 1


async def test_too_long_a_message_is_kept_and_said_so(amina: Citizen) -> None:
    page = await amina.get("/chat")
    answer = await _say(amina, page, "a" * 501)
    assert answer.status == 422
    assert "Escribe como mucho 500 caracteres." in answer.text
    assert "a" * 501 in answer.html


async def test_an_empty_message_is_asked_for(amina: Citizen) -> None:
    page = await amina.get("/chat")
    answer = await _say(amina, page, " ")
    assert (answer.status, "Completa este dato." in answer.text) == (422, True)


async def test_a_message_of_another_site_is_refused_and_kept(amina: Citizen) -> None:
    await amina.get("/chat")
    answer = await amina.post("/chat", [("text", "certificado digital"), ("csrf", "wrong")])
    assert answer.status == 403
    assert 'value="certificado digital"' in answer.html


async def test_a_conversation_that_is_over_begins_anew_with_the_message(
    app_server: AppServer, amina: Citizen
) -> None:
    page = await amina.get("/chat")
    page = await _say(amina, page, "hola")
    app_server.runtime.clock.advance(hours=3)  # type: ignore[attr-defined]
    page = await _say(amina, page, "certificado digital")
    assert "¿Cómo quieres que te atendamos?" in page.text
    assert "Tú: hola" not in page.text


async def test_the_symbol_floats_on_every_page_but_the_assistants_own(amina: Citizen) -> None:
    for path in ("/", "/appointments/new", "/turn", "/test", "/o/centro", "/appointments/find", "/nowhere"):
        assert 'class="ask"' in (await amina.get(path)).html, path
    assert 'class="ask"' not in (await amina.get("/chat")).html
