"""SMS by Twilio's API: three settings, and what its refusals mean."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from office360.core.runtime import Runtime
from office360.notifications.service import Gateway, complaints, sms_channels, sms_problem, work_once
from office360.notifications.sms import twilio
from office360.server.installation_check import findings
from office360.server.settings import Settings, SettingsError, load_settings
from office360.server.web.templates import JinjaPages

from ...conftest import SECRET
from ..conftest import rows
from ..support.gateways import Outside, outside
from .test_sms_channel import NUMBER, called

ACCOUNT, TOKEN, SENDER = "AC" + "0a" * 16, "a token", "+34910000000"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest.fixture
async def provider() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


def settings_of(provider: Outside, **changes: Any) -> Settings:
    preset = {"sms_preset": "twilio", "sms_account": ACCOUNT, "sms_token": TOKEN, "sms_sender": SENDER}
    return load_settings(
        environment="development", secret_key=[SECRET], **{**preset, "sms_url": provider.url, **changes}
    )


def gateway(provider: Outside, **changes: Any) -> Gateway:
    made = settings_of(provider).sms_gateway
    assert made is not None
    return replace(made, **changes)


async def work(runtime: Runtime, pages: JinjaPages, to: Gateway) -> None:
    async with sms_channels(runtime, pages, to) as channels:
        await work_once(runtime, channels, jitter=lambda: 0.0)


async def test_a_message_is_created_as_the_api_wants_it(
    runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    await called(runtime)
    await work(runtime, pages, gateway(provider))
    (received,) = provider.received
    form = parse_qs(received.body.decode())
    assert (received.path, form["To"], form["From"]) == (PATH, [NUMBER], [SENDER])
    assert form["Body"][0].startswith("Mesa 4: es tu turno.")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert received.headers["Authorization"] == f"Basic {b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}"
    assert (await rows(runtime))["called"].state == "sent"


def test_a_service_sends_in_place_of_a_number() -> None:
    assert twilio.form_of("MG" + "0b" * 16) == f"To=$to&MessagingServiceSid=MG{'0b' * 16}&Body=$text"
    assert twilio.form_of("Oficina 360") == "To=$to&From=Oficina+360&Body=$text"


@pytest.mark.parametrize("code", sorted(twilio.FINAL))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_concerns_the_number_is_final(
    code: int, runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    provider.status, provider.contents = 400, {"code": code, "message": "…", "status": 400}
    await called(runtime)
    await work(runtime, pages, gateway(provider))
    row = (await rows(runtime))["called"]
    assert (row.state, row.failure) == ("dead", f"refused: 400 {code}")


@pytest.mark.parametrize(
    ("status", "contents", "failure"),
    [
        (401, {"code": 20003}, "later: 401 20003"),  # authentication: ours to put right
        (429, {"code": 20429}, "later: 429 20429"),
        (400, {"code": 21606}, "later: 400 21606"),  # a sender that is not ours
        (400, {"code": 21408}, "later: 400 21408"),  # a country that the account has not switched on
        (400, {"code": 29999}, "later: 400 29999"),  # one that was added later
        (400, {}, "later: 400"),
        (503, {}, "later: 503"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_ours_or_passes_costs_no_message(
    status: int,
    contents: dict[str, Any],
    failure: str,
    runtime: Runtime,
    pages: JinjaPages,
    provider: Outside,
) -> None:
    provider.status, provider.contents = status, contents
    await called(runtime)
    await work(runtime, pages, gateway(provider))
    row = (await rows(runtime))["called"]
    assert (row.state, row.failure) == ("pending", failure)


@pytest.mark.parametrize(
    ("body", "code"), [(b'{"code": 21610}', 21610), (b'{"code": "x"}', None), (b"[]", None), (b"<html>", None)]
)
def test_a_code_is_read_where_there_is_one(body: bytes, code: int | None) -> None:
    assert twilio.code_of(body) == code


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sms_token": ""}, "SMS_TOKEN: needed beside SMS_PRESET"),
        ({"sms_account": "SK12"}, "Account SID"),
        ({"sms_sender": "$to&To=+1"}, "a number such as"),
    ],
)
def test_what_is_missing_or_wrong_is_said(changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings_of(Outside(url="http://127.0.0.1:1"), **changes)


def test_the_preset_alone_makes_sms_a_way_to_people() -> None:
    settings = settings_of(Outside(), sms_url="")
    assert "sms" in settings.channels
    assert settings.sms_gateway is not None
    assert settings.sms_gateway.url == f"https://api.twilio.com{PATH}"
    assert TOKEN not in repr(settings)


async def test_an_account_is_asked_for_without_sending_anything(provider: Outside) -> None:
    assert await sms_problem(gateway(provider)) == "it does not take account and token: 405"  # no such page there
    assert provider.received == []
    assert "Cannot connect" in str(await sms_problem(gateway(Outside(url="http://127.0.0.1:1"))))
    plain = Gateway(f"{provider.url}/sms", "to=$to&text=$text")
    assert await sms_problem(plain) is None  # it answers, which is all that can be seen
    assert provider.received == []


async def test_over_budget_nothing_is_lost_and_whoever_checks_is_told(
    runtime: Runtime, pages: JinjaPages, provider: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        await called(runtime, f"c{number}", f"+3460000000{number}")
    for _ in range(4):  # each a process of its own, as far as what it remembers goes
        async with sms_channels(runtime, pages, gateway(provider, a_day=1)) as channels:
            await work_once(runtime, channels, limit=1)
    assert [record.message for record in caplog.records].count("sms_budget_spent") == 1
    assert sorted(row.state for row in (await rows(runtime)).values()) == ["pending", "pending", "sent"]
    async with runtime.reading() as session:
        said = await complaints(session, ["sms"], runtime.now())
    assert any("budget is spent" in one for one in said)


async def test_the_parts_that_send_are_checked_without_sending(settings: Settings, provider: Outside) -> None:
    from office360.notifications.service import new_private_key

    set_up = {
        "sms_url": f"{provider.url}/sms",
        "vapid_private_key": new_private_key(),
        "vapid_subject": "mailto:it@example.org",
    }
    found = {one.part: one.problem for one in await findings(settings.model_copy(update=set_up))}
    assert (found["SMS"], found["pushes"], provider.received) == (None, None, [])
