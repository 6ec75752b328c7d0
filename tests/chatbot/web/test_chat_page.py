"""The page without JavaScript: forms, the transcript, and typed text after an error."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from office360.chatbot.storage.tables import ChatSessionRow
from office360.core.db.audit_entries import AuditActor
from office360.core.ids import new_id
from office360.offices.domain.documents.site import SiteProfile
from office360.offices.service import bump_office_versions, save_site_profile
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import func, select

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...conftest import AppServer


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[CitizenBrowser]:
    async with citizen_browser(app_server) as person:
        yield person


async def _say(person: CitizenBrowser, page: HtmlPage, text: str) -> HtmlPage:
    return await person.post("/chat", page.forms[-1].filled_values(text=text))


async def _press(person: CitizenBrowser, page: HtmlPage, value: str) -> HtmlPage:
    assert f'value="{value}"' in page.html
    return await person.post("/chat", page.forms[0].filled_values(choice=value))


async def _count_conversations(server: AppServer) -> int:
    async with server.runtime.read_session() as session:
        return int((await session.execute(select(func.count()).select_from(ChatSessionRow))).scalar_one())


async def test_booking_works_without_javascript(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    page = await _press(amina, page, "task:book")
    page = await _press(amina, page, "service:certificate")
    page = await _press(amina, page, "mode:video")
    page = await _say(amina, page, "el viernes a las 9")
    page = await _say(amina, page, "Amina Haddad, amina@example.org")
    page = await _press(amina, page, "yes:")
    assert "Te guardamos el hueco" in page.text
    link = next(link for link in page.links if "/a/" in link)
    assert (await amina.get("/a/" + link.rpartition("/")[2])).status == 200


async def test_reloaded_page_shows_transcript(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    await _say(amina, page, "certificado digital")
    again = await amina.get("/chat")
    assert "Tú: certificado digital" in again.text
    assert "¿Cómo quieres que te atendamos?" in again.text


async def test_pressed_choice_is_shown_by_its_label(amina: CitizenBrowser) -> None:
    first = await amina.get("/chat")
    page = await _press(amina, first, "task:book")
    assert "Tú: Pedir cita" in page.text
    page = await _press(amina, page, "service:certificate")
    page = await _say(amina, page, "por videollamada")
    # The page in another tab still has the first choices.
    page = await amina.post("/chat", first.forms[0].filled_values(choice="task:book"))
    assert "task:book" not in page.text


async def _add_services(server: AppServer) -> None:
    async with server.runtime.transaction() as tx:
        row = (await tx.session.scalars(select(ServiceRow))).first()
        assert row is not None
        values = {column.key: getattr(row, column.key) for column in ServiceRow.__table__.columns}
        for number in range(20):
            names = {"es": f"Trámite {number}", "en": f"Service {number}"}
            tx.session.add(ServiceRow(**{**values, "id": new_id(), "slug": f"more-{number}", "names": names}))
        await bump_office_versions(tx.session, [row.office_id])


async def test_choices_beyond_six_are_folded(app_server: AppServer, amina: CitizenBrowser) -> None:
    await _add_services(app_server)
    page = await _press(amina, await amina.get("/chat"), "task:book")
    shown, _, folded = page.html.partition("<summary>")
    assert shown.count('value="service:') == 6
    hidden = folded.count('value="service:')
    assert hidden >= 12
    assert f"Ver {hidden} más" in page.text


async def test_viewing_page_creates_no_conversation(app_server: AppServer, amina: CitizenBrowser) -> None:
    await amina.get("/chat")
    assert await _count_conversations(app_server) == 0


async def test_message_sent_twice_is_answered_once(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    page = await _say(amina, page, "hola")
    await _say(amina, page, "certificado digital")
    again = await _say(amina, page, "certificado digital")
    assert again.text.count("Tú: certificado digital") == 1


async def test_too_long_message_is_refused_and_stays_typed(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    answer = await _say(amina, page, "a" * 501)
    assert answer.status == 422
    assert "Escribe como mucho 500 caracteres." in answer.text
    assert "a" * 501 in answer.html


async def test_empty_message_is_refused(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    answer = await _say(amina, page, " ")
    assert (answer.status, "Completa este dato." in answer.text) == (422, True)


async def test_cross_site_message_is_refused_and_stays_typed(amina: CitizenBrowser) -> None:
    await amina.get("/chat")
    answer = await amina.post("/chat", [("text", "certificado digital"), ("csrf", "wrong")])
    assert answer.status == 403
    assert 'value="certificado digital"' in answer.html


async def test_expired_conversation_restarts_with_message(app_server: AppServer, amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    page = await _say(amina, page, "hola")
    app_server.runtime.clock.advance(hours=3)  # type: ignore[attr-defined]
    page = await _say(amina, page, "certificado digital")
    assert "¿Cómo quieres que te atendamos?" in page.text
    assert "Tú: hola" not in page.text


async def test_assistant_tab_is_on_every_other_page(amina: CitizenBrowser) -> None:
    for path in ("/", "/appointments/new", "/turn", "/test", "/o/centro", "/appointments/find", "/nowhere"):
        assert 'class="ask"' in (await amina.get(path)).html, path
    assert 'class="ask"' not in (await amina.get("/chat")).html


async def _ask_mode(person: CitizenBrowser) -> HtmlPage:
    page = await person.get("/chat")
    page = await _press(person, page, "task:book")
    return await _press(person, page, "service:certificate")


async def test_language_switch_asks_last_question_again(amina: CitizenBrowser) -> None:
    page = await _ask_mode(amina)
    assert "¿Cómo quieres que te atendamos?" in page.text
    for _ in range(2):  # looking again repeats nothing
        page = await amina.get("/chat?lang=en")
        assert page.text.count("We will carry on in English. How would you like to be seen?") == 1
        assert page.html.count('value="mode:video"') == 1, "only the last question has buttons"
    page = await _press(amina, page, "mode:video")
    assert "You: By video call" in page.text
    assert "Which day suits you?" in page.text
    page = await _say(amina, page, "9:00")
    assert "We will carry on in English. I understood" not in page.text, "the conversation speaks English already"


async def test_label_of_switched_question_is_understood(amina: CitizenBrowser) -> None:
    await _ask_mode(amina)
    page = await amina.get("/chat?lang=en")
    page = await _say(amina, page, "By video call")
    assert "Which day suits you?" in page.text


async def test_switched_conversation_books_what_was_said(app_server: AppServer, amina: CitizenBrowser) -> None:
    page = await _ask_mode(amina)
    page = await _press(amina, page, "mode:video")
    page = await _say(amina, page, "el viernes a las 9")
    page = await _say(amina, page, "Amina Haddad, amina@example.org")
    page = await amina.get("/chat?lang=en")
    assert "Name Amina Haddad Change the name" in page.text
    page = await _press(amina, page, "yes:")
    assert "We are keeping your place." in page.text
    page = await amina.get("/chat?lang=es")
    assert "amina@example.org" not in page.text, "a finished conversation keeps no details in any language"
    assert "Seguimos en español. Te guardamos el hueco" in page.text


async def test_own_words_keep_their_language_until_the_switch(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    page = await _say(amina, page, "I need an appointment for a digital certificate")
    assert "How would you like to be seen?" in page.text
    page = await amina.get("/chat")
    assert page.text.count("How would you like to be seen?") == 1
    assert "¿Cómo quieres que te atendamos?" not in page.text


async def _show_summary(person: CitizenBrowser) -> HtmlPage:
    page = await _press(person, await _ask_mode(person), "mode:video")
    page = await _say(person, page, "el viernes a las 9")
    return await _say(person, page, "Amina Haddad, amina@example.org")


async def test_summary_has_a_button_for_each_part(amina: CitizenBrowser) -> None:
    page = await _show_summary(amina)
    table, _, after = page.html.partition("</dl>")
    changes = re.findall(r'<button[^>]* form="answers"[^>]* value="([^"]*)"', table)
    assert {"other:service", "other:date", "other:mode", "other:name", "other:email"} <= {*changes}
    assert len(changes) == len({*changes})
    assert not [value for value in changes if f'value="{value}"' in after], "each part has one button"
    assert 'value="yes:"' in after
    assert "<dd>amina@example.org</dd>" in table


async def test_old_summary_has_no_buttons(amina: CitizenBrowser) -> None:
    page = await _press_row(amina, await _show_summary(amina), "other:name")
    old, _, asked = page.html.partition("</dl>")
    assert "amina@example.org" in old
    assert 'form="answers"' not in old
    assert "amina@example.org" not in asked


async def _press_row(person: CitizenBrowser, page: HtmlPage, value: str) -> HtmlPage:
    """Press a button of the summary, which belongs to the form of the choices."""
    assert re.search(rf'form="answers" name="choice" value="{value}"', page.html)
    return await person.post("/chat", page.forms[0].filled_values(choice=value))


async def test_summary_is_a_list_in_both_languages(amina: CitizenBrowser) -> None:
    await _show_summary(amina)
    page = await amina.get("/chat?lang=en")
    assert page.html.count('value="other:name"') == 1, "only the last summary has buttons"
    assert "Friday 27 November, at 9:00" in page.text


async def test_page_without_telephone_names_the_entrance(amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    assert "Para hablar con una persona, pregunta en la entrada de cualquier oficina." in page.text


async def test_answer_about_a_person_has_a_button_that_dials(app_server: AppServer, amina: CitizenBrowser) -> None:
    async with app_server.runtime.transaction() as tx:
        profile = SiteProfile(help_phone="900 000 361")
        await save_site_profile(tx.session, tx.now, AuditActor("cli", "cli"), profile)
    page = await _say(amina, await amina.get("/chat"), "quiero hablar con una persona")
    assert re.search(r'<a class="button quiet" href="tel:\+?\d*900000361">', page.html)


async def test_form_is_opened_with_details_in_no_address(app_server: AppServer, amina: CitizenBrowser) -> None:
    page = await amina.get("/chat")
    for text in ("certificado digital por vídeo el viernes a las 9", "Amina Haddad", "???", "!!!"):
        page = await _say(amina, page, text)
    assert "En el formulario está relleno esto: Certificado digital" in page.text
    assert not any("Amina" in link for link in page.links)
    (form,) = (form for form in page.forms if form.action == "/appointments/new")
    page = await amina.post("/appointments/new", form.filled_values())
    assert "Tus datos" in page.text
    assert page.forms[-1].value("name") == "Amina Haddad"
    assert page.forms[-1].value("starts_at") == "2026-11-27T09:00:00+01:00"
    details = {"email": "amina@example.org", "privacy_accepted": "1"}
    page = await amina.send(page, "/appointments/new", **details)
    assert "/a/" in page.url
