"""What one is told can be stopped, by oneself or one's mail program, and asked for again; a look stops nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import SMTPUTF8
from typing import Any

import aiohttp
import pytest
from office360.core.tokens import Tokens
from office360.notifications.domain.contact_tokens import contact_token, hash_of
from office360.notifications.domain.message_content import Message
from office360.notifications.domain.message_kinds import EMAIL, KINDS, SMS, Group
from office360.notifications.domain.message_texts import GROUPS
from office360.notifications.domain.short_message import NoticeWriter
from office360.notifications.email.mime import envelope_of
from office360.notifications.email.writer import EmailWriter
from office360.notifications.storage import outbox_rows

from ...conftest import AppServer
from ..conftest import SITE
from ..domain.test_message_kinds import WRITTEN_AT, message
from ..support.payloads import SAMPLES

AMINA = "amina@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
# SQL is at stake in test_considerate.py; here is the page.
web = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with app_server.client() as client:
        yield client


def token_of(server: AppServer, channel: str = EMAIL, contact: str = AMINA) -> str:
    return contact_token(server.runtime.tokens, channel, contact)


async def stopped(server: AppServer, token: str) -> set[str]:
    async with server.runtime.reading() as session:
        return await outbox_rows.refused(session, [hash_of(token)])


async def press(client: aiohttp.ClientSession, path: str, **fields: str) -> str:
    """The form of the page, as a browser sends it; the page that follows."""
    async with client.get(path) as shown:
        csrf = re.search(r'name="csrf" value="([^"]+)"', await shown.text())
    assert csrf is not None
    async with client.post(path, data={"csrf": csrf[1], **fields}) as answer:
        return await answer.text()


@web
async def test_a_look_changes_nothing_and_a_press_does(
    app_server: AppServer, client: aiohttp.ClientSession
) -> None:
    token = token_of(app_server)
    async with client.get(f"/n/{token}/reminders?lang=en") as answer:
        assert answer.status == 200
        assert "Stop reminders" in await answer.text()
    assert await stopped(app_server, token) == set()
    after = await press(client, f"/n/{token}/reminders", want="stop")
    assert "You get no more reminders at this address." in after
    assert await stopped(app_server, token) == {"reminders"}
    await press(client, f"/n/{token}/reminders", want="again")
    assert await stopped(app_server, token) == set()


@web
async def test_a_mail_program_stops_it_with_one_post_and_twice_is_once(
    app_server: AppServer, client: aiohttp.ClientSession
) -> None:
    token = token_of(app_server)
    for _ in range(2):
        async with client.post(f"/n/{token}/offers", data=ONE_CLICK) as answer:
            assert answer.status == 200
    assert await stopped(app_server, token) == {"offers"}


@web
async def test_a_form_of_another_site_stops_nothing(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    token = token_of(app_server)
    async with client.post(f"/n/{token}/reminders", data={"want": "stop"}) as answer:
        assert answer.status == 403
    assert await stopped(app_server, token) == set()


@web
@pytest.mark.parametrize("path", ["/n/e{}/reminders", "/n/x", "/n/{token}/transactional", "/n/{token}/chess"])
async def test_what_is_no_link_of_ours_is_not_found(
    path: str, app_server: AppServer, client: aiohttp.ClientSession
) -> None:
    address = path.replace("{token}", token_of(app_server)).replace("{}", "A" * 24)
    async with client.post(address, data=ONE_CLICK) as answer:
        assert answer.status in (404, 405)


@web
async def test_the_page_speaks_both_languages(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    token = token_of(app_server, SMS, "+34600000001")
    async with client.get(f"/n/{token}?lang=es") as answer:
        assert "No recibir SMS de turnos" in await answer.text()
    async with client.get(f"/n/{token}?lang=en") as answer:
        assert "Stop SMS about turns" in await answer.text()


@web
async def test_the_page_names_nobody(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    async with client.get(f"/n/{token_of(app_server)}") as answer:
        assert "amina" not in await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"


STOPPABLE = sorted(name for name, kind in KINDS.items() if kind.says_how_to_stop)


@pytest.mark.parametrize("name", [name for name in STOPPABLE if EMAIL in KINDS[name].channels])
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_letter_that_can_be_stopped_says_so_to_people_and_programs(
    name: str, language: str, writer: EmailWriter, tokens: Tokens
) -> None:
    email = writer.write(message(name, language, EMAIL, tokens), WRITTEN_AT)
    link = f"{SITE}/n/{contact_token(tokens, EMAIL, AMINA)}/{KINDS[name].group}"
    assert email.stop_link == link
    assert link in email.text
    assert f'href="{link}"' in email.html
    read = message_from_bytes(envelope_of(email, WRITTEN_AT).contents, policy=SMTPUTF8)
    assert read["List-Unsubscribe"] == f"<{link}>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_letter_that_cannot_be_stopped_offers_no_button_but_the_choice(
    writer: EmailWriter, tokens: Tokens
) -> None:
    email = writer.write(message("appointment_confirmed", "es", EMAIL, tokens), WRITTEN_AT)
    assert email.stop_link is None
    assert b"List-Unsubscribe" not in envelope_of(email, WRITTEN_AT).contents
    assert f"{SITE}/n/{contact_token(tokens, EMAIL, AMINA)}\n" in email.text


def test_an_sms_says_how_to_stop_and_a_push_does_not(pages: Any, tokens: Tokens) -> None:
    writer, number = NoticeWriter(pages, tokens, SITE), "+34600000001"
    payload = SAMPLES["turn_issued"](tokens)
    told = [
        Message("01", "k", channel, "turn_issued", number, "en", payload, WRITTEN_AT) for channel in (SMS, "push")
    ]
    link = f"To stop: {SITE}/n/{contact_token(tokens, SMS, number)}/turns"
    assert writer.write(told[0]).plain.endswith(link)
    assert "To stop" not in writer.write(told[1]).plain


def test_every_group_that_can_be_stopped_has_its_words() -> None:
    for kind in KINDS.values():
        for channel in kind.channels & {EMAIL, SMS}:
            assert not kind.can_be_stopped or kind.group in GROUPS[channel], kind
    assert Group.TRANSACTIONAL not in {*GROUPS[EMAIL], *GROUPS[SMS]}
