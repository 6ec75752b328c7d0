"""Telegram: messages of a bot, refusals, and the chat that a person connects by a code."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.appointments.queries.lookup import appointment_by_id
from office360.appointments.service import appointment_token, book_appointment, cancel_appointment
from office360.core.contact.channel_links import LINK_LIFETIME, create_channel_link
from office360.core.contact.chosen_channels import ChosenChannel
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import send_due_messages
from office360.notifications.channel_setup import ChannelSetup
from office360.notifications.channels import open_chosen_channels
from office360.notifications.domain.contact_tokens import possible_contact_hashes
from office360.notifications.http_client import find_gateway_problem
from office360.notifications.storage.opt_out_rows import opted_out_groups
from office360.notifications.telegram.bot_api import parse_update
from office360.offices.service import Office
from office360.queue.storage.contact_rows import notification_recipient
from office360.server.settings import Settings, SettingsError, load_settings
from office360.server.web.templates import JinjaRenderer

from ...appointments.support.requesters import make_booking_request
from ...conftest import TEST_SECRET, AppServer, FakeClock, serve_app
from ...queue.conftest import AT_11, OfficeDriver
from ..support.gateways import FakeHttpService
from ..support.messages import enqueue_message, stored_messages
from ..support.payloads import ticket_notification_payload

CHAT, TOKEN, SECRET = "600001", "7123:AA", "a-secret"
BOT = {"telegram_bot": "CitaBot", "telegram_token": TOKEN, "telegram_webhook_secret": SECRET}


def build_settings(url: str, **changes: Any) -> Settings:
    values = {**BOT, "telegram_url": url, **changes}
    return load_settings(environment="development", secret_key=[TEST_SECRET], **values)


def telegram_setup_from(settings: Settings) -> ChannelSetup:
    (setup,) = (setup for setup in settings.chosen_channels if setup.name == "telegram")
    return setup


async def send_call(runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService) -> tuple[str, str | None]:
    """Send a call to the chat; return state and failure of its message."""
    payload = ticket_notification_payload(runtime.tokens)
    await enqueue_message(
        runtime, "called", kind="turn_called", channel="telegram", recipient=CHAT, payload=payload
    )
    setup = telegram_setup_from(build_settings(provider.url))
    async with open_chosen_channels(runtime, pages, [setup]) as channels:
        await send_due_messages(runtime, channels, jitter=lambda: 0.0)
    row = (await stored_messages(runtime))["called"]
    return row.state, row.failure


async def test_message_goes_to_the_chat_as_plain_text(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    assert await send_call(runtime, pages, provider) == ("sent", None)
    (received,) = provider.received
    body = json.loads(received.body)
    assert (received.path, body["chat_id"]) == (f"/bot{TOKEN}/sendMessage", int(CHAT))
    assert body["text"].startswith("Mesa 4: es tu turno\n")
    assert "http" in body["text"]
    assert "parse_mode" not in body


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (302, ("pending", "later: 302")),
        (400, ("dead", "refused: 400")),
        (403, ("void", "stopped")),  # the person has blocked the bot
        (401, ("pending", "later: 401")),  # the operator renews the token
        (429, ("pending", "later: 429")),
        (503, ("pending", "later: 503")),
    ],
)
async def test_refusals_end_or_delay_the_message(
    status: int, found: tuple[str, str], runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    provider.status, provider.response_json = status, {"ok": False, "parameters": {"retry_after": 90}}
    assert await send_call(runtime, pages, provider) == found
    if status == 429:
        lease_until = (await stored_messages(runtime))["called"].lease_until
        assert lease_until is not None
        assert lease_until - runtime.now() >= timedelta(seconds=90)


@pytest.fixture
async def server(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AppServer]:
    """A product with the bot."""
    async with serve_app(settings.model_copy(update=BOT), clock) as running:
        yield running


@pytest.fixture
def driver(server: AppServer, office: Office, clock: FakeClock) -> OfficeDriver:
    clock.set(AT_11)
    return OfficeDriver(server.runtime, office)


async def call_bot(server: AppServer, text: str, *, secret: str = SECRET, language: str = "en") -> tuple[int, Any]:
    """Send a message of the person to the bot; return status and answer."""
    chat = {"id": int(CHAT), "type": "private"}
    update = {"update_id": 1, "message": {"chat": chat, "from": {"language_code": language}, "text": text}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with (
        server.client() as client,
        client.post("/webhooks/telegram", json=update, headers=headers) as answer,
    ):
        return answer.status, await answer.json() if answer.status == 200 else None


async def press(client: aiohttp.ClientSession, page: str, action: str) -> str:
    """Press the button of a form of a page without scripts; return the page that follows."""
    async with client.get(page) as answer:
        shown = await answer.text()
    (body,) = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', shown, re.S)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
    async with client.post(action, data=hidden) as answer:
        assert answer.status == 200
        return await answer.text()


async def link_code(server: AppServer, page: str) -> str:
    """Ask for the link on a page of a citizen, and return its code."""
    async with server.client() as client:
        shown = await press(client, page, f"{page}/channels/telegram")
    (code,) = re.findall(r'href="https://t\.me/CitaBot\?start=([\w-]+)"', shown)
    assert 'class="page-qr"' in shown
    return str(code)


async def ticket_channels(runtime: Runtime, ticket_id: str) -> tuple[ChosenChannel, ...]:
    async with runtime.read_session() as session:
        return (await notification_recipient(session, ticket_id)).channels


async def test_ticket_gets_the_chat_that_opens_its_link_once(server: AppServer, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    page = f"/t/{issued.token}"
    code = await link_code(server, page)
    assert (await call_bot(server, f"/start {code}", secret="wrong"))[0] == 403
    assert await ticket_channels(server.runtime, issued.ticket.id) == ()
    status, answer = await call_bot(server, f"/start {code}")
    assert (status, answer["chat_id"]) == (200, int(CHAT))
    assert answer["text"].startswith("Listo:")  # in the language of the page
    assert await ticket_channels(server.runtime, issued.ticket.id) == (ChosenChannel("telegram", CHAT),)
    sent = [row for row in (await stored_messages(server.runtime)).values() if row.channel == "telegram"]
    assert [row.recipient for row in sent] == [CHAT]
    _, again = await call_bot(server, f"/start {code}")
    assert again["text"].startswith("To get messages here")  # in the language of the app
    async with server.client() as client:
        assert "Avisarme por Telegram" in await press(client, page, f"{page}/channels/telegram/end")
    assert await ticket_channels(server.runtime, issued.ticket.id) == ()


async def test_appointment_gets_the_chat_until_its_citizen_ends_it(server: AppServer) -> None:
    runtime = server.runtime
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    page = f"/a/{appointment_token(runtime, appointment)}"
    await call_bot(server, f"/start {await link_code(server, page)}")
    async with runtime.read_session() as session:
        channels = (await appointment_by_id(session, appointment.id)).channels
    assert channels == (*appointment.channels, ChosenChannel("telegram", CHAT))
    async with server.client() as client:
        await press(client, page, f"{page}/channels/telegram/end")
    async with runtime.read_session() as session:
        assert (await appointment_by_id(session, appointment.id)).channels == appointment.channels


async def test_cancelled_appointment_takes_no_chat(server: AppServer) -> None:
    appointment = await book_appointment(server.runtime, "centro", make_booking_request())
    token = appointment_token(server.runtime, appointment)
    code = await link_code(server, f"/a/{token}")
    await cancel_appointment(server.runtime, token)
    await call_bot(server, f"/start {code}")
    async with server.runtime.read_session() as session:
        assert (await appointment_by_id(session, appointment.id)).channels == appointment.channels


async def test_expired_and_unknown_codes_connect_nothing(
    server: AppServer, driver: OfficeDriver, clock: FakeClock
) -> None:
    issued = await driver.take_ticket()
    code = await link_code(server, f"/t/{issued.token}")
    clock.set(server.runtime.now() + LINK_LIFETIME)
    for sent in (code, "unknown"):
        assert (await call_bot(server, f"/start {sent}"))[1]["text"].startswith("To get messages here")
    assert await ticket_channels(server.runtime, issued.ticket.id) == ()
    async with server.client() as client, client.get(f"/t/{issued.token}/channels/telegram") as answer:
        assert answer.url.path == f"/t/{issued.token}"  # an old page leads back


async def test_stop_ends_messages_until_another_start(server: AppServer, driver: OfficeDriver) -> None:
    runtime = server.runtime
    _, answer = await call_bot(server, "/stop", language="es-MX")
    assert answer["text"].startswith("No recibirás más mensajes aquí")
    hashes = possible_contact_hashes(runtime.tokens, "telegram", CHAT)
    async with runtime.read_session() as session:
        assert set(await opted_out_groups(session, hashes)) == {"turns", "reminders", "offers"}
    issued = await driver.take_ticket()
    async with runtime.transaction() as tx:
        code = await create_channel_link(tx, "telegram", f"ticket:{issued.ticket.id}", "es")
    await call_bot(server, f"/start {code}")
    async with runtime.read_session() as session:
        assert await opted_out_groups(session, hashes) == set()


async def test_privacy_page_says_who_gets_the_messages(server: AppServer, app_server: AppServer) -> None:
    for product, is_told in ((server, True), (app_server, False)):
        async with product.client() as client, client.get("/privacy") as answer:
            assert ("Si eliges Telegram" in await answer.text()) is is_told


@pytest.mark.parametrize(
    "update",
    [None, [], {"message": 1}, {"message": {"chat": {"id": 1, "type": "group"}, "text": "/stop"}}],
)
def test_updates_of_another_form_are_ignored(update: Any) -> None:
    assert parse_update(update) is None


def test_telegram_is_off_by_default_and_needs_its_secrets() -> None:
    off = load_settings(environment="development", secret_key=[TEST_SECRET])
    assert "telegram" not in off.channels
    with pytest.raises(SettingsError, match="TELEGRAM_WEBHOOK_SECRET: needed beside TELEGRAM_BOT"):
        build_settings("", telegram_webhook_secret="")
    shown = repr(build_settings(""))
    assert TOKEN not in shown
    assert SECRET not in shown


async def test_check_of_the_bot_hides_its_token(provider: FakeHttpService) -> None:
    gateway = telegram_setup_from(build_settings(provider.url)).gateway
    assert gateway is not None
    assert await find_gateway_problem(gateway.check) == "it does not take the token: 405"
    closed = telegram_setup_from(build_settings("http://127.0.0.1:9")).gateway
    assert closed is not None
    assert TOKEN not in str(await find_gateway_problem(closed.check))
