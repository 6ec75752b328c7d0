"""Danger over HTTP: numbers at once, the dialogue unchanged, and no trace of the message."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from office360.core.db.engine import Base
from office360.core.runtime import Runtime
from sqlalchemy import select

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...conftest import AppServer
from ..support.client import ChatClient, open_chat_client

SENTENCE = "mi marido me ha pegado con una zapatilla"
TRACES = ("zapatilla", "pegado", "tel:016", "en peligro")


@pytest.fixture
async def amina(app_server: AppServer) -> AsyncIterator[ChatClient]:
    async with open_chat_client(app_server) as person:
        yield person


@pytest.fixture
async def browser(app_server: AppServer) -> AsyncIterator[CitizenBrowser]:
    async with citizen_browser(app_server) as person:
        yield person


async def _stored_values(runtime: Runtime) -> dict[str, str]:
    """Return the rows of every table as text."""
    async with runtime.read_session() as session:
        return {
            table.name: str((await session.execute(select(table))).all()) for table in Base.metadata.sorted_tables
        }


def _urls(person: ChatClient) -> list[str]:
    return [link["url"] for reply in person.answer["replies"] for link in reply.get("links", ())]


async def test_danger_amid_dialogue_repeats_open_question(amina: ChatClient) -> None:
    await amina.say("certificado digital por vídeo el viernes a las 9")
    question = await amina.say("Amina Haddad")
    told = await amina.say(SENTENCE)
    assert _urls(amina) == ["tel:112", "tel:016"]
    assert told.endswith(question)
    assert "¿Es correcto?" in await amina.say("amina@example.org")  # the answer to the question before


async def test_message_that_tells_danger_leaves_no_trace(
    app_server: AppServer, amina: ChatClient, browser: CitizenBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await amina.say("hola")
    before = await _stored_values(app_server.runtime)
    for session in (amina.session, None):
        for key in ("k1", "k1", None):
            headers = {"Idempotency-Key": key} if key else {}
            status, answer = await amina.post({"text": SENTENCE, "session": session}, **headers)
            assert (status, answer["done"]) == (200, False)
    page = await browser.get("/chat")
    assert "016" in (await _say(browser, page, SENTENCE)).text
    after = await _stored_values(app_server.runtime)
    for table, rows in after.items():
        assert not [trace for trace in TRACES if trace in rows], table
        if table not in ("chat_sessions", "timers", "process_heartbeats", "leases"):  # new conversations, empty
            assert rows == before[table], table
    assert not [trace for trace in TRACES if trace in caplog.text]
    assert "idempotent_requests" in after


async def _say(person: CitizenBrowser, page: HtmlPage, text: str) -> HtmlPage:
    return await person.post("/chat", page.forms[-1].filled_values(text=text))


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("no quiero vivir más", ["tel:024", "tel:112"]),
        ("mi padre no respira", ["tel:112"]),
        ("there's a fire", ["tel:112"]),
        ("¡socorro!", ["tel:112"]),
        ("me pega y no quiero vivir más", ["tel:112", "tel:016", "tel:024"]),
        ("mi marido me pega " * 40, ["tel:112", "tel:016"]),  # longer than any other message
        ("service:socorro", []),
        ("ayuda de emergencia social", []),
    ],
)
async def test_numbers_fit_the_danger(amina: ChatClient, text: str, urls: list[str]) -> None:
    await amina.say(text)
    assert _urls(amina) == urls


async def test_danger_is_answered_beyond_every_limit(amina: ChatClient) -> None:
    status, answer = await amina.post({"text": SENTENCE, "session": "expired"})
    assert (status, answer["language"]) == (200, "es")
    assert await amina.post({"text": "hola", "session": answer["session"]})


async def test_name_of_a_citizen_is_no_call_for_help(amina: ChatClient) -> None:
    await amina.say("certificado digital por vídeo el viernes a las 9")
    assert "¿A qué correo" in await amina.say("Socorro")


async def test_page_without_javascript_shows_numbers_and_way_out(browser: CitizenBrowser) -> None:
    page = await _say(browser, await browser.get("/chat"), "certificado digital")
    page = await _say(browser, page, SENTENCE)
    assert {"tel:112", "tel:016"} <= set(page.links)
    assert "zapatilla" not in page.html
    assert page.headers["Cache-Control"] == "private, no-store"
    home = await browser.send(page, "/chat/leave")
    assert home.url.endswith("/")
    assert "certificado digital" not in (await browser.get("/chat")).text


async def test_danger_on_an_old_page_is_answered(browser: CitizenBrowser) -> None:
    await browser.get("/chat")
    assert "tel:112" in (await browser.post("/chat", [("text", SENTENCE), ("csrf", "wrong")])).links
