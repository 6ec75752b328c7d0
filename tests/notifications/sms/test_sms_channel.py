"""SMS: any gateway's format, at least once with a key, within a budget, to numbers that the office pays for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import LEASE
from office360.notifications.service import Gateway, check_template, headers_of, sms_channels, work_once
from office360.notifications.sms.gateway_request import GSM, LENGTH, folded, request_of
from office360.server.web.templates import JinjaPages

from ..conftest import enqueue, notice, rows
from ..support.gateways import Outside, outside

NUMBER = "+34600000001"
JSON_BODY = '{"messages": [{"to": "$to", "text": "$text"}], "reference": "$key", "flash": false}'
FORM_BODY = "to=$to&message=$text&from=Oficina360"


@pytest.fixture
async def provider() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


def gateway(provider: Outside, **changes: Any) -> Gateway:
    return Gateway(f"{provider.url}/sms", **{"body": JSON_BODY, **changes})


async def called(runtime: Runtime, key: str = "called", number: str = NUMBER, **changes: Any) -> None:
    await enqueue(
        runtime,
        key,
        kind="turn_called",
        channel="sms",
        recipient=number,
        payload=notice(runtime.tokens, **changes),
    )


async def work(runtime: Runtime, pages: JinjaPages, to: Gateway) -> int:
    async with sms_channels(runtime, pages, to) as channels:
        return await work_once(runtime, channels, jitter=lambda: 0.0)


async def test_a_gateway_gets_the_number_the_text_and_a_key(
    runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    await called(runtime)
    await work(runtime, pages, gateway(provider, headers={"Authorization": "Bearer k"}))
    (received,) = provider.received
    body = json.loads(received.body)
    link = f"http://127.0.0.1:1/t/{runtime.tokens.derive('ticket', '01TICKET')}"
    text = f"Mesa 4: es tu turno. B-042, ve ahora a la mesa 4. Al fondo, a la izquierda. {link}"
    assert body["messages"] == [{"to": NUMBER, "text": text}]
    assert body["flash"] is False
    assert body["reference"] == received.headers["Idempotency-Key"]
    assert received.headers["Authorization"] == "Bearer k"
    assert (await rows(runtime))["called"].state == "sent"


async def test_a_gateway_of_forms_gets_a_form(runtime: Runtime, pages: JinjaPages, provider: Outside) -> None:
    await called(runtime)
    await work(runtime, pages, gateway(provider, body=FORM_BODY))
    (received,) = provider.received
    form = parse_qs(received.body.decode())
    assert (form["to"], form["from"]) == ([NUMBER], ["Oficina360"])
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "state"), [(200, "sent"), (401, "pending"), (429, "pending"), (503, "pending")]
)
async def test_what_passes_by_itself_waits(
    status: int, state: str, runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    provider.status = status
    await called(runtime)
    await work(runtime, pages, gateway(provider))
    assert (await rows(runtime))["called"].state == state


async def test_a_gateway_that_is_asked_too_much_says_for_how_long(
    runtime: Runtime, pages: JinjaPages, provider: Outside, clock: Any
) -> None:
    provider.status, provider.headers = 429, {"Retry-After": "120"}
    await called(runtime, until="2026-11-25T10:30:00Z")
    await work(runtime, pages, gateway(provider))
    clock.advance(seconds=119)
    assert await work(runtime, pages, gateway(provider)) == 0
    clock.advance(seconds=1)
    assert await work(runtime, pages, gateway(provider)) == 1


async def test_a_number_that_the_gateway_refuses_is_given_up(
    runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    provider.status = 422
    await called(runtime)
    await work(runtime, pages, gateway(provider))
    row = (await rows(runtime))["called"]
    assert (row.state, row.failure) == ("dead", "refused: 422")


async def test_a_country_that_the_office_does_not_pay_for_gets_nothing(
    runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    await called(runtime, number="+12025550123")
    await work(runtime, pages, gateway(provider))
    assert ((await rows(runtime))["called"].failure, provider.received) == ("phone_country", [])


async def test_beyond_the_days_budget_nothing_is_sent_and_the_log_says_so_once(
    runtime: Runtime, pages: JinjaPages, provider: Outside, caplog: pytest.LogCaptureFixture, clock: Any
) -> None:
    for number in range(5):
        await called(runtime, f"c{number}", f"+3460000000{number}", until="2026-11-27T09:33:00Z")
    async with sms_channels(runtime, pages, gateway(provider, a_day=3)) as channels:
        for _ in range(5):
            await work_once(runtime, channels, limit=1)
        assert len(provider.received) == 3
        alarms = [record.message for record in caplog.records if record.message == "sms_budget_spent"]
        assert alarms == ["sms_budget_spent"]
        assert sorted(row.state for row in (await rows(runtime)).values()) == ["pending"] * 2 + ["sent"] * 3
        clock.advance(days=1)
        for _ in range(2):
            await work_once(runtime, channels, limit=1)
    assert len(provider.received) == 5


async def test_many_at_once_do_not_overdraw_the_budget(
    runtime: Runtime, pages: JinjaPages, provider: Outside
) -> None:
    for number in range(6):
        await called(runtime, f"c{number}", f"+3460000000{number}")
    await work(runtime, pages, gateway(provider, a_day=3))
    assert len(provider.received) <= 3


async def test_one_number_is_not_flooded(runtime: Runtime, pages: JinjaPages, provider: Outside) -> None:
    for number in range(4):
        await called(runtime, f"c{number}")
    async with sms_channels(runtime, pages, gateway(provider, a_number_a_day=2)) as channels:
        for _ in range(4):
            await work_once(runtime, channels, limit=1)
    failures = [row.failure for row in (await rows(runtime)).values() if row.state == "dead"]
    assert (len(provider.received), failures) == (2, ["number_limit"] * 2)


async def test_a_process_killed_while_sending_sends_again_with_the_same_key(
    runtime: Runtime, pages: JinjaPages, provider: Outside, clock: Any, database_url: str
) -> None:
    clock.set(datetime.now(UTC))
    await called(runtime, until=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    provider.gates["/sms"] = asyncio.Event()
    script = Path(__file__).parent.parent / "support" / "hanging_worker.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), database_url, "sms", f"{provider.url}/sms"
    )
    await provider.until(1)
    process.kill()
    await process.wait()
    assert (await rows(runtime))["called"].state == "sending"

    provider.gates.pop("/sms").set()
    clock.set(datetime.now(UTC) + LEASE)
    assert await work(runtime, pages, gateway(provider)) == 1
    assert (await rows(runtime))["called"].state == "sent"
    assert len({one.headers["Idempotency-Key"] for one in provider.received}) == 1
    assert len(provider.received) == 2


async def test_what_was_handed_over_but_not_closed_is_not_handed_over_again(
    runtime: Runtime, pages: JinjaPages, provider: Outside, clock: Any
) -> None:
    from office360.core.db.outbox import OutboxRow
    from sqlalchemy import update

    await called(runtime)
    await work(runtime, pages, gateway(provider))
    async with runtime.transaction() as tx:  # as if the process had ended between the two
        await tx.session.execute(update(OutboxRow).values(state="sending"))
    await work(runtime, pages, gateway(provider))
    assert (len(provider.received), (await rows(runtime))["called"].state) == (1, "sent")


# The request, pure


WORDS = st.text(st.characters(exclude_categories=["Cs"]))  # half characters are refused at the edge


@given(WORDS, WORDS)
def test_a_text_never_breaks_out_of_its_field(text: str, number: str) -> None:
    values = {"to": number, "text": text, "key": "k"}
    asked = json.loads(request_of(JSON_BODY, values).body)
    assert asked["messages"] == [{"to": number, "text": text}]
    form = parse_qs(request_of(FORM_BODY, values).body.decode(), keep_blank_values=True)
    assert (form["to"], form["message"]) == ([number], [text])


@given(st.text(max_size=600))
def test_a_text_is_never_longer_than_two_messages(text: str) -> None:
    assert len(folded(text)) <= LENGTH


@given(st.text(max_size=600))
def test_a_long_text_is_cut_and_its_links_are_not(text: str) -> None:
    links = (
        "https://citas.example.org/t/0123456789abcdef01234567 Para no recibirlos: https://citas.example.org/n/s"
    )
    sent = folded(text, links)
    assert sent.endswith(f" {links}")
    assert len(sent) <= LENGTH


def test_accents_do_not_double_the_price_and_what_is_spanish_stays() -> None:
    assert folded("Ñandú está aquí: ¿mañana?") == "Ñandu esta aqui: ¿mañana?"
    assert set(folded("áéíóúüñÁÉÍÓÚÜÑ¡¿")) <= GSM


@pytest.mark.parametrize("body", ["", "hello", '{"to": "$to"}', "text=$text", '{"to": "$to", "text"'])
def test_a_template_without_number_or_text_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"\$to"):
        check_template(body)


@pytest.mark.parametrize("body", [JSON_BODY, FORM_BODY])
def test_a_template_of_either_kind_is_accepted(body: str) -> None:
    assert check_template(body) == body


def test_headers_that_are_no_object_are_refused_without_being_quoted() -> None:
    with pytest.raises(ValueError, match="JSON object") as refused:
        headers_of("Bearer SECRET")
    assert "SECRET" not in str(refused.value)
    assert headers_of('{"X-Key": "1"}') == {"X-Key": "1"}


async def test_the_link_to_a_turn_leaves_by_sms(runtime: Runtime, pages: JinjaPages, provider: Outside) -> None:
    await enqueue(
        runtime, "link", kind="ticket_link", channel="sms", recipient=NUMBER, payload=notice(runtime.tokens)
    )
    assert await work(runtime, pages, gateway(provider)) == 1
    (sent,) = provider.received
    assert "/t/" in json.loads(sent.body)["messages"][0]["text"]
