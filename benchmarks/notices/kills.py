"""A worker that is killed in mid-send, again and again: what is lost, and what comes twice."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from ...core.db.outbox import SENDING, SENT
from .installation import Sink, environment_of, fill, running_sink, running_worker, states

EACH = 60  # messages of each channel a kill: enough that every kill meets some under way
START_S = 60  # until a worker that was started has sent something
LEFT_S = 400  # for what was under way at a kill: its lease, and whoever was given a second one
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Killed:
    """What was seen. `under_way`: rows that the kills left in mid-send, at least."""

    kills: int
    messages: int
    under_way: int
    missing: int
    duplicates: int
    unsent: int
    seconds: float


def measure(folder: Path, kills: int, postgres: str | None) -> Killed:
    """Kill it (SIGKILL) at a random moment after its first deliveries, then let one finish."""
    folder = folder / "kills"
    folder.mkdir()
    url = postgres or f"sqlite+aiosqlite:///{folder}/outbox.db"
    each, left, began = EACH * kills, 0, time.monotonic()
    asyncio.run(fill(url, each, each))
    with running_sink(folder / "sink") as sink:
        environment = environment_of(url, sink)
        for _ in range(kills):
            before = asyncio.run(states(url)).get(SENDING, 0)
            with running_worker(environment) as worker:
                _await(sink, _count(sink) + random.randint(1, EACH), START_S)
                worker.kill()
                worker.wait()
            left += max(0, asyncio.run(states(url)).get(SENDING, 0) - before)
        with running_worker(environment):
            deadline = time.monotonic() + LEFT_S
            while (found := asyncio.run(states(url))) != {SENT: 2 * each} and time.monotonic() < deadline:
                time.sleep(1)
        came = {(way, one.identifier) for way in ("email", "sms") for one in sink.came(way)}
        doubled = sink.duplicates("email") + sink.duplicates("sms")
    missing, unsent = 2 * each - len(came), 2 * each - found.get(SENT, 0)
    return Killed(kills, 2 * each, left, missing, doubled, unsent, time.monotonic() - began)


def _count(sink: Sink) -> int:
    return len(sink.came("email")) + len(sink.came("sms"))


def _await(sink: Sink, count: int, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while _count(sink) < count and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def table(found: Killed) -> list[str]:
    """The lines to print."""
    return [
        f"one worker killed {found.kills} times in mid-send, {found.messages} messages, {found.seconds:.0f} s",
        f"  {found.under_way} were under way at a kill; {found.missing} lost, {found.unsent} left unsent, "
        f"{found.duplicates} came twice under the same identifier",
    ]
