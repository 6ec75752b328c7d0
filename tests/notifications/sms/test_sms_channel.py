"""The SMS channel: request formats, retries with a key, budgets and allowed countries."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.i18n.catalogues import END_OF_ISOLATE, ISOLATE
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import LEASE, send_due_messages
from office360.notifications.domain.channel_budgets import BudgetLimits
from office360.notifications.sms.gateway_request import (
    GSM_CHARACTERS,
    MAX_SMS_LENGTH,
    SmsGateway,
    build_sms_request,
    check_sms_template,
    parse_sms_headers,
    to_gsm_text,
)
from office360.server.web.templates import JinjaRenderer

from ...support.processes import EXIT_TIMEOUT_S, READY_TIMEOUT_S, fork_program
from ..support.channels import SMS_LIMITS
from ..support.gateways import FakeHttpService, open_sms_channels
from ..support.messages import WORKER_PROGRAM, enqueue_message, stored_messages
from ..support.payloads import ticket_notification_payload

NUMBER = "+34600000001"
JSON_BODY = '{"messages": [{"to": "$to", "text": "$text"}], "reference": "$key", "flash": false}'
FORM_BODY = "to=$to&message=$text&from=Oficina360"


def build_gateway(provider: FakeHttpService, **changes: Any) -> SmsGateway:
    return SmsGateway(f"{provider.url}/sms", **{"body": JSON_BODY, **changes})


async def enqueue_call_sms(
    runtime: Runtime,
    key: str = "called",
    number: str = NUMBER,
    *,
    kind: str = "turn_called",
    subject: str | None = None,
    **changes: Any,
) -> None:
    await enqueue_message(
        runtime,
        key,
        subject=subject,
        kind=kind,
        channel="sms",
        recipient=number,
        payload=ticket_notification_payload(runtime.tokens, **changes),
    )


async def send_due(
    runtime: Runtime, pages: JinjaRenderer, gateway: SmsGateway, limits: BudgetLimits = SMS_LIMITS
) -> int:
    async with open_sms_channels(runtime, pages, gateway, limits=limits) as channels:
        return await send_due_messages(runtime, channels, jitter=lambda: 0.0)


async def test_json_gateway_receives_number_text_and_key(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider, headers={"Authorization": "Bearer k"}))
    (received,) = provider.received
    body = json.loads(received.body)
    link = f"http://127.0.0.1:1/t/{runtime.tokens.derive('ticket', '01TICKET')}"
    text = f"Mesa 4: es tu turno. B-042, ve ahora a la mesa 4. Al fondo, a la izquierda. {link}"
    assert body["messages"] == [{"to": NUMBER, "text": text}]
    assert body["flash"] is False
    assert body["reference"] == received.headers["Idempotency-Key"]
    assert received.headers["Authorization"] == "Bearer k"
    assert (await stored_messages(runtime))["called"].state == "sent"


async def test_form_gateway_receives_form(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider, body=FORM_BODY))
    (received,) = provider.received
    form = parse_qs(received.body.decode())
    assert (form["to"], form["from"]) == ([NUMBER], ["Oficina360"])
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "state"), [(200, "sent"), (401, "pending"), (429, "pending"), (503, "pending")]
)
async def test_temporary_status_leaves_sms_pending(
    status: int, state: str, runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    provider.status = status
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    assert (await stored_messages(runtime))["called"].state == state


async def test_redirected_sms_waits_for_the_right_address(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    provider.status = 301
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("pending", "later: 301")
    assert [request.path for request in provider.received] == ["/sms"]  # the redirect is not followed


async def test_gateway_retry_after_delays_next_attempt(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, clock: Any
) -> None:
    provider.status, provider.headers = 429, {"Retry-After": "120"}
    await enqueue_call_sms(runtime, until="2026-11-25T10:30:00Z")
    await send_due(runtime, pages, build_gateway(provider))
    clock.advance(seconds=119)
    assert await send_due(runtime, pages, build_gateway(provider)) == 0
    clock.advance(seconds=1)
    assert await send_due(runtime, pages, build_gateway(provider)) == 1


async def test_refused_number_makes_sms_dead(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    provider.status = 422
    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("dead", "refused: 422")


async def test_sms_to_other_country_is_not_sent(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_call_sms(runtime, number="+12025550123")
    await send_due(runtime, pages, build_gateway(provider))
    assert ((await stored_messages(runtime))["called"].failure, provider.received) == ("phone_country", [])


async def test_spent_budget_stops_sending_and_is_logged_once(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, caplog: pytest.LogCaptureFixture, clock: Any
) -> None:
    for number in range(5):
        await enqueue_call_sms(runtime, f"c{number}", f"+3460000000{number}", until="2026-11-27T09:33:00Z")
    async with open_sms_channels(
        runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_day=3)
    ) as channels:
        for _ in range(5):
            await send_due_messages(runtime, channels, limit=1)
        assert len(provider.received) == 3
        alarms = [record.message for record in caplog.records if record.message == "sms_budget_spent"]
        assert alarms == ["sms_budget_spent"]
        assert (
            sorted(row.state for row in (await stored_messages(runtime)).values())
            == ["pending"] * 2 + ["sent"] * 3
        )
        clock.advance(days=1)
        for _ in range(2):
            await send_due_messages(runtime, channels, limit=1)
    assert len(provider.received) == 5


async def test_concurrent_sends_stay_within_budget(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    for number in range(6):
        await enqueue_call_sms(runtime, f"c{number}", f"+3460000000{number}")
    await send_due(runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_day=3))
    assert len(provider.received) <= 3


async def test_sms_per_number_are_limited(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    for number in range(4):
        await enqueue_call_sms(runtime, f"c{number}")
    async with open_sms_channels(
        runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_recipient=2)
    ) as channels:
        for _ in range(4):
            await send_due_messages(runtime, channels, limit=1)
    failures = [row.failure for row in (await stored_messages(runtime)).values() if row.state == "dead"]
    assert (len(provider.received), failures) == (2, ["number_limit"] * 2)


async def test_sms_about_one_turn_are_limited(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    for number in range(4):  # invented numbers, each given for the same turn
        await enqueue_call_sms(runtime, f"c{number}", f"+3460000000{number}", subject="ticket:one")
    async with open_sms_channels(
        runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_recipient=2)
    ) as channels:
        for _ in range(4):
            await send_due_messages(runtime, channels, limit=1)
    failures = [row.failure for row in (await stored_messages(runtime)).values() if row.state == "dead"]
    assert (len(provider.received), failures) == (2, ["subject_limit"] * 2)


async def test_one_office_does_not_spend_the_budget_of_others(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    for number in range(4):
        await enqueue_call_sms(runtime, f"c{number}", f"+3460000000{number}", office_slug="norte")
    await enqueue_call_sms(runtime, "other", "+34600000009", office_slug="sur")
    async with open_sms_channels(
        runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_office=2)
    ) as channels:
        for _ in range(5):
            await send_due_messages(runtime, channels, limit=1)
    stored = await stored_messages(runtime)
    assert stored["other"].state == "sent"
    assert sorted(row.failure or "" for row in stored.values()) == ["", "", "", *["office_budget_spent"] * 2]


async def test_last_fifth_of_budget_is_for_people_near_their_call(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    for number in range(6):
        await enqueue_call_sms(runtime, f"p{number}", f"+3460000000{number}", kind="turn_paused")
    await enqueue_call_sms(runtime, "called", "+34600000009")
    async with open_sms_channels(
        runtime, pages, build_gateway(provider), limits=replace(SMS_LIMITS, per_day=5)
    ) as channels:
        for _ in range(7):
            await send_due_messages(runtime, channels, limit=1)
    stored = await stored_messages(runtime)
    assert stored["called"].state == "sent"
    assert [row.state for key, row in sorted(stored.items()) if key != "called"] == ["sent"] * 4 + ["pending"] * 2


async def test_sms_is_resent_with_same_key_after_process_kill(
    runtime: Runtime,
    pages: JinjaRenderer,
    provider: FakeHttpService,
    clock: Any,
    database_url: str,
    tmp_path: Path,
) -> None:
    clock.set(datetime.now(UTC))
    await enqueue_call_sms(runtime, until=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    provider.gates["/sms"] = asyncio.Event()
    process = fork_program(tmp_path, WORKER_PROGRAM, database_url, "sms", f"{provider.url}/sms")
    await provider.wait_for_requests(1, READY_TIMEOUT_S)
    process.kill()
    process.wait(EXIT_TIMEOUT_S)
    assert (await stored_messages(runtime))["called"].state == "sending"

    provider.gates.pop("/sms").set()
    clock.set(datetime.now(UTC) + LEASE)
    assert await send_due(runtime, pages, build_gateway(provider)) == 1
    assert (await stored_messages(runtime))["called"].state == "sent"
    assert len({request.headers["Idempotency-Key"] for request in provider.received}) == 1
    assert len(provider.received) == 2


async def test_delivered_sms_left_as_sending_is_not_resent(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, clock: Any
) -> None:
    from office360.core.db.outbox import OutboxRow
    from sqlalchemy import update

    await enqueue_call_sms(runtime)
    await send_due(runtime, pages, build_gateway(provider))
    async with runtime.transaction() as tx:  # as if the worker had died before it marked the row as sent
        await tx.session.execute(update(OutboxRow).values(state="sending"))
    await send_due(runtime, pages, build_gateway(provider))
    assert (len(provider.received), (await stored_messages(runtime))["called"].state) == (1, "sent")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))  # forms refuse lone surrogates


@given(TEXTS, TEXTS)
def test_text_cannot_break_out_of_template_field(text: str, number: str) -> None:
    values = {"to": number, "text": text, "key": "k"}
    request = json.loads(build_sms_request(JSON_BODY, values).body)
    assert request["messages"] == [{"to": number, "text": text}]
    form = parse_qs(build_sms_request(FORM_BODY, values).body.decode(), keep_blank_values=True)
    assert (form["to"], form["message"]) == ([number], [text])


@given(st.text(max_size=600))
def test_sms_text_fits_two_messages(text: str) -> None:
    assert len(to_gsm_text(text)) <= MAX_SMS_LENGTH


@given(st.text(max_size=600))
def test_long_sms_text_is_cut_before_its_links(text: str) -> None:
    links = (
        "https://citas.example.org/t/0123456789abcdef01234567 Para no recibirlos: https://citas.example.org/n/s"
    )
    sent = to_gsm_text(text, links)
    assert sent.endswith(f" {links}")
    assert len(sent) <= MAX_SMS_LENGTH


def test_accents_outside_gsm_are_removed_and_gsm_ones_stay() -> None:
    assert to_gsm_text("Ñandú está aquí: ¿mañana?") == "Ñandu esta aqui: ¿mañana?"
    assert set(to_gsm_text("áéíóúüñÁÉÍÓÚÜÑ¡¿")) <= GSM_CHARACTERS


def test_isolates_of_a_spanish_text_cost_no_sms() -> None:
    """An Arabic reader gets a text that is not confirmed in Spanish, between isolates."""
    assert to_gsm_text(f"{ISOLATE}Sal del edificio.{END_OF_ISOLATE}") == "Sal del edificio."


@pytest.mark.parametrize("body", ["", "hello", '{"to": "$to"}', "text=$text", '{"to": "$to", "text"'])
def test_template_without_number_or_text_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"\$to"):
        check_sms_template(body)


@pytest.mark.parametrize("body", [JSON_BODY, FORM_BODY])
def test_json_and_form_templates_are_accepted(body: str) -> None:
    assert check_sms_template(body) == body


def test_invalid_headers_are_refused_without_quoting_secrets() -> None:
    with pytest.raises(ValueError, match="JSON object") as error:
        parse_sms_headers("Bearer SECRET")
    assert "SECRET" not in str(error.value)
    assert parse_sms_headers('{"X-Key": "1"}') == {"X-Key": "1"}


async def test_ticket_link_is_sent_by_sms(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> None:
    await enqueue_message(
        runtime,
        "link",
        kind="ticket_link",
        channel="sms",
        recipient=NUMBER,
        payload=ticket_notification_payload(runtime.tokens),
    )
    assert await send_due(runtime, pages, build_gateway(provider)) == 1
    (sent,) = provider.received
    assert "/t/" in json.loads(sent.body)["messages"][0]["text"]
