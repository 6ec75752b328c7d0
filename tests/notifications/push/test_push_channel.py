"""The push channel: requests, encryption for one browser, refusals, private networks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.core.contact import push_subscriptions
from office360.core.contact.push_subscriptions import PushSubscription
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import LEASE, DeliveryChannel, send_due_messages
from office360.notifications.channels import open_push_channels
from office360.notifications.domain.concurrency_limits import HostQuota
from office360.notifications.domain.send_results import PermanentFailure
from office360.notifications.push.push_channel import encrypt_payload
from office360.notifications.push.vapid import VapidIdentity, generate_vapid_private_key
from office360.notifications.storage import outbox_rows
from office360.server.web.templates import JinjaRenderer

from ...support.processes import EXIT_TIMEOUT_S, READY_TIMEOUT_S, fork_program
from ..support.gateways import FakeHttpService, SubscribedBrowser, is_signed, vapid_token_parts
from ..support.messages import WORKER_PROGRAM, enqueue_message, stored_messages
from ..support.payloads import ticket_notification_payload

VAPID = VapidIdentity(generate_vapid_private_key(), "mailto:it@example.org")
SUBJECT = "ticket:01TICKET"


@pytest.fixture
async def channels(runtime: Runtime, pages: JinjaRenderer) -> AsyncIterator[dict[str, DeliveryChannel]]:
    async with open_push_channels(runtime, pages, VAPID, allow_local=True) as channels:
        yield channels


async def subscribe_browser(runtime: Runtime, endpoint: str) -> tuple[SubscribedBrowser, str]:
    browser = SubscribedBrowser(endpoint)
    async with runtime.transaction() as tx:
        until = tx.now + timedelta(hours=1)
        return browser, await push_subscriptions.save_push_subscription(
            tx.session, SUBJECT, browser.address, tx.now, until
        )


async def enqueue_call_push(runtime: Runtime, recipient: str, key: str = "called", **changes: Any) -> None:
    await enqueue_message(
        runtime,
        key,
        kind="turn_called",
        channel="push",
        recipient=recipient,
        subject=SUBJECT,
        payload=ticket_notification_payload(runtime.tokens, **changes),
    )


async def test_push_is_encrypted_for_its_browser(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    browser, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    await enqueue_call_push(runtime, subscription)
    assert await send_due_messages(runtime, channels) == 1
    (received,) = provider.received
    assert b"B-042" not in received.body
    payload = browser.decrypt(received)
    assert payload["title"] == "Mesa 4: es tu turno"
    assert payload["body"] == "B-042, ve ahora a la mesa 4. Al fondo, a la izquierda."
    assert payload["url"] == f"http://127.0.0.1:1/t/{runtime.tokens.derive('ticket', '01TICKET')}"
    assert (payload["lang"], payload["urgent"], payload["key"]) == ("es", True, "called")
    assert (await stored_messages(runtime))["called"].state == "sent"


async def test_push_request_has_vapid_urgency_ttl_and_topic(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    (received,) = provider.received
    assert is_signed(received)
    assert f"k={VAPID.public_key}" in received.headers["Authorization"]
    assert (received.headers["TTL"], received.headers["Urgency"]) == ("180", "high")
    assert len(received.headers["Topic"]) == 32
    assert received.headers["Content-Encoding"] == "aes128gcm"
    assert len(received.body) < 4_096


async def test_push_token_names_service_end_and_operator(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    header, claims = vapid_token_parts(provider.received[0])
    assert header == {"typ": "JWT", "alg": "ES256"}
    lifetime_s = claims.pop("exp") - runtime.now().timestamp()
    assert claims == {"aud": provider.url, "sub": "mailto:it@example.org"}
    assert 0 < lifetime_s <= 24 * 3600  # RFC 8292, 2


@pytest.mark.parametrize(("p256dh", "auth"), [("AAAA", "AAAA"), ("A" * 87, "A" * 22), ("é", "AAAA"), ("A", "A")])
def test_broken_browser_keys_are_a_permanent_failure(p256dh: str, auth: str) -> None:
    with pytest.raises(PermanentFailure, match="broken_keys"):
        encrypt_payload(PushSubscription("https://push.example.org/1", p256dh, auth), b"{}")


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_gone_browser_is_unsubscribed_and_push_is_void(
    status: int, runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    provider.status = status
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure) == ("void", f"gone: {status}")
    async with runtime.read_session() as session:
        assert await push_subscriptions.load_push_subscription(session, subscription) is None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_busy_push_service_is_retried_with_remaining_ttl(
    status: int, runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel], clock: Any
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    provider.status = status
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    assert (await stored_messages(runtime))["called"].state == "pending"
    provider.status = 201
    clock.advance(seconds=15)
    await send_due_messages(runtime, channels)
    assert ((await stored_messages(runtime))["called"].state, len(provider.received)) == ("sent", 2)
    assert provider.received[1].headers["TTL"] == "165"


async def test_expired_call_is_not_pushed(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel], clock: Any
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    await enqueue_call_push(runtime, subscription)
    clock.advance(minutes=3)
    await send_due_messages(runtime, channels)
    row = (await stored_messages(runtime))["called"]
    assert (row.state, row.failure, provider.received) == ("dead", "too_late", [])


async def test_push_redirect_is_not_followed(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    provider.status = 307
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    assert [request.path for request in provider.received] == ["/send/amina"]
    assert (await stored_messages(runtime))["called"].failure == "refused: 307"


async def test_endpoint_in_private_network_gets_no_request(
    runtime: Runtime, pages: JinjaRenderer, provider: FakeHttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    resolved: list[str] = []
    port = int(provider.url.rsplit(":", 1)[1])

    async def resolve_to_loopback(_: object, host: str, *__: object) -> list[dict[str, Any]]:
        resolved.append(host)
        return [
            {"hostname": host, "host": "127.0.0.1", "port": port, "proto": 0, "flags": 0, "family": socket.AF_INET}
        ]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve_to_loopback)
    async with open_push_channels(runtime, pages, VAPID, ports={port}) as channels:
        _, subscription = await subscribe_browser(runtime, f"https://push.example.org:{port}/send/amina")
        await enqueue_call_push(runtime, subscription)
        await send_due_messages(runtime, channels)
        _, second = await subscribe_browser(runtime, f"{provider.url}/send/amina")
        await enqueue_call_push(runtime, second, key="number")
        await send_due_messages(runtime, channels)
    rows = await stored_messages(runtime)
    assert resolved == ["push.example.org"]
    assert [(rows[key].state, rows[key].failure) for key in ("called", "number")] == [
        ("dead", "private_address"),
        ("dead", "private_address"),
    ]
    assert provider.received == []


async def test_stored_endpoint_at_another_port_gets_no_request(
    runtime: Runtime, pages: JinjaRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved: list[str] = []

    async def note_name(_: object, host: str, *__: object) -> list[dict[str, Any]]:
        resolved.append(host)
        return []

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", note_name)
    async with open_push_channels(runtime, pages, VAPID) as channels:
        _, subscription = await subscribe_browser(runtime, "https://push.example.org:6379/send/amina")
        await enqueue_call_push(runtime, subscription)
        await send_due_messages(runtime, channels)
    assert (await stored_messages(runtime))["called"].failure == "private_address"
    assert resolved == []


async def test_push_service_retry_after_date_delays_next_attempt(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel], clock: Any
) -> None:
    provider.status, provider.headers = 429, {"Retry-After": "Wed, 25 Nov 2026 09:31:30 GMT"}
    _, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    await enqueue_call_push(runtime, subscription)
    await send_due_messages(runtime, channels)
    clock.advance(seconds=89)
    assert await send_due_messages(runtime, channels) == 0
    clock.advance(seconds=1)
    assert await send_due_messages(runtime, channels) == 1


async def test_blocked_push_service_does_not_block_other_hosts(
    runtime: Runtime, provider: FakeHttpService
) -> None:
    _, first = await subscribe_browser(runtime, f"{provider.url}/send/one")
    _, second = await subscribe_browser(runtime, "https://push.example.org/send/two")
    await enqueue_call_push(runtime, first, key="first")
    await enqueue_call_push(runtime, second, key="second")
    host = provider.url.removeprefix("http://")
    both = [host, "push.example.org"]
    assert await outbox_rows.has_due_message(runtime.db, runtime.now(), "push", [host])
    assert not await outbox_rows.has_due_message(runtime.db, runtime.now(), "push", both)
    async with runtime.transaction() as tx:
        quota = HostQuota(1, {}, frozenset({host}))
        (claimed,) = await outbox_rows.claim_messages(
            tx.session, tx.now, "push", limit=2, lease=LEASE, quota=quota
        )
    assert (claimed.message.key, claimed.host) == ("second", "push.example.org")


async def test_unreachable_browser_does_not_block_other_browser(
    runtime: Runtime, provider: FakeHttpService, channels: dict[str, DeliveryChannel]
) -> None:
    _, first = await subscribe_browser(runtime, f"{provider.url}/send/broken")
    _, second = await subscribe_browser(runtime, f"{provider.url}/send/whole")
    provider.status_by_path["/send/broken"] = 503
    await enqueue_call_push(runtime, first, key="first")
    await enqueue_call_push(runtime, second, key="second")
    await send_due_messages(runtime, channels)
    states = {key: row.state for key, row in (await stored_messages(runtime)).items()}
    assert states == {"first": "pending", "second": "sent"}


async def test_push_is_resent_with_same_key_after_process_kill(
    runtime: Runtime,
    provider: FakeHttpService,
    channels: dict[str, DeliveryChannel],
    clock: Any,
    database_url: str,
    tmp_path: Path,
) -> None:
    clock.set(datetime.now(UTC))
    browser, subscription = await subscribe_browser(runtime, f"{provider.url}/send/amina")
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await enqueue_call_push(runtime, subscription, until=until)
    provider.gates["/send/amina"] = asyncio.Event()  # the service accepts the push but does not answer
    process = fork_program(tmp_path, WORKER_PROGRAM, database_url, "push")
    await provider.wait_for_requests(1, READY_TIMEOUT_S)
    process.kill()
    process.wait(EXIT_TIMEOUT_S)
    assert (await stored_messages(runtime))["called"].state == "sending"

    provider.gates.pop("/send/amina").set()
    clock.set(datetime.now(UTC) + LEASE)
    assert await send_due_messages(runtime, channels) == 1
    assert (await stored_messages(runtime))["called"].state == "sent"
    payloads = [browser.decrypt(received) for received in provider.received]
    assert [payload["key"] for payload in payloads] == ["called", "called"]
    assert len({received.headers["Topic"] for received in provider.received}) == 1
