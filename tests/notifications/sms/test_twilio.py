"""SMS by Twilio's API: settings, requests and error codes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import send_due_messages
from office360.notifications.domain.gateway import GatewayRefusal
from office360.notifications.http_client import find_gateway_problem
from office360.notifications.push.vapid import generate_vapid_private_key
from office360.notifications.queries.delivery_problems import delivery_warnings
from office360.notifications.sms import twilio
from office360.notifications.sms.gateway_request import SmsGateway
from office360.server.installation_check import check_installation
from office360.server.settings import Settings, SettingsError, load_settings
from office360.server.web.templates import JinjaRenderer

from ...conftest import TEST_SECRET
from ..support.channels import SMS_LIMITS
from ..support.gateways import FakeHttpService, open_sms_channels
from ..support.messages import stored_messages
from .test_sms_channel import NUMBER, enqueue_call_sms

ACCOUNT, TOKEN, SENDER = "AC" + "0a" * 16, "a token", "+34910000000"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def build_settings(provider: FakeHttpService, **changes: Any) -> Settings:
    preset = {"sms_preset": "twilio", "sms_account": ACCOUNT, "sms_token": TOKEN, "sms_sender": SENDER}
    return load_settings(
        environment="development", secret_key=[TEST_SECRET], **{**preset, "sms_url": provider.url, **changes}
    )


def build_gateway(provider: FakeHttpService) -> SmsGateway:
    gateway = build_settings(provider).sms_gateway
    assert gateway is not None
    return gateway


async def send_due(runtime: Runtime, pages: JinjaRenderer, gateway: SmsGateway) -> None:
    async with open_sms_channels(runtime, pages, gateway) as channels:
        await send_due_messages(runtime, channels, jitter=lambda: 0.0)


async def test_twilio_request_has_documented_form(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    (received,) = provider.received
    form = parse_qs(received.body.decode())
    assert (received.path, form["To"], form["From"]) == (PATH, [NUMBER], [SENDER])
    assert form["Body"][0].startswith("Mesa 4: es tu turno.")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert received.headers["Authorization"] == f"Basic {b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}"
    assert (await stored_messages(runtime))["called"].state == "sent"


def test_messaging_service_replaces_sender_number() -> None:
    assert twilio.message_form_template("MG" + "0b" * 16) == f"To=$to&MessagingServiceSid=MG{'0b' * 16}&Body=$text"
    assert twilio.message_form_template("Oficina 360") == "To=$to&From=Oficina+360&Body=$text"


@pytest.mark.parametrize("code", sorted(twilio.PERMANENT_ERROR_CODES))
async def test_permanent_error_codes_make_sms_dead(
    code: int, runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    provider.status, provider.response_json = 400, {"code": code, "message": "…", "status": 400}
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("dead", f"refused: 400 {code}")


@pytest.mark.parametrize(
    ("status", "contents", "failure"),
    [
        (401, {"code": 20003}, "later: 401 20003"),  # authentication, which the operator can mend
        (429, {"code": 20429}, "later: 429 20429"),
        (400, {"code": 21606}, "later: 400 21606"),  # a sender that the account does not own
        (400, {"code": 21408}, "later: 400 21408"),  # a country that the account has not enabled
        (400, {"code": 29999}, "later: 400 29999"),  # unknown: Twilio adds codes
        (400, {}, "later: 400"),
        (503, {}, "later: 503"),
    ],
)
async def test_other_error_codes_leave_sms_pending(
    status: int,
    contents: dict[str, Any],
    failure: str,
    runtime: Runtime,
    pages: JinjaRenderer,
    provider: FakeHttpService,
) -> None:
    provider.status, provider.response_json = status, contents
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("pending", failure)


@pytest.mark.parametrize(
    ("body", "code"), [(b'{"code": 21610}', 21610), (b'{"code": "x"}', None), (b"[]", None), (b"<html>", None)]
)
def test_error_code_is_parsed_from_json_object(body: bytes, code: int | None) -> None:
    assert GatewayRefusal(400, body, is_temporary=False, retry_after_s=None).find_number("code") == code


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sms_token": ""}, "SMS_TOKEN: needed beside SMS_PRESET"),
        ({"sms_account": "SK12"}, "Account SID"),
        ({"sms_sender": "$to&To=+1"}, "a number such as"),
    ],
)
def test_invalid_twilio_settings_are_refused_with_reason(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        build_settings(FakeHttpService(url="http://127.0.0.1:1"), **changes)


def test_twilio_preset_enables_sms_channel() -> None:
    settings = build_settings(FakeHttpService(), sms_url="")
    assert "sms" in settings.channels
    assert settings.sms_gateway is not None
    assert settings.sms_gateway.url == f"https://api.twilio.com{PATH}"
    assert TOKEN not in repr(settings)


async def test_gateway_check_sends_no_message(provider: FakeHttpService) -> None:
    # the fake gateway answers only to POST
    assert await find_gateway_problem(build_gateway(provider).check) == "it does not take account and token: 405"
    assert provider.received == []
    assert "Cannot connect" in str(
        await find_gateway_problem(build_gateway(FakeHttpService(url="http://127.0.0.1:1")).check)
    )
    plain = SmsGateway(f"{provider.url}/sms", "to=$to&text=$text")
    assert await find_gateway_problem(plain.check) is None  # without account_url only an answer is checked
    assert provider.received == []


async def test_sms_over_budget_stay_pending_and_are_reported(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        await enqueue_call_sms(runtime, f"c{number}", f"+3460000000{number}")
    for _ in range(4):  # like four processes: a new channel has raised no alarm yet
        async with open_sms_channels(
            runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_day=1)
        ) as channels:
            await send_due_messages(runtime, channels, limit=1)
    assert [record.message for record in caplog.records].count("sms_budget_spent") == 1
    assert sorted(row.state for row in (await stored_messages(runtime)).values()) == ["pending", "pending", "sent"]
    async with runtime.read_session() as session:
        warnings = await delivery_warnings(session, ["sms"], runtime.now())
    assert any("budget is spent" in warning for warning in warnings)


async def test_installation_check_sends_no_message(settings: Settings, provider: FakeHttpService) -> None:
    changes = {
        "sms_url": f"{provider.url}/sms",
        "vapid_private_key": generate_vapid_private_key(),
        "vapid_subject": "mailto:it@example.org",
    }
    problems = {
        check.part: check.problem for check in await check_installation(settings.model_copy(update=changes))
    }
    assert (problems["SMS"], problems["pushes"], provider.received) == (None, None, [])
