"""Pushes: what a real push service receives, and only the browser behind it can read."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.core.contact import push_subscriptions
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import LEASE
from office360.notifications.domain.concurrency_limits import Room
from office360.notifications.service import Channel, Vapid, new_private_key, push_channels, work_once
from office360.notifications.storage import outbox_rows
from office360.server.web.templates import JinjaPages

from ..conftest import enqueue, notice, rows
from ..support.gateways import Outside, Phone, is_signed, outside

VAPID = Vapid(new_private_key(), "mailto:it@example.org")
SUBJECT = "ticket:01TICKET"


@pytest.fixture
async def service() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


@pytest.fixture
async def channels(runtime: Runtime, pages: JinjaPages) -> AsyncIterator[dict[str, Channel]]:
    async with push_channels(runtime, pages, VAPID, local=True) as found:
        yield found


async def subscribed(runtime: Runtime, endpoint: str) -> tuple[Phone, str]:
    phone = Phone(endpoint)
    async with runtime.transaction() as tx:
        until = tx.now + timedelta(hours=1)
        return phone, await push_subscriptions.subscribe(tx.session, SUBJECT, phone.browser, tx.now, until)


async def called(runtime: Runtime, recipient: str, key: str = "called", **changes: Any) -> None:
    await enqueue(
        runtime,
        key,
        kind="turn_called",
        channel="push",
        recipient=recipient,
        subject=SUBJECT,
        payload=notice(runtime.tokens, **changes),
    )


async def test_only_the_browser_can_read_what_it_is_told(
    runtime: Runtime, service: Outside, channels: dict[str, Channel]
) -> None:
    phone, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    await called(runtime, subscription)
    assert await work_once(runtime, channels) == 1
    (received,) = service.received
    assert b"B-042" not in received.body
    told = phone.read(received)
    assert told["title"] == "Mesa 4: es tu turno"
    assert told["body"] == "B-042, ve ahora a la mesa 4. Al fondo, a la izquierda."
    assert told["url"] == f"http://127.0.0.1:1/t/{runtime.tokens.derive('ticket', '01TICKET')}"
    assert (told["lang"], told["urgent"], told["key"]) == ("es", True, "called")
    assert (await rows(runtime))["called"].state == "sent"


async def test_the_push_service_learns_who_sends_how_urgent_it_is_and_how_long_it_is_true(
    runtime: Runtime, service: Outside, channels: dict[str, Channel]
) -> None:
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    await called(runtime, subscription)
    await work_once(runtime, channels)
    (received,) = service.received
    assert is_signed(received)
    assert f"k={VAPID.public_key}" in received.headers["Authorization"]
    assert (received.headers["TTL"], received.headers["Urgency"]) == ("180", "high")
    assert len(received.headers["Topic"]) == 32
    assert received.headers["Content-Encoding"] == "aes128gcm"
    assert len(received.body) < 4_096


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_a_browser_that_is_gone_is_forgotten_and_is_nobodys_fault(
    status: int, runtime: Runtime, service: Outside, channels: dict[str, Channel]
) -> None:
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    service.status = status
    await called(runtime, subscription)
    await work_once(runtime, channels)
    row = (await rows(runtime))["called"]
    assert (row.state, row.failure) == ("void", f"gone: {status}")
    async with runtime.reading() as session:
        assert await push_subscriptions.browser_of(session, subscription) is None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_busy_is_asked_again_while_the_notice_is_true(
    status: int, runtime: Runtime, service: Outside, channels: dict[str, Channel], clock: Any
) -> None:
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    service.status = status
    await called(runtime, subscription)
    await work_once(runtime, channels)
    assert (await rows(runtime))["called"].state == "pending"
    service.status = 201
    clock.advance(seconds=15)
    await work_once(runtime, channels)
    assert ((await rows(runtime))["called"].state, len(service.received)) == ("sent", 2)
    assert service.received[1].headers["TTL"] == "165"


async def test_a_call_that_is_over_is_not_told_any_more(
    runtime: Runtime, service: Outside, channels: dict[str, Channel], clock: Any
) -> None:
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    await called(runtime, subscription)
    clock.advance(minutes=3)
    await work_once(runtime, channels)
    row = (await rows(runtime))["called"]
    assert (row.state, row.failure, service.received) == ("dead", "too_late", [])


async def test_a_redirect_is_not_followed(
    runtime: Runtime, service: Outside, channels: dict[str, Channel]
) -> None:
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    service.status = 307
    await called(runtime, subscription)
    await work_once(runtime, channels)
    assert [one.path for one in service.received] == ["/send/amina"]
    assert (await rows(runtime))["called"].failure == "refused: 307"


async def test_a_name_that_leads_into_our_own_network_gets_nothing(
    runtime: Runtime, pages: JinjaPages, service: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    asked: list[str] = []
    port = int(service.url.rsplit(":", 1)[1])

    async def leads_inside(_: object, host: str, *__: object) -> list[dict[str, Any]]:
        asked.append(host)
        one = {"hostname": host, "host": "127.0.0.1", "port": port, "proto": 0, "flags": 0}
        return [{**one, "family": socket.AF_INET}]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", leads_inside)
    async with push_channels(runtime, pages, VAPID, local=False) as channels:
        _, subscription = await subscribed(runtime, f"https://push.example.org:{port}/send/amina")
        await called(runtime, subscription)
        await work_once(runtime, channels)
        _, second = await subscribed(runtime, f"{service.url}/send/amina")
        await called(runtime, second, key="number")
        await work_once(runtime, channels)
    found = await rows(runtime)
    assert asked == ["push.example.org"]
    assert [(found[key].state, found[key].failure) for key in ("called", "number")] == [
        ("dead", "private_address"),
        ("dead", "private_address"),
    ]
    assert service.received == []


async def test_a_service_that_is_asked_too_much_says_until_when(
    runtime: Runtime, service: Outside, channels: dict[str, Channel], clock: Any
) -> None:
    service.status, service.headers = 429, {"Retry-After": "Wed, 25 Nov 2026 09:31:30 GMT"}
    _, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    await called(runtime, subscription)
    await work_once(runtime, channels)
    clock.advance(seconds=89)
    assert await work_once(runtime, channels) == 0
    clock.advance(seconds=1)
    assert await work_once(runtime, channels) == 1


async def test_services_that_hang_are_told_apart_by_their_host(runtime: Runtime, service: Outside) -> None:
    _, first = await subscribed(runtime, f"{service.url}/send/one")
    _, second = await subscribed(runtime, "https://push.example.org/send/two")
    await called(runtime, first, key="first")
    await called(runtime, second, key="second")
    host = service.url.removeprefix("http://")
    async with runtime.reading() as session:
        assert await outbox_rows.is_due(session, runtime.now(), "push", [host])
        assert not await outbox_rows.is_due(session, runtime.now(), "push", [host, "push.example.org"])
    async with runtime.transaction() as tx:
        room = Room(1, {}, frozenset({host}))
        (claimed,) = await outbox_rows.claim(tx.session, tx.now, "push", limit=2, lease=LEASE, room=room)
    assert (claimed.message.key, claimed.host) == ("second", "push.example.org")


async def test_a_phone_that_cannot_be_reached_does_not_hold_back_the_other_one(
    runtime: Runtime, service: Outside, channels: dict[str, Channel]
) -> None:
    _, first = await subscribed(runtime, f"{service.url}/send/broken")
    _, second = await subscribed(runtime, f"{service.url}/send/whole")
    service.answers["/send/broken"] = 503
    await called(runtime, first, key="first")
    await called(runtime, second, key="second")
    await work_once(runtime, channels)
    states = {key: row.state for key, row in (await rows(runtime)).items()}
    assert states == {"first": "pending", "second": "sent"}


async def test_a_process_killed_while_pushing_loses_nothing_and_tells_one_call_by_its_key(
    runtime: Runtime, service: Outside, channels: dict[str, Channel], clock: Any, database_url: str
) -> None:
    clock.set(datetime.now(UTC))
    phone, subscription = await subscribed(runtime, f"{service.url}/send/amina")
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await called(runtime, subscription, until=until)
    service.gates["/send/amina"] = asyncio.Event()  # it takes the push, and never says so
    script = Path(__file__).parent.parent / "support" / "hanging_worker.py"
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), database_url, "push")
    await service.until(1)
    process.kill()
    await process.wait()
    assert (await rows(runtime))["called"].state == "sending"

    service.gates.pop("/send/amina").set()
    clock.set(datetime.now(UTC) + LEASE)
    assert await work_once(runtime, channels) == 1
    assert (await rows(runtime))["called"].state == "sent"
    told = [phone.read(received) for received in service.received]
    assert [one["key"] for one in told] == ["called", "called"]
    assert len({received.headers["Topic"] for received in service.received}) == 1
