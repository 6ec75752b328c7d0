"""Repeated kills of a sending worker: lost and duplicate messages."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from ...core.db.outbox import SENDING, SENT
from .outbox import MessageSink, count_states, fill_outbox, run_sink, run_worker, worker_environment

MESSAGES_PER_KILL = 60  # of each channel, enough that each kill meets some being sent
START_TIMEOUT_S = 60  # until a started worker has sent a message
LEASE_TIMEOUT_S = 400  # for messages being sent at a kill: their lease, and a second lease
POLL_INTERVAL_S = 0.02


@dataclass(frozen=True, slots=True)
class KillResult:
    """Results. `under_way` is the least number of rows that the kills left in state sending."""

    kills: int
    messages: int
    under_way: int
    missing: int
    duplicates: int
    unsent: int
    seconds: float


def measure(folder: Path, kills: int, postgres: str | None) -> KillResult:
    """Kill workers (SIGKILL) at random moments while they send; let the last finish."""
    folder = folder / "kills"
    folder.mkdir()
    url = postgres or f"sqlite+aiosqlite:///{folder}/outbox.db"
    each, left, began = MESSAGES_PER_KILL * kills, 0, time.monotonic()
    asyncio.run(fill_outbox(url, each, each))
    with run_sink(folder / "sink") as sink:
        environment = worker_environment(url, sink)
        for _ in range(kills):
            before = asyncio.run(count_states(url)).get(SENDING, 0)
            with run_worker(environment) as worker:
                _wait_for_count(sink, _count(sink) + random.randint(1, MESSAGES_PER_KILL), START_TIMEOUT_S)
                worker.kill()
                worker.wait()
            left += max(0, asyncio.run(count_states(url)).get(SENDING, 0) - before)
        with run_worker(environment):
            deadline = time.monotonic() + LEASE_TIMEOUT_S
            while (found := asyncio.run(count_states(url))) != {SENT: 2 * each} and time.monotonic() < deadline:
                time.sleep(1)
        came = {(way, message.identifier) for way in ("email", "sms") for message in sink.received(way)}
        doubled = sink.count_duplicates("email") + sink.count_duplicates("sms")
    missing, unsent = 2 * each - len(came), 2 * each - found.get(SENT, 0)
    return KillResult(kills, 2 * each, left, missing, doubled, unsent, time.monotonic() - began)


def _count(sink: MessageSink) -> int:
    return len(sink.received("email")) + len(sink.received("sms"))


def _wait_for_count(sink: MessageSink, count: int, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while _count(sink) < count and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)


def table_lines(found: KillResult) -> list[str]:
    """Format the lines to print."""
    return [
        f"one worker killed {found.kills} times in mid-send, {found.messages} messages, {found.seconds:.0f} s",
        f"  {found.under_way} were under way at a kill; {found.missing} lost, {found.unsent} left unsent, "
        f"{found.duplicates} came twice under the same identifier",
    ]
