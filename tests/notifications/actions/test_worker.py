"""Sending: at least once, in order within a subject, again after a failure, and nobody waits for somebody else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.runtime import Runtime
from office360.notifications.actions import worker
from office360.notifications.actions.worker import ATTEMPTS, LEASE, LONGEST_RETRY_S, pause_s
from office360.notifications.domain.message_content import Message
from office360.notifications.service import (
    Deferred,
    Undeliverable,
    complaints,
    run,
    waiting_without_transport,
    work_once,
)
from office360.notifications.storage import outbox_rows

from ...support.timeouts import PATIENCE_S
from ..conftest import enqueue, rows


class Gateway:
    """Takes what it is given, unless it has been told otherwise for a key."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.asked = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.asked.set()
        if message.key in self.gates:
            await self.gates[message.key].wait()
        if message.key in self.failures:
            raise self.failures[message.key]
        self.taken.append(message.key)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0)


async def work(runtime: Runtime, gateway: Gateway) -> int:
    return await work_once(runtime, {"email": gateway}, jitter=lambda: 0.0)


async def test_a_message_is_sent_once_and_keeps_when(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "one")
    assert await work(runtime, gateway) == 1
    assert await work(runtime, gateway) == 0
    row = (await rows(runtime))["one"]
    assert (row.state, row.attempts, row.sent_at, gateway.taken) == ("sent", 1, runtime.now(), ["one"])


async def test_the_same_key_is_one_message(runtime: Runtime, gateway: Gateway) -> None:
    from sqlalchemy.exc import IntegrityError

    await enqueue(runtime, "one")
    with pytest.raises(IntegrityError):
        await enqueue(runtime, "one")
    await work(runtime, gateway)
    assert gateway.taken == ["one"]


async def test_a_message_waits_for_its_time(runtime: Runtime, gateway: Gateway, clock: Any) -> None:
    await enqueue(runtime, "later", not_before=runtime.now() + timedelta(hours=1))
    assert await work(runtime, gateway) == 0
    clock.advance(hours=1)
    assert await work(runtime, gateway) == 1


async def test_two_workers_never_send_the_same_message(runtime: Runtime, gateway: Gateway) -> None:
    for number in range(20):
        await enqueue(runtime, f"m{number}")
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(work_once(runtime, {"email": gateway}, limit=5) for _ in range(4)))
        while await work(runtime, gateway):
            pass
    assert sorted(gateway.taken) == sorted(f"m{number}" for number in range(20))


async def test_a_worker_killed_while_sending_is_followed_by_another(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one")
    gateway.gates["one"] = asyncio.Event()
    killed = asyncio.create_task(work(runtime, gateway))
    await gateway.asked.wait()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    gateway.gates.clear()

    assert (await rows(runtime))["one"].state == "sending"
    assert await work(runtime, gateway) == 0  # its lease still runs: it may only be slow
    clock.advance(seconds=LEASE.total_seconds())
    assert await work(runtime, gateway) == 1
    assert gateway.taken == ["one"]


async def test_a_process_killed_while_sending_loses_nothing(
    runtime: Runtime, gateway: Gateway, clock: Any, database_url: str
) -> None:
    clock.set(datetime.now(UTC))  # the other process lives by the machine's clock
    await enqueue(runtime, "one")
    script = Path(__file__).parent.parent / "support" / "hanging_worker.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), database_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"one\n"
    process.kill()
    await process.wait()

    assert (await rows(runtime))["one"].state == "sending"
    clock.set(datetime.now(UTC) + LEASE)
    assert await work(runtime, gateway) == 1
    assert (gateway.taken, (await rows(runtime))["one"].state) == (["one"], "sent")


async def test_a_slow_worker_does_not_close_what_another_has_taken_over(runtime: Runtime, clock: Any) -> None:
    await enqueue(runtime, "one")
    async with runtime.transaction() as tx:
        (slow,) = await outbox_rows.claim(tx.session, tx.now, "email", limit=1, lease=LEASE)
    clock.advance(seconds=LEASE.total_seconds())
    async with runtime.transaction() as tx:
        (second,) = await outbox_rows.claim(tx.session, tx.now, "email", limit=1, lease=LEASE)
        assert not await outbox_rows.mark_retry(tx.session, slow, tx.now, "late")
        assert not await outbox_rows.mark_dead(tx.session, slow, "late")
        assert not await outbox_rows.mark_sent(tx.session, [slow], tx.now)
        assert await outbox_rows.mark_sent(tx.session, [second], tx.now)


async def test_a_failure_is_tried_again_after_a_pause_that_doubles(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one")
    gateway.failures["one"] = ConnectionResetError("amina@example.org: reset")
    for pause in (15, 30, 60):
        assert await work(runtime, gateway) == 1
        clock.advance(seconds=pause - 1)
        assert await work(runtime, gateway) == 0
        clock.advance(seconds=1)
    row = (await rows(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("pending", 3, "ConnectionResetError")

    gateway.failures.clear()
    assert await work(runtime, gateway) == 1
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure) == ("sent", None)


async def test_after_many_attempts_it_is_given_up_and_stays_to_be_seen(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one")
    gateway.failures["one"] = TimeoutError()
    for _ in range(ATTEMPTS):
        assert await work(runtime, gateway) == 1
        clock.advance(seconds=LONGEST_RETRY_S)
    assert await work(runtime, gateway) == 0
    row = (await rows(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("dead", ATTEMPTS, "TimeoutError")


async def test_a_refusal_is_final(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "one")
    gateway.failures["one"] = Undeliverable("no_such_mailbox")
    await work(runtime, gateway)
    row = (await rows(runtime))["one"]
    assert (row.state, row.attempts, row.failure) == ("dead", 1, "no_such_mailbox")


async def test_what_is_put_off_keeps_its_reason_and_is_tried_again(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one")
    gateway.failures["one"] = Deferred("greylisted")
    await work(runtime, gateway)
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "greylisted")
    gateway.failures.clear()
    clock.advance(seconds=15)
    await work(runtime, gateway)
    assert (await rows(runtime))["one"].state == "sent"


async def test_what_is_put_off_for_a_weekend_is_sent_on_monday(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one")
    gateway.failures["one"] = Deferred("it refuses us: 535")
    for _ in range(ATTEMPTS + 48):
        assert await work(runtime, gateway) == 1
        clock.advance(seconds=LONGEST_RETRY_S)  # also at its worst it is asked for every hour
    gateway.failures.clear()
    await work(runtime, gateway)
    assert ((await rows(runtime))["one"].state, gateway.taken) == ("sent", ["one"])


async def test_a_message_that_kills_its_workers_is_given_up(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "poison")
    for _ in range(ATTEMPTS):
        async with runtime.transaction() as tx:
            assert await outbox_rows.claim(tx.session, tx.now, "email", limit=1, lease=LEASE)
        clock.advance(seconds=LEASE.total_seconds())
    assert await work(runtime, gateway) == 0
    assert (await rows(runtime))["poison"].state == "dead"


async def test_messages_of_a_subject_leave_in_their_order(runtime: Runtime, gateway: Gateway, clock: Any) -> None:
    for key in ("confirmed", "moved", "cancelled"):
        await enqueue(runtime, key, subject="appointment:1")
        clock.advance(seconds=1)
    gateway.failures["confirmed"] = ConnectionError()
    assert await work(runtime, gateway) == 1
    assert await work(runtime, gateway) == 0
    gateway.failures.clear()
    clock.advance(seconds=15)
    for expected in (["confirmed"], ["confirmed", "moved"], ["confirmed", "moved", "cancelled"]):
        assert await work(runtime, gateway) == 1
        assert gateway.taken == expected


async def test_what_is_given_up_does_not_hold_back_its_subject(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "first", subject="appointment:1")
    await enqueue(runtime, "second", subject="appointment:1")
    gateway.failures["first"] = Undeliverable("refused")
    await work(runtime, gateway)
    await work(runtime, gateway)
    assert gateway.taken == ["second"]


async def test_a_reminder_of_next_week_does_not_hold_back_what_is_due(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "reminder", subject="appointment:1", not_before=runtime.now() + timedelta(days=7))
    await enqueue(runtime, "moved", subject="appointment:1")
    await work(runtime, gateway)
    assert gateway.taken == ["moved"]


async def test_what_is_taken_back_is_not_sent(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "confirmed", subject="appointment:1", kind="appointment_confirmed")
    await enqueue(runtime, "other", subject="appointment:2")
    async with runtime.transaction() as tx:
        await tx.void("appointment:1")
    await work(runtime, gateway)
    assert (gateway.taken, (await rows(runtime))["confirmed"].state) == (["other"], "void")


async def test_what_is_taken_back_while_it_is_sent_is_not_tried_again(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    await enqueue(runtime, "one", subject="appointment:1")
    gateway.gates["one"] = asyncio.Event()
    gateway.failures["one"] = ConnectionError()
    sending = asyncio.create_task(work(runtime, gateway))
    await gateway.asked.wait()
    async with runtime.transaction() as tx:
        await tx.void("appointment:1")
    gateway.gates["one"].set()
    await sending
    clock.advance(hours=2)
    assert await work(runtime, gateway) == 0
    assert (await rows(runtime))["one"].state == "void"


async def test_a_message_that_hangs_delays_nobody(runtime: Runtime, gateway: Gateway) -> None:
    gateway.gates["stuck"] = asyncio.Event()
    await enqueue(runtime, "stuck")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {"email": gateway}, stop))
    await gateway.asked.wait()
    for number in range(3 * worker.CONCURRENCY):
        await enqueue(runtime, f"m{number}")
    await until(lambda: len(gateway.taken) == 3 * worker.CONCURRENCY)
    gateway.gates["stuck"].set()
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await running
    assert "stuck" in gateway.taken


async def test_a_domain_that_hangs_leaves_places_to_the_others(runtime: Runtime, gateway: Gateway) -> None:
    stuck = asyncio.Event()
    for number in range(2 * worker.CONCURRENCY):
        gateway.gates[f"stuck{number}"] = stuck
        await enqueue(runtime, f"stuck{number}", recipient=f"m{number}@Hangs.example.org")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {"email": gateway}, stop))
    await gateway.asked.wait()
    await enqueue(runtime, "other", recipient="amina@example.org")
    await until(lambda: gateway.taken == ["other"])
    under_way = [key for key, row in (await rows(runtime)).items() if row.state == "sending" and key != "other"]
    assert len(under_way) == worker.OF_ONE
    stuck.set()
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await running


async def test_whoever_wants_to_be_left_alone_is_and_the_others_are_served(
    runtime: Runtime, gateway: Gateway, clock: Any
) -> None:
    gateway.failures["first"] = Deferred("later: 429", 600)
    await enqueue(runtime, "first", recipient="a@busy.example.org")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {"email": gateway}, stop))
    while (row := (await rows(runtime))["first"]).failure is None:
        await asyncio.sleep(0)
    assert row.lease_until == runtime.now() + timedelta(seconds=600)
    await enqueue(runtime, "second", recipient="b@busy.example.org")
    await enqueue(runtime, "other", recipient="amina@example.org")
    await until(lambda: gateway.taken == ["other"])
    assert (await rows(runtime))["second"].state == "pending"
    clock.advance(seconds=600)
    gateway.failures.clear()
    await until(lambda: len(gateway.taken) == 3)
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await running


async def test_a_channel_that_hangs_does_not_delay_another(runtime: Runtime, gateway: Gateway) -> None:
    slow = Gateway()
    for number in range(worker.CONCURRENCY):
        slow.gates[f"sms{number}"] = asyncio.Event()
        await enqueue(runtime, f"sms{number}", channel="sms")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {"sms": slow, "email": gateway}, stop))
    await slow.asked.wait()
    await enqueue(runtime, "letter")
    await until(lambda: gateway.taken == ["letter"])
    for gate in slow.gates.values():
        gate.set()
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await running


async def test_a_graceful_stop_finishes_what_is_under_way(
    runtime: Runtime, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claiming = worker._claim, 0

    async def counted(*given: Any, **more: Any) -> Any:
        nonlocal claiming
        claiming += 1
        try:
            return await claim(*given, **more)
        finally:
            claiming -= 1

    monkeypatch.setattr(worker, "_claim", counted)
    gateway.gates["one"] = asyncio.Event()
    await enqueue(runtime, "one")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {"email": gateway}, stop))
    await gateway.asked.wait()
    while claiming:  # it looks again at once, and what it claims before the stop is under way, too
        await asyncio.sleep(0.001)
    stop.set()
    await enqueue(runtime, "too late")
    gateway.gates["one"].set()
    async with asyncio.timeout(PATIENCE_S):
        await running
    after = await rows(runtime)
    assert (after["one"].state, after["too late"].state) == ("sent", "pending")


async def test_a_gateway_that_never_answers_is_given_a_limit(
    runtime: Runtime, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SEND_TIMEOUT_S", 0.01)
    gateway.gates["one"] = asyncio.Event()
    await enqueue(runtime, "one")
    await work(runtime, gateway)
    row = (await rows(runtime))["one"]
    assert (row.state, row.failure) == ("pending", "TimeoutError")


async def test_without_a_transport_messages_wait_and_are_counted(runtime: Runtime, gateway: Gateway) -> None:
    await enqueue(runtime, "one")
    await enqueue(runtime, "two", channel="sms")
    assert await work_once(runtime, {}) == 0
    async with runtime.reading() as session:
        assert await waiting_without_transport(session, ["sms"]) == {"email": 1}
    await work(runtime, gateway)
    async with runtime.reading() as session:
        assert await waiting_without_transport(session, []) == {"sms": 1}


async def test_what_nobody_sends_is_said_in_the_log(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    await enqueue(runtime, "one")
    stop = asyncio.Event()
    running = asyncio.create_task(run(runtime, {}, stop))
    await until(lambda: any(record.message == "no_transport" for record in caplog.records))
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await running
    (record,) = [record for record in caplog.records if record.message == "no_transport"]
    assert record.__dict__["waiting"] == {"email": 1}


async def test_what_reaches_nobody_is_told_to_whoever_asks(runtime: Runtime, gateway: Gateway, clock: Any) -> None:
    await enqueue(runtime, "refused")
    gateway.failures["refused"] = Undeliverable("no_such_mailbox")
    await work(runtime, gateway)
    await enqueue(runtime, "waits", channel="sms")
    async with runtime.reading() as session:
        assert await complaints(session, ["email"], runtime.now()) == [
            "sms: 1 wait, and nothing here sends them",
            "given up in the last week: 1 (no_such_mailbox)",
        ]
        assert await complaints(session, ["email", "sms"], runtime.now() + timedelta(days=8)) == []


@given(st.integers(1, 60), st.floats(0, 1))
def test_a_pause_is_never_longer_than_an_hour_nor_shorter_than_half_the_doubled_one(
    attempt: int, jitter: float
) -> None:
    longest = min(LONGEST_RETRY_S, 15 * 2 ** (attempt - 1))
    assert longest / 2 <= pause_s(attempt, jitter) <= longest
