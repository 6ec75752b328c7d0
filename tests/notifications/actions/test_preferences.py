"""Preferences: a person or a mail program stops and restarts groups; GET changes nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import SMTPUTF8
from typing import Any

import aiohttp
import pytest
from office360.core.tokens import TokenSigner
from office360.notifications.domain.channel_declaration import MessageGroup
from office360.notifications.domain.contact_tokens import contact_token, hash_contact_token
from office360.notifications.domain.declared_channels import CHOSEN
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.domain.message_kinds import EMAIL, KINDS
from office360.notifications.domain.message_texts import GROUP_TEXTS
from office360.notifications.domain.short_message import ShortMessageWriter
from office360.notifications.email.mime import build_envelope
from office360.notifications.email.writer import EmailWriter
from office360.notifications.storage import opt_out_rows

from ...conftest import AppServer
from ..domain.test_message_kinds import WRITTEN_AT, build_message
from ..support.messages import SITE
from ..support.payloads import SAMPLE_PAYLOADS

AMINA = "amina@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
# test_channels.py tests the SQL of opt-outs on both databases; these tests are about the page.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with app_server.client() as client:
        yield client


def preferences_token(server: AppServer, channel: str = EMAIL, contact: str = AMINA) -> str:
    return contact_token(server.runtime.tokens, channel, contact)


async def stopped_groups(server: AppServer, token: str) -> set[str]:
    async with server.runtime.read_session() as session:
        return await opt_out_rows.opted_out_groups(session, [hash_contact_token(token)])


async def submit_form(client: aiohttp.ClientSession, path: str, **fields: str) -> str:
    """Submit the form of a page as a browser does and return the page after it."""
    async with client.get(path) as page:
        csrf = re.search(r'name="csrf" value="([^"]+)"', await page.text())
    assert csrf is not None
    async with client.post(path, data={"csrf": csrf[1], **fields}) as response:
        return await response.text()


@on_one_database
async def test_preferences_change_by_post_and_not_by_get(
    app_server: AppServer, client: aiohttp.ClientSession
) -> None:
    token = preferences_token(app_server)
    async with client.get(f"/n/{token}/reminders?lang=en") as response:
        assert response.status == 200
        assert "Stop reminders" in await response.text()
    assert await stopped_groups(app_server, token) == set()
    after = await submit_form(client, f"/n/{token}/reminders", want="stop")
    assert "You will get no more reminders at this address." in after
    assert await stopped_groups(app_server, token) == {"reminders"}
    await submit_form(client, f"/n/{token}/reminders", want="again")
    assert await stopped_groups(app_server, token) == set()


@on_one_database
async def test_one_click_unsubscribe_is_idempotent(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    token = preferences_token(app_server)
    for _ in range(2):
        async with client.post(f"/n/{token}/offers", data=ONE_CLICK) as response:
            assert response.status == 200
    assert await stopped_groups(app_server, token) == {"offers"}


@on_one_database
async def test_cross_site_form_stops_no_group(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    token = preferences_token(app_server)
    async with client.post(f"/n/{token}/reminders", data={"want": "stop"}) as response:
        assert response.status == 403
    assert await stopped_groups(app_server, token) == set()


@on_one_database
@pytest.mark.parametrize("path", ["/n/e{}/reminders", "/n/x", "/n/{token}/transactional", "/n/{token}/chess"])
async def test_invalid_token_or_group_is_not_found(
    path: str, app_server: AppServer, client: aiohttp.ClientSession
) -> None:
    address = path.replace("{token}", preferences_token(app_server)).replace("{}", "A" * 24)
    async with client.post(address, data=ONE_CLICK) as response:
        assert response.status in (404, 405)


@on_one_database
async def test_preferences_page_is_translated(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    token = preferences_token(app_server, "sms", "+34600000001")
    async with client.get(f"/n/{token}?lang=es") as response:
        assert "No recibir SMS de turnos" in await response.text()
    async with client.get(f"/n/{token}?lang=en") as response:
        assert "Stop text messages about tickets" in await response.text()


@on_one_database
async def test_preferences_page_hides_contact(app_server: AppServer, client: aiohttp.ClientSession) -> None:
    async with client.get(f"/n/{preferences_token(app_server)}") as response:
        assert "amina" not in await response.text()
        assert response.headers["Cache-Control"] == "no-store"


STOPPABLE = sorted(name for name, kind in KINDS.items() if kind.has_stop_link)


@pytest.mark.parametrize("name", [name for name in STOPPABLE if EMAIL in KINDS[name].channels])
@pytest.mark.parametrize("language", ["es", "en"])
def test_stoppable_email_has_stop_link_and_header(
    name: str, language: str, writer: EmailWriter, tokens: TokenSigner
) -> None:
    email = writer.write(build_message(name, language, EMAIL, tokens), WRITTEN_AT)
    link = f"{SITE}/n/{contact_token(tokens, EMAIL, AMINA)}/{KINDS[name].group}"
    assert email.stop_link == link
    assert link in email.text
    assert f'href="{link}"' in email.html
    parsed = message_from_bytes(build_envelope(email, WRITTEN_AT).contents, policy=SMTPUTF8)
    assert parsed["List-Unsubscribe"] == f"<{link}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_transactional_email_has_only_preferences_link(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = writer.write(build_message("appointment_confirmed", "es", EMAIL, tokens), WRITTEN_AT)
    assert email.stop_link is None
    assert b"List-Unsubscribe" not in build_envelope(email, WRITTEN_AT).contents
    assert f"{SITE}/n/{contact_token(tokens, EMAIL, AMINA)}\n" in email.text


def test_chosen_channels_have_stop_link_and_push_has_none(pages: Any, tokens: TokenSigner) -> None:
    writer, number = ShortMessageWriter(pages, tokens, SITE), "+34600000001"
    payload = SAMPLE_PAYLOADS["turn_issued"](tokens)
    messages = [
        OutboxMessage("01", "k", channel, "turn_issued", number, "en", payload, WRITTEN_AT)
        for channel in (*CHOSEN, "push")
    ]
    *chosen, push = [writer.write(message).plain for message in messages]
    links = [f"To stop: {SITE}/n/{contact_token(tokens, channel, number)}/turns" for channel in CHOSEN]
    assert all(text.endswith(link) for text, link in zip(chosen, links, strict=True))
    assert "To stop" not in push


def test_every_stoppable_group_has_texts() -> None:
    for kind in KINDS.values():
        for channel in kind.channels & {EMAIL, *CHOSEN}:
            assert not kind.can_be_stopped or kind.group in GROUP_TEXTS[channel], kind
    assert MessageGroup.TRANSACTIONAL not in {group for texts in GROUP_TEXTS.values() for group in texts}
