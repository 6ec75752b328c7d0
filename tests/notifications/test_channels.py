"""The delivery policy of channels: opt-outs and quiet hours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import DeliveryChannel, send_due_messages
from office360.notifications.channels import LateChannel
from office360.notifications.domain import contact_tokens
from office360.notifications.domain.channel_declaration import MessageGroup
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.domain.quiet_hours import parse_quiet_hours
from office360.notifications.sms.gateway_request import SmsGateway
from office360.notifications.storage import opt_out_rows
from office360.server.web.templates import JinjaRenderer

from .support.gateways import FakeHttpService, open_sms_channels
from .support.messages import enqueue_message, stored_messages
from .support.payloads import ticket_notification_payload

NUMBER = "+34600000001"
QUIET_TIME = "2026-11-25T22:00:00+01:00"


@pytest.fixture
async def channels(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    gateway = SmsGateway(f"{provider.url}/sms", "to=$to&text=$text")
    async with open_sms_channels(runtime, pages, gateway, quiet=parse_quiet_hours("21:30-8:00")) as channels:
        yield channels


async def enqueue_sms(runtime: Runtime, kind: str, until: str, key: str = "one", **values: Any) -> None:
    payload = ticket_notification_payload(runtime.tokens, until=until)
    await enqueue_message(runtime, key, kind=kind, channel="sms", recipient=NUMBER, payload=payload, **values)


async def opt_out(runtime: Runtime, group: MessageGroup, number: str = NUMBER) -> None:
    token = contact_tokens.contact_token(runtime.tokens, "sms", number)
    async with runtime.transaction() as tx:
        await opt_out_rows.insert_opt_out(tx.session, contact_tokens.hash_contact_token(token), group, tx.now)


async def test_deferrable_message_waits_for_end_of_quiet_hours(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(QUIET_TIME))
    await enqueue_sms(runtime, "turn_moved", until="2026-11-26T12:00:00+01:00")
    assert await send_due_messages(runtime, channels) == 1
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "quiet_hours")
    assert row.not_before == datetime.fromisoformat("2026-11-26T08:00:00+01:00")
    clock.set(datetime.fromisoformat("2026-11-26T07:59:59+01:00"))
    assert await send_due_messages(runtime, channels) == 0
    clock.advance(seconds=1)
    assert await send_due_messages(runtime, channels) == 1
    assert ((await stored_messages(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_message_expiring_in_quiet_hours_is_void(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(QUIET_TIME))
    await enqueue_sms(runtime, "turn_moved", until="2026-11-26T08:00:00+01:00")
    await send_due_messages(runtime, channels)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure, provider.received) == ("void", "quiet_hours", [])


async def test_call_ignores_quiet_hours(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(QUIET_TIME))
    await enqueue_sms(runtime, "turn_called", until="2026-11-25T22:30:00+01:00")
    await send_due_messages(runtime, channels)
    assert ((await stored_messages(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_postponed_message_does_not_block_its_subject(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService, clock: Any
) -> None:
    clock.set(datetime.fromisoformat(QUIET_TIME))
    await enqueue_sms(runtime, "turn_moved", until="2026-11-26T12:00:00+01:00", key="moved", subject="ticket:1")
    clock.advance(seconds=1)
    await enqueue_sms(runtime, "turn_called", until="2026-11-26T12:00:00+01:00", key="called", subject="ticket:1")
    assert await send_due_messages(runtime, channels) == 1
    assert await send_due_messages(runtime, channels) == 1
    states = {key: row.state for key, row in (await stored_messages(runtime)).items()}
    assert states == {"moved": "pending", "called": "sent"}


async def test_opt_out_voids_messages_already_in_outbox(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService
) -> None:
    await enqueue_sms(runtime, "turn_issued", until="2026-11-25T12:00:00+01:00")
    await opt_out(runtime, MessageGroup.TURNS)
    await send_due_messages(runtime, channels)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure, provider.received) == ("void", "stopped", [])


async def test_opt_out_counts_for_one_group_and_one_number(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService
) -> None:
    await opt_out(runtime, MessageGroup.REMINDERS)
    await opt_out(runtime, MessageGroup.TURNS, "+34600000002")
    await enqueue_sms(runtime, "turn_issued", until="2026-11-25T12:00:00+01:00")
    await send_due_messages(runtime, channels)
    assert ((await stored_messages(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_transactional_message_ignores_opt_outs(
    runtime: Runtime, channels: dict[str, DeliveryChannel], provider: FakeHttpService
) -> None:
    for group in MessageGroup:
        await opt_out(runtime, group)
    await enqueue_sms(runtime, "ticket_link", until="2026-11-25T12:00:00+01:00")
    await send_due_messages(runtime, channels)
    assert ((await stored_messages(runtime))["one"].state, len(provider.received)) == ("sent", 1)


async def test_late_channel_opens_once_for_concurrent_messages() -> None:
    events: list[str] = []

    class Recorder:
        async def send(self, message: OutboxMessage) -> None:
            events.append(message.key)

    @asynccontextmanager
    async def open_recorder() -> AsyncIterator[Recorder]:
        events.append("open")
        yield Recorder()
        events.append("close")

    def load() -> Callable[[], AbstractAsyncContextManager[Recorder]]:
        assert threading.current_thread() is not threading.main_thread()  # so that requests go on
        events.append("load")
        return open_recorder

    now = datetime(2026, 11, 25, tzinfo=UTC)
    first = OutboxMessage("1", "first", "sms", "ticket_link", NUMBER, "es", {}, now)
    second = replace(first, id="2", key="second")
    async with aclosing(LateChannel(load)) as channel:
        assert events == []
        await asyncio.gather(channel.send(first), channel.send(second))
    assert events == ["load", "open", "first", "second", "close"]
