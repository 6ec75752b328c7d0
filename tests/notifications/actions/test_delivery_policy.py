"""What is not sent, or not yet: what its person has stopped, and what can wait while people sleep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.core.tokens import Tokens
from office360.notifications.domain import contact_tokens
from office360.notifications.domain.message_kinds import Group
from office360.notifications.domain.quiet_hours import quiet_hours_of
from office360.notifications.service import Channel, Gateway, sms_channels, work_once
from office360.notifications.storage import outbox_rows
from office360.server.web.templates import JinjaPages

from ..conftest import enqueue, notice, rows
from ..support.gateways import Outside, outside

NUMBER = "+34600000001"
LATE = "2026-11-25T22:00:00+01:00"


@pytest.fixture
async def provider() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


@pytest.fixture
async def channels(runtime: Runtime, pages: JinjaPages, provider: Outside) -> AsyncIterator[dict[str, Channel]]:
    gateway = Gateway(f"{provider.url}/sms", "to=$to&text=$text")
    async with sms_channels(runtime, pages, gateway, quiet=quiet_hours_of("21:30-8:00")) as made:
        yield made


async def told(runtime: Runtime, kind: str, until: str, key: str = "one", **more: Any) -> None:
    payload = notice(runtime.tokens, until=until)
    await enqueue(runtime, key, kind=kind, channel="sms", recipient=NUMBER, payload=payload, **more)


async def refuse(runtime: Runtime, group: Group, number: str = NUMBER) -> None:
    token = contact_tokens.contact_token(runtime.tokens, "sms", number)
    async with runtime.transaction() as tx:
        await outbox_rows.refuse(tx.session, contact_tokens.hash_of(token), group, tx.now)


async def test_what_can_wait_is_put_off_to_the_morning_and_sent_then(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(LATE))
    await told(runtime, "turn_moved", until="2026-11-26T12:00:00+01:00")
    assert await work_once(runtime, channels) == 1
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "quiet_hours")
    assert row.not_before == datetime.fromisoformat("2026-11-26T08:00:00+01:00")
    clock.set(datetime.fromisoformat("2026-11-26T07:59:59+01:00"))
    assert await work_once(runtime, channels) == 0
    clock.advance(seconds=1)
    assert await work_once(runtime, channels) == 1
    assert ((await rows(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_what_says_nothing_any_more_in_the_morning_is_not_sent(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(LATE))
    await told(runtime, "turn_moved", until="2026-11-26T08:00:00+01:00")
    await work_once(runtime, channels)
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure, provider.received) == ("void", "quiet_hours", [])


async def test_a_call_never_waits(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(LATE))
    await told(runtime, "turn_called", until="2026-11-25T22:30:00+01:00")
    await work_once(runtime, channels)
    assert ((await rows(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_what_is_put_off_holds_up_nothing_about_the_same(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(LATE))
    await told(runtime, "turn_moved", until="2026-11-26T12:00:00+01:00", key="moved", subject="ticket:1")
    clock.advance(seconds=1)
    await told(runtime, "turn_called", until="2026-11-26T12:00:00+01:00", key="called", subject="ticket:1")
    assert await work_once(runtime, channels) == 1
    assert await work_once(runtime, channels) == 1
    states = {key: row.state for key, row in (await rows(runtime)).items()}
    assert states == {"moved": "pending", "called": "sent"}


async def test_what_a_number_has_stopped_is_not_sent_to_it_also_when_it_was_written_before(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside
) -> None:
    await told(runtime, "turn_issued", until="2026-11-25T12:00:00+01:00")
    await refuse(runtime, Group.TURNS)
    await work_once(runtime, channels)
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure, provider.received) == ("void", "stopped", [])


async def test_a_refusal_of_one_group_or_one_number_is_none_of_another(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside
) -> None:
    await refuse(runtime, Group.REMINDERS)
    await refuse(runtime, Group.TURNS, "+34600000002")
    await told(runtime, "turn_issued", until="2026-11-25T12:00:00+01:00")
    await work_once(runtime, channels)
    assert ((await rows(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_what_one_has_just_asked_for_is_sent_in_spite_of_all_refusals(
    runtime: Runtime, channels: dict[str, Channel], provider: Outside
) -> None:
    for group in Group:
        await refuse(runtime, group)
    await told(runtime, "ticket_link", until="2026-11-25T12:00:00+01:00")
    await work_once(runtime, channels)
    assert ((await rows(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_a_refusal_outlives_a_rotation_of_the_secret() -> None:
    old, both = Tokens(["o" * 40]), Tokens(["n" * 40, "o" * 40])
    token = contact_tokens.contact_token(old, "email", "Amina@example.org ")
    assert contact_tokens.hash_of(token) in contact_tokens.hashes_of(both, "email", "amina@example.org")
    assert contact_tokens.way_of(both, token) == "email"


async def test_a_token_that_we_did_not_make_is_nobodys() -> None:
    tokens = Tokens(["o" * 40])
    token = contact_tokens.contact_token(tokens, "sms", NUMBER)
    assert contact_tokens.way_of(tokens, token) == "sms"
    for wrong in (token[:-1], token + "x", "e" + token[1:], "", token[0] + "A" + token[2:], "ñ" * 25):
        assert contact_tokens.way_of(tokens, wrong) is None, wrong


async def test_the_table_of_refusals_tells_no_contact_and_no_link(runtime: Runtime) -> None:
    token = contact_tokens.contact_token(runtime.tokens, "sms", NUMBER)
    assert NUMBER not in contact_tokens.hash_of(token)
    assert token not in contact_tokens.hash_of(token)
