"""What is said on a test's two data channels: pings, and how much passes each way. Knows channels, not aiortc.

`control` carries JSON text, reliable and in order. `probe` carries binary messages, unordered and never sent
again: what is lost on it is lost on the way. A message that makes no sense is ignored.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from ...core.web.validation import read_json
from .live_tests import Callbacks

PROBE_KBPS = 5_000  # a direction; more is bound by this process's CPU, and a call needs 1,000
PROBE_S = 3
PROBE_BYTES = 1_200  # fits one packet on every path (RFC 8831 section 5: 1,200 bytes)
PROBES_AT_MOST = 40  # of one session: a walk through a flat, not a load generator
CONTROL_CHARACTERS = 1_024
TICK_S = 0.01
BUFFERED_BYTES = 64 * 1024  # what may wait in us; beyond, the link is full and the rest is not sent
GRACE_S = 0.2  # `up_done` may overtake the last probes, which come unordered

Message = Mapping[str, Any]


class Channel(Protocol):
    """As much of an RTCDataChannel as is needed here."""

    @property
    def readyState(self) -> str: ...

    @property
    def bufferedAmount(self) -> int: ...

    def send(self, data: str | bytes) -> None: ...


class Counter:
    """What came on `probe` since it was zeroed."""

    def __init__(self) -> None:
        self.zero()

    def zero(self) -> None:
        self.received = self.size_bytes = 0
        self.first_s = self.last_s = 0.0

    def add(self, size_bytes: int, now_s: float) -> None:
        self.first_s = self.first_s or now_s
        self.last_s = now_s
        self.received += 1
        self.size_bytes += size_bytes

    def result(self) -> dict[str, Any]:
        """Received messages and bytes, over how long, and the rate in kbit/s; 0 for fewer than two messages."""
        elapsed_ms = (self.last_s - self.first_s) * 1000
        kbps = self.size_bytes * 8 / elapsed_ms if elapsed_ms > 0 else 0.0
        return {
            "received": self.received,
            "bytes": self.size_bytes,
            "elapsed_ms": round(elapsed_ms, 1),
            "kbps": round(kbps, 1),
        }


class Control:
    """One test's conversation on its channels."""

    def __init__(self, room: Callbacks) -> None:
        self._room = room
        self._channels: dict[str, Channel] = {}
        self._up = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._down: asyncio.Task[None] | None = None
        self._probes = 0
        self._commands: Mapping[str, Callable[[Message], None]] = {
            "ping": self._ping,
            "up": self._begin_up,
            "up_done": self._end_up,
            "down": self._begin_down,
            "server": self._server,
        }

    def attach(self, label: str, channel: Channel) -> None:
        """The browser opened a channel; only `control` and `probe` mean something."""
        self._channels[label] = channel

    def receive(self, label: str, data: str | bytes) -> None:
        """One message of a channel."""
        if label == "probe" and isinstance(data, bytes):
            self._up.add(len(data), _now_s())
            return
        if label != "control" or not isinstance(data, str) or len(data) > CONTROL_CHARACTERS:
            return
        with suppress(ValueError, TypeError):
            message = read_json(data)
            command = self._commands.get(message["type"]) if isinstance(message, dict) else None
            if command is not None:
                command(message)

    async def close(self) -> None:
        """Stop what is being sent."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Commands

    def _ping(self, message: Message) -> None:
        self._say({"type": "pong", "n": message.get("n"), "loop_lag_ms": self._room.our_side().loop_lag_ms})

    def _server(self, _message: Message) -> None:
        ours = self._room.our_side()
        told = {"loop_lag_ms": ours.loop_lag_ms, "sessions": self._room.sessions(), "healthy": ours.healthy}
        self._say({"type": "server", **told})

    def _begin_up(self, _message: Message) -> None:
        self._up.zero()

    def _end_up(self, message: Message) -> None:
        self._start(self._tell_up(message.get("id")))

    async def _tell_up(self, id: Any) -> None:
        await asyncio.sleep(GRACE_S)
        self._say({"type": "up_result", "id": id, **self._up.result()})

    def _begin_down(self, message: Message) -> None:
        seconds = _within(message.get("seconds"), PROBE_S)
        kbps = _within(message.get("kbps"), PROBE_KBPS)
        if self._down is not None:
            self._down.cancel()
        if self._probes < PROBES_AT_MOST:
            self._probes += 1
            self._down = self._start(self._send_down(message.get("id"), seconds, kbps))

    async def _send_down(self, id: Any, seconds: float, kbps: float) -> None:
        """Send at an even pace, for so long; what the link does not take is left out, not kept for later."""
        began = _now_s()
        offered = sent = 0
        while (elapsed := _now_s() - began) < seconds:
            due = int(elapsed * kbps * 1000 / 8 / PROBE_BYTES)
            while offered < due:
                offered += 1
                sent += self._send_probe(sent)
            await asyncio.sleep(TICK_S)
        self._say({"type": "down_done", "id": id, "sent": sent, "elapsed_ms": round(elapsed * 1000, 1)})

    def _send_probe(self, number: int) -> bool:
        probe = self._channels.get("probe")
        if probe is None or probe.readyState != "open" or probe.bufferedAmount > BUFFERED_BYTES:
            return False
        probe.send(number.to_bytes(4, "big") + bytes(PROBE_BYTES - 4))
        return True

    def _say(self, message: Message) -> None:
        control = self._channels.get("control")
        if control is not None and control.readyState == "open":
            control.send(json.dumps(message, separators=(",", ":")))

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name="test channel")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _within(value: Any, most: float) -> float:
    """A figure the browser asks for, within what we give; the most when it names none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        return most
    return float(value)
