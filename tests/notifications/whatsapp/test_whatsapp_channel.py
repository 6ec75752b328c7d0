"""WhatsApp: templates, error codes, signed receipts, and the word that ends messages."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import send_due_messages
from office360.notifications.channel_setup import ChannelSetup, WebhookAnswer, WebhookCall
from office360.notifications.channels import open_chosen_channels
from office360.notifications.domain.contact_tokens import possible_contact_hashes
from office360.notifications.http_client import find_gateway_problem
from office360.notifications.storage.delivery_rows import revive_dead_message
from office360.notifications.storage.opt_out_rows import opted_out_groups
from office360.notifications.storage.tables import SentMessageRow
from office360.notifications.whatsapp.cloud_api import parse_statuses, parse_stops
from office360.server.settings import Settings, SettingsError, load_settings
from office360.server.web.templates import JinjaRenderer
from sqlalchemy import select

from ...conftest import TEST_SECRET
from ..support.gateways import FakeHttpService
from ..support.messages import enqueue_message, stored_messages
from ..support.payloads import ticket_notification_payload

NUMBER, SECRET, WORD = "+34600000001", "app secret", "a word"


def build_settings(url: str, **changes: Any) -> Settings:
    account = {
        "whatsapp_number_id": "106700",
        "whatsapp_token": "EAA",
        "whatsapp_app_secret": SECRET,
        "whatsapp_verify_token": WORD,
    }
    return load_settings(
        environment="development", secret_key=[TEST_SECRET], **{**account, "whatsapp_url": url, **changes}
    )


def whatsapp_setup_from(settings: Settings) -> ChannelSetup:
    (setup,) = (setup for setup in settings.chosen_channels if setup.name == "whatsapp")
    return setup


async def enqueue_call(runtime: Runtime, key: str = "called", kind: str = "turn_called") -> None:
    payload = ticket_notification_payload(runtime.tokens)
    await enqueue_message(runtime, key, kind=kind, channel="whatsapp", recipient=NUMBER, payload=payload)


async def send_due(runtime: Runtime, pages: JinjaRenderer, settings: Settings) -> None:
    async with open_chosen_channels(runtime, pages, [whatsapp_setup_from(settings)]) as channels:
        await send_due_messages(runtime, channels, jitter=lambda: 0.0)


async def call_webhook(
    runtime: Runtime, body: Any, *, secret: str = SECRET, method: str = "POST", query: dict[str, str] | None = None
) -> WebhookAnswer:
    receive = whatsapp_setup_from(build_settings("")).receive
    assert receive is not None
    sent = json.dumps(body).encode()
    signature = "sha256=" + hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
    return await receive(runtime, WebhookCall(method, query or {}, {"x-hub-signature-256": signature}, sent))


def value_call(**value: Any) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}


async def test_message_is_a_template_by_name_and_language(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call(runtime)
    await send_due(runtime, pages, build_settings(provider.url))
    (received,) = provider.received
    body = json.loads(received.body)
    assert (received.path, received.headers["Authorization"]) == ("/106700/messages", "Bearer EAA")
    assert (body["to"], body["type"]) == ("34600000001", "template")
    assert (body["template"]["name"], body["template"]["language"]) == ("office360_notice", {"code": "es"})
    text, link = (each["text"] for each in body["template"]["components"][0]["parameters"])
    assert text.startswith("Mesa 4: es tu turno.")
    assert link.startswith("http")
    stored = (await stored_messages(runtime))["called"]
    assert (stored.state, body["biz_opaque_callback_data"]) == ("sent", stored.id)


@pytest.mark.parametrize(
    ("status", "code", "found"),
    [
        (302, None, ("pending", "later: 302")),
        (400, 131026, ("dead", "refused: 400 131026")),
        (400, 132001, ("pending", "later: 400 132001")),  # the operator enters the template
        (401, 190, ("pending", "later: 401 190")),
        (429, 131056, ("pending", "later: 429 131056")),
        (503, None, ("pending", "later: 503")),
    ],
)
async def test_only_errors_about_the_recipient_are_final(
    status: int,
    code: int | None,
    found: tuple[str, str],
    runtime: Runtime,
    pages: JinjaRenderer,
    provider: FakeHttpService,
) -> None:
    provider.status, provider.response_json = status, {"error": {"code": code}}
    await enqueue_call(runtime)
    await send_due(runtime, pages, build_settings(provider.url))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == found


async def test_budget_of_the_day_holds(runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService) -> None:
    await enqueue_call(runtime, "one", "turn_paused")
    await enqueue_call(runtime, "two", "turn_paused")
    await send_due(runtime, pages, build_settings(provider.url, whatsapp_per_day=1))
    assert provider.received == []  # a single message a day is kept for people near their call


async def test_receipts_mark_arrival_and_later_refusal(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call(runtime)
    await send_due(runtime, pages, build_settings(provider.url))
    reference = (await stored_messages(runtime))["called"].id
    receipt = {"id": "wamid.1", "status": "delivered", "biz_opaque_callback_data": reference}
    assert (await call_webhook(runtime, value_call(statuses=[receipt]))).status == 200
    async with runtime.read_session() as session:
        assert (await session.execute(select(SentMessageRow.arrived_at))).scalar_one() is not None
    failed = {**receipt, "status": "failed", "errors": [{"code": 131026}]}
    assert (await call_webhook(runtime, value_call(statuses=[failed]), secret="wrong")).status == 403
    assert (await stored_messages(runtime))["called"].state == "sent"
    await call_webhook(runtime, value_call(statuses=[failed]))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("dead", "refused: 131026")


async def test_message_refused_later_is_sent_again_by_staff(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, clock: Any
) -> None:
    await enqueue_call(runtime)
    settings = build_settings(provider.url)
    await send_due(runtime, pages, settings)
    reference = (await stored_messages(runtime))["called"].id
    failed = {"id": "wamid.1", "status": "failed", "biz_opaque_callback_data": reference}
    await call_webhook(runtime, value_call(statuses=[failed]))
    async with runtime.transaction() as tx:
        assert await revive_dead_message(tx.session, reference)
    provider.status = 503
    await send_due(runtime, pages, settings)
    provider.status = 201
    clock.advance(seconds=15)
    await send_due(runtime, pages, settings)
    assert len(provider.received) == 3  # the second attempt does not take the refused one for a delivery
    assert (await stored_messages(runtime))["called"].state == "sent"


async def test_stop_word_ends_all_groups(runtime: Runtime) -> None:
    message = {"from": NUMBER.removeprefix("+"), "type": "text", "text": {"body": "Baja."}}
    await call_webhook(runtime, value_call(messages=[message]))
    hashes = possible_contact_hashes(runtime.tokens, "whatsapp", NUMBER)
    async with runtime.read_session() as session:
        assert set(await opted_out_groups(session, hashes)) == {"turns", "reminders", "offers"}


async def test_address_is_verified_by_its_word(runtime: Runtime) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": WORD, "hub.challenge": "1158201444"}
    answer = await call_webhook(runtime, None, method="GET", query=query)
    assert (answer.status, answer.text) == (200, "1158201444")
    assert (
        await call_webhook(runtime, None, method="GET", query={**query, "hub.verify_token": "x"})
    ).status == 403


@pytest.mark.parametrize(
    "call", [None, [], {"entry": 1}, {"entry": [{"changes": [None]}]}, value_call(statuses=[{}], messages=[{}])]
)
def test_calls_of_another_form_name_nothing(call: Any) -> None:
    assert [*parse_statuses(call), *parse_stops(call)] == []


def test_whatsapp_is_off_by_default_and_needs_its_secrets() -> None:
    off = load_settings(environment="development", secret_key=[TEST_SECRET])
    assert "whatsapp" not in off.channels
    with pytest.raises(SettingsError, match="WHATSAPP_APP_SECRET: needed beside WHATSAPP_NUMBER_ID"):
        build_settings("", whatsapp_app_secret="")
    assert SECRET not in repr(build_settings(""))


async def test_account_check_sends_no_message(provider: FakeHttpService) -> None:
    gateway = whatsapp_setup_from(build_settings(provider.url)).gateway
    assert gateway is not None
    assert await find_gateway_problem(gateway.check) == "it does not take number and token: 405"
    assert provider.received == []
