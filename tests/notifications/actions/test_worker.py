"""The delivery worker: claims, order within a subject, retries, isolation of slow hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.runtime import Runtime
from office360.notifications import gateway_channel
from office360.notifications.actions import worker
from office360.notifications.actions.worker import (
    LEASE,
    LONGEST_RETRY_S,
    MAX_ATTEMPTS,
    retry_delay_s,
    run_delivery_worker,
    send_due_messages,
)
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.domain.send_results import PermanentFailure, TemporaryFailure
from office360.notifications.push import push_channel
from office360.notifications.queries.delivery_problems import delivery_warnings
from office360.notifications.storage import outbox_rows
from office360.notifications.storage.delivery_rows import count_messages_without_channel

from ...support.processes import EXIT_TIMEOUT_S, READY_TIMEOUT_S, fork_program
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.messages import WORKER_PROGRAM, enqueue_message, stored_messages


class RecordingChannel:
    """Records the keys of sent messages.

    A key in `failures` fails; a key in `gates` waits until its gate opens.
    """

    def __init__(self) -> None:
        self.sent_keys: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.send_called = asyncio.Event()

    async def send(self, message: OutboxMessage) -> None:
        self.send_called.set()
        if message.key in self.gates:
            await self.gates[message.key].wait()
        if message.key in self.failures:
            raise self.failures[message.key]
        self.sent_keys.append(message.key)


@pytest.fixture
def gateway() -> RecordingChannel:
    return RecordingChannel()


async def wait_until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while not condition():
            await asyncio.sleep(0)


async def send_due(runtime: Runtime, gateway: RecordingChannel) -> int:
    return await send_due_messages(runtime, {"email": gateway}, jitter=lambda: 0.0)


async def test_message_is_sent_once_with_send_time(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(runtime, "one")
    assert await send_due(runtime, gateway) == 1
    assert await send_due(runtime, gateway) == 0
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.attempts, row.sent_at, gateway.sent_keys) == ("sent", 1, runtime.now(), ["one"])


async def test_duplicate_key_is_refused(runtime: Runtime, gateway: RecordingChannel) -> None:
    from sqlalchemy.exc import IntegrityError

    await enqueue_message(runtime, "one")
    with pytest.raises(IntegrityError):
        await enqueue_message(runtime, "one")
    await send_due(runtime, gateway)
    assert gateway.sent_keys == ["one"]


async def test_message_is_not_sent_before_its_time(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "later", not_before=runtime.now() + timedelta(hours=1))
    assert await send_due(runtime, gateway) == 0
    clock.advance(hours=1)
    assert await send_due(runtime, gateway) == 1


async def test_concurrent_workers_send_each_message_once(runtime: Runtime, gateway: RecordingChannel) -> None:
    for number in range(20):
        await enqueue_message(runtime, f"m{number}")
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await asyncio.gather(*(send_due_messages(runtime, {"email": gateway}, limit=5) for _ in range(4)))
        while await send_due(runtime, gateway):
            pass
    assert sorted(gateway.sent_keys) == sorted(f"m{number}" for number in range(20))


async def test_message_of_cancelled_worker_is_sent_after_lease(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one")
    gateway.gates["one"] = asyncio.Event()
    killed = asyncio.create_task(send_due(runtime, gateway))
    await gateway.send_called.wait()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    gateway.gates.clear()

    assert (await stored_messages(runtime))["one"].state == "sending"
    assert await send_due(runtime, gateway) == 0  # the lease still runs: that worker may only be slow
    clock.advance(seconds=LEASE.total_seconds())
    assert await send_due(runtime, gateway) == 1
    assert gateway.sent_keys == ["one"]


async def test_call_of_cancelled_worker_waits_for_a_short_lease(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "call", kind="turn_called", channel="sms")
    gateway.gates["call"] = asyncio.Event()
    killed = asyncio.create_task(send_due_messages(runtime, {"sms": gateway}))
    await gateway.send_called.wait()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    gateway.gates.clear()

    assert await send_due_messages(runtime, {"sms": gateway}) == 0
    clock.advance(seconds=40)
    assert await send_due_messages(runtime, {"sms": gateway}) == 1
    assert gateway.sent_keys == ["call"]


def test_worker_waits_longer_than_gateways_may_take() -> None:
    gateways = max(push_channel.REQUEST_TIMEOUT_S, gateway_channel.REQUEST_TIMEOUT_S)
    assert gateways < worker.URGENT_SEND_TIMEOUT_S < worker.URGENT_LEASE.total_seconds()


async def test_message_of_killed_process_is_sent_after_lease(
    runtime: Runtime, gateway: RecordingChannel, clock: Any, database_url: str, tmp_path: Path
) -> None:
    clock.set(datetime.now(UTC))  # the other process uses the clock of the machine
    await enqueue_message(runtime, "one")
    process = fork_program(tmp_path, WORKER_PROGRAM, database_url)
    await process.wait_for_line("one", READY_TIMEOUT_S)
    process.kill()
    process.wait(EXIT_TIMEOUT_S)

    assert (await stored_messages(runtime))["one"].state == "sending"
    clock.set(datetime.now(UTC) + LEASE)
    assert await send_due(runtime, gateway) == 1
    assert (gateway.sent_keys, (await stored_messages(runtime))["one"].state) == (["one"], "sent")


async def test_expired_claim_cannot_change_message(runtime: Runtime, clock: Any) -> None:
    await enqueue_message(runtime, "one")
    async with runtime.transaction() as tx:
        (slow,) = await outbox_rows.claim_messages(tx.session, tx.now, "email", limit=1, lease=LEASE)
    clock.advance(seconds=LEASE.total_seconds())
    async with runtime.transaction() as tx:
        (second,) = await outbox_rows.claim_messages(tx.session, tx.now, "email", limit=1, lease=LEASE)
        assert not await outbox_rows.mark_retry(tx.session, slow, tx.now, "late")
        assert not await outbox_rows.mark_dead(tx.session, slow, "late")
        assert not await outbox_rows.mark_sent(tx.session, [slow], tx.now)
        assert await outbox_rows.mark_sent(tx.session, [second], tx.now)


async def test_retry_delay_doubles_after_each_failure(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one")
    gateway.failures["one"] = ConnectionResetError("amina@example.org: reset")
    for pause in (15, 30, 60):
        assert await send_due(runtime, gateway) == 1
        clock.advance(seconds=pause - 1)
        assert await send_due(runtime, gateway) == 0
        clock.advance(seconds=1)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("pending", 3, "ConnectionResetError")

    gateway.failures.clear()
    assert await send_due(runtime, gateway) == 1
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure) == ("sent", None)


async def test_message_is_dead_after_maximum_attempts(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one")
    gateway.failures["one"] = TimeoutError()
    for _ in range(MAX_ATTEMPTS):
        assert await send_due(runtime, gateway) == 1
        clock.advance(seconds=LONGEST_RETRY_S)
    assert await send_due(runtime, gateway) == 0
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("dead", MAX_ATTEMPTS, "TimeoutError")


async def test_permanent_failure_is_not_retried(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(runtime, "one")
    gateway.failures["one"] = PermanentFailure("no_such_mailbox")
    await send_due(runtime, gateway)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("dead", 1, "no_such_mailbox")


async def test_temporary_failure_keeps_reason_and_is_retried(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one")
    gateway.failures["one"] = TemporaryFailure("greylisted")
    await send_due(runtime, gateway)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "greylisted")
    gateway.failures.clear()
    clock.advance(seconds=15)
    await send_due(runtime, gateway)
    assert (await stored_messages(runtime))["one"].state == "sent"


async def test_temporary_failures_are_retried_beyond_maximum_attempts(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one")
    gateway.failures["one"] = TemporaryFailure("it refuses us: 535")
    for _ in range(MAX_ATTEMPTS + 48):
        assert await send_due(runtime, gateway) == 1
        clock.advance(seconds=LONGEST_RETRY_S)  # the longest pause between two attempts
    gateway.failures.clear()
    await send_due(runtime, gateway)
    assert ((await stored_messages(runtime))["one"].state, gateway.sent_keys) == ("sent", ["one"])


async def test_message_that_kills_workers_is_dead(runtime: Runtime, gateway: RecordingChannel, clock: Any) -> None:
    await enqueue_message(runtime, "poison")
    for _ in range(MAX_ATTEMPTS):
        async with runtime.transaction() as tx:
            assert await outbox_rows.claim_messages(tx.session, tx.now, "email", limit=1, lease=LEASE)
        clock.advance(seconds=LEASE.total_seconds())
    assert await send_due(runtime, gateway) == 0
    assert (await stored_messages(runtime))["poison"].state == "dead"


async def test_messages_of_one_subject_are_sent_in_order(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    for key in ("confirmed", "moved", "cancelled"):
        await enqueue_message(runtime, key, subject="appointment:1")
        clock.advance(seconds=1)
    gateway.failures["confirmed"] = ConnectionError()
    assert await send_due(runtime, gateway) == 1
    assert await send_due(runtime, gateway) == 0
    gateway.failures.clear()
    clock.advance(seconds=15)
    for expected in (["confirmed"], ["confirmed", "moved"], ["confirmed", "moved", "cancelled"]):
        assert await send_due(runtime, gateway) == 1
        assert gateway.sent_keys == expected


async def test_dead_message_does_not_block_its_subject(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(runtime, "first", subject="appointment:1")
    await enqueue_message(runtime, "second", subject="appointment:1")
    gateway.failures["first"] = PermanentFailure("refused")
    await send_due(runtime, gateway)
    await send_due(runtime, gateway)
    assert gateway.sent_keys == ["second"]


async def test_future_message_does_not_block_its_subject(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(
        runtime, "reminder", subject="appointment:1", not_before=runtime.now() + timedelta(days=7)
    )
    await enqueue_message(runtime, "moved", subject="appointment:1")
    await send_due(runtime, gateway)
    assert gateway.sent_keys == ["moved"]


async def test_void_message_is_not_sent(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(runtime, "confirmed", subject="appointment:1", kind="appointment_confirmed")
    await enqueue_message(runtime, "other", subject="appointment:2")
    async with runtime.transaction() as tx:
        await tx.void_messages("appointment:1")
    await send_due(runtime, gateway)
    assert (gateway.sent_keys, (await stored_messages(runtime))["confirmed"].state) == (["other"], "void")


async def test_message_voided_while_sending_is_not_retried(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "one", subject="appointment:1")
    gateway.gates["one"] = asyncio.Event()
    gateway.failures["one"] = ConnectionError()
    sending = asyncio.create_task(send_due(runtime, gateway))
    await gateway.send_called.wait()
    async with runtime.transaction() as tx:
        await tx.void_messages("appointment:1")
    gateway.gates["one"].set()
    await sending
    clock.advance(hours=2)
    assert await send_due(runtime, gateway) == 0
    assert (await stored_messages(runtime))["one"].state == "void"


async def test_hanging_message_does_not_delay_other_messages(runtime: Runtime, gateway: RecordingChannel) -> None:
    gateway.gates["stuck"] = asyncio.Event()
    await enqueue_message(runtime, "stuck")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {"email": gateway}, stop))
    await gateway.send_called.wait()
    for number in range(3 * worker.CHANNEL_CONCURRENCY):
        await enqueue_message(runtime, f"m{number}")
    await wait_until(lambda: len(gateway.sent_keys) == 3 * worker.CHANNEL_CONCURRENCY)
    gateway.gates["stuck"].set()
    stop.set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running
    assert "stuck" in gateway.sent_keys


async def test_hanging_domain_leaves_capacity_to_other_domains(
    runtime: Runtime, gateway: RecordingChannel
) -> None:
    stuck = asyncio.Event()
    for number in range(2 * worker.CHANNEL_CONCURRENCY):
        gateway.gates[f"stuck{number}"] = stuck
        await enqueue_message(runtime, f"stuck{number}", recipient=f"m{number}@Hangs.example.org")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {"email": gateway}, stop))
    await gateway.send_called.wait()
    await enqueue_message(runtime, "other", recipient="amina@example.org")
    await wait_until(lambda: gateway.sent_keys == ["other"])
    in_flight = [
        key for key, row in (await stored_messages(runtime)).items() if row.state == "sending" and key != "other"
    ]
    assert len(in_flight) == worker.HOST_CONCURRENCY
    stuck.set()
    stop.set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running


async def test_retry_after_pauses_only_its_host(runtime: Runtime, gateway: RecordingChannel, clock: Any) -> None:
    gateway.failures["first"] = TemporaryFailure("later: 429", 600)
    await enqueue_message(runtime, "first", recipient="a@busy.example.org")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {"email": gateway}, stop))
    while (row := (await stored_messages(runtime))["first"]).failure is None:
        await asyncio.sleep(0)
    assert row.lease_until == runtime.now() + timedelta(seconds=600)
    await enqueue_message(runtime, "second", recipient="b@busy.example.org")
    await enqueue_message(runtime, "other", recipient="amina@example.org")
    await wait_until(lambda: gateway.sent_keys == ["other"])
    assert (await stored_messages(runtime))["second"].state == "pending"
    clock.advance(seconds=600)
    gateway.failures.clear()
    await wait_until(lambda: len(gateway.sent_keys) == 3)
    stop.set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running


async def test_hanging_channel_does_not_delay_other_channel(runtime: Runtime, gateway: RecordingChannel) -> None:
    slow = RecordingChannel()
    for number in range(worker.CHANNEL_CONCURRENCY):
        slow.gates[f"sms{number}"] = asyncio.Event()
        await enqueue_message(runtime, f"sms{number}", channel="sms")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {"sms": slow, "email": gateway}, stop))
    await slow.send_called.wait()
    await enqueue_message(runtime, "email")
    await wait_until(lambda: gateway.sent_keys == ["email"])
    for gate in slow.gates.values():
        gate.set()
    stop.set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running


async def test_graceful_stop_finishes_messages_in_flight(
    runtime: Runtime, gateway: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_messages, claims_running = worker._claim_messages, 0

    async def count_claims(*arguments: Any, **keywords: Any) -> Any:
        nonlocal claims_running
        claims_running += 1
        try:
            return await claim_messages(*arguments, **keywords)
        finally:
            claims_running -= 1

    monkeypatch.setattr(worker, "_claim_messages", count_claims)
    gateway.gates["one"] = asyncio.Event()
    await enqueue_message(runtime, "one")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {"email": gateway}, stop))
    await gateway.send_called.wait()
    while claims_running:  # the loop claims again at once; a message claimed before the stop would be sent, too
        await asyncio.sleep(0.001)
    stop.set()
    await enqueue_message(runtime, "too late")
    gateway.gates["one"].set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running
    after = await stored_messages(runtime)
    assert (after["one"].state, after["too late"].state) == ("sent", "pending")


async def test_send_times_out(
    runtime: Runtime, gateway: RecordingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SEND_TIMEOUT_S", 0.01)
    gateway.gates["one"] = asyncio.Event()
    await enqueue_message(runtime, "one")
    await send_due(runtime, gateway)
    row = (await stored_messages(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "TimeoutError")


async def test_messages_without_channel_are_counted(runtime: Runtime, gateway: RecordingChannel) -> None:
    await enqueue_message(runtime, "one")
    await enqueue_message(runtime, "two", channel="sms")
    assert await send_due_messages(runtime, {}) == 0
    async with runtime.read_session() as session:
        assert await count_messages_without_channel(session, ["sms"]) == {"email": 1}
    await send_due(runtime, gateway)
    async with runtime.read_session() as session:
        assert await count_messages_without_channel(session, []) == {"sms": 1}


async def test_messages_without_channel_are_logged(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    await enqueue_message(runtime, "one")
    stop = asyncio.Event()
    running = asyncio.create_task(run_delivery_worker(runtime, {}, stop))
    await wait_until(lambda: any(record.message == "no_transport" for record in caplog.records))
    stop.set()
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await running
    (record,) = [record for record in caplog.records if record.message == "no_transport"]
    assert record.__dict__["waiting"] == {"email": 1}


async def test_delivery_warnings_name_waiting_and_dead_messages(
    runtime: Runtime, gateway: RecordingChannel, clock: Any
) -> None:
    await enqueue_message(runtime, "refused")
    gateway.failures["refused"] = PermanentFailure("no_such_mailbox")
    await send_due(runtime, gateway)
    await enqueue_message(runtime, "waits", channel="sms")
    async with runtime.read_session() as session:
        assert await delivery_warnings(session, ["email"], runtime.now()) == [
            "sms: 1 wait because this channel is not set up",
            "given up in the last week: 1 (no_such_mailbox)",
        ]
        assert await delivery_warnings(session, ["email", "sms"], runtime.now() + timedelta(days=8)) == []


@given(st.integers(1, 60), st.floats(0, 1))
def test_retry_delay_stays_between_half_and_full_backoff(attempt: int, jitter: float) -> None:
    longest = min(LONGEST_RETRY_S, 15 * 2 ** (attempt - 1))
    assert longest / 2 <= retry_delay_s(attempt, jitter) <= longest
