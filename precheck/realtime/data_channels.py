"""Protocol of a test's two data channels: pings and throughput probes.

Knows channels, not aiortc.

`control` carries JSON text, reliable and ordered. `probe` carries binary messages, unordered and without
retransmission, so that a lost message shows loss on the network. `pings` carries pings as JSON text, unordered and
without retransmission, so that a lost one does not delay the others. Invalid messages are ignored.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from ...core.web.validation import parse_json
from .live_tests import ProbeCallbacks

CHANNEL_LABELS = frozenset({"control", "probe", "pings"})
MAX_PROBE_KBPS = 5_000  # in each direction; a call needs 1,000, and more is bound by our CPU
MAX_PROBE_S = 3
PROBE_BYTES = 1_200  # fits one packet on every path (RFC 8831 section 5: 1,200 bytes)
MAX_DOWNLOAD_PROBES = 40  # of one session: enough for a walk through a flat, too few for a load generator
MAX_CONTROL_CHARACTERS = 1_024
PACING_INTERVAL_S = 0.01
MAX_BUFFERED_BYTES = 64 * 1024  # in our send buffer; beyond it the link is full and probes are skipped
LATE_PROBE_GRACE_S = 0.2  # `up_done` may arrive before the last probes, which are unordered

ControlMessage = Mapping[str, Any]
MediaTotals = Callable[[], Mapping[str, Any]]


class DataChannel(Protocol):
    """The part of RTCDataChannel that this module uses."""

    @property
    def readyState(self) -> str: ...

    @property
    def bufferedAmount(self) -> int: ...

    def send(self, data: str | bytes) -> None: ...


class ProbeCounter:
    """Counts the messages received on `probe` since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.received = self.size_bytes = 0
        self.first_s = self.last_s = 0.0

    def count_message(self, size_bytes: int, now_s: float) -> None:
        self.first_s = self.first_s or now_s
        self.last_s = now_s
        self.received += 1
        self.size_bytes += size_bytes

    def result(self) -> dict[str, Any]:
        """Return received messages, bytes, duration, and kbit/s (0 for fewer than two messages)."""
        elapsed_ms = (self.last_s - self.first_s) * 1000
        kbps = self.size_bytes * 8 / elapsed_ms if elapsed_ms > 0 else 0.0
        return {
            "received": self.received,
            "bytes": self.size_bytes,
            "elapsed_ms": round(elapsed_ms, 1),
            "kbps": round(kbps, 1),
        }


class DataChannelHandler:
    """Handles the messages of one test's channels."""

    def __init__(self, callbacks: ProbeCallbacks, media_totals: MediaTotals = dict) -> None:
        self._callbacks = callbacks
        self._media_totals = media_totals
        self._channels: dict[str, DataChannel] = {}
        self._upload_counter = ProbeCounter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._upload_task: asyncio.Task[None] | None = None
        self._download_task: asyncio.Task[None] | None = None
        self._download_count = 0
        control: Mapping[str, Callable[[ControlMessage], None]] = {
            "ping": lambda message: self._answer_ping("control", message),
            "up": self._begin_upload,
            "up_done": self._end_upload,
            "down": self._begin_download,
            "server": self._answer_server_state,
            "stats": self._answer_media_totals,
        }
        pings: Mapping[str, Callable[[ControlMessage], None]] = {
            "ping": lambda message: self._answer_ping("pings", message)
        }
        self._commands = {"control": control, "pings": pings}

    def attach_channel(self, label: str, channel: DataChannel) -> None:
        """Accept a channel that the browser opened.

        Labels other than `control` and `probe` are ignored.
        """
        if label in CHANNEL_LABELS:
            self._channels[label] = channel

    def handle_message(self, label: str, data: str | bytes) -> None:
        """Handle one message of a channel."""
        if label == "probe" and isinstance(data, bytes):
            self._upload_counter.count_message(len(data), _loop_time_s())
            return
        if label not in self._commands or not isinstance(data, str) or len(data) > MAX_CONTROL_CHARACTERS:
            return
        with suppress(ValueError, TypeError):
            message = parse_json(data)
            command = self._commands[label].get(message["type"]) if isinstance(message, dict) else None
            if command is not None:
                command(message)

    async def close(self) -> None:
        """Stop sending probes."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Commands

    def _answer_ping(self, label: str, message: ControlMessage) -> None:
        lag_ms = self._callbacks.room_health().loop_lag_ms
        self._send(label, {"type": "pong", "n": message.get("n"), "loop_lag_ms": lag_ms})

    def _answer_server_state(self, _message: ControlMessage) -> None:
        health = self._callbacks.room_health()
        state = {
            "loop_lag_ms": health.loop_lag_ms,
            "sessions": self._callbacks.session_count(),
            "healthy": health.healthy,
        }
        self._send_control({"type": "server", **state})

    def _answer_media_totals(self, message: ControlMessage) -> None:
        self._send_control({"type": "stats", "id": message.get("id"), "media": self._media_totals()})

    def _begin_upload(self, _message: ControlMessage) -> None:
        self._upload_counter.reset()

    def _end_upload(self, message: ControlMessage) -> None:
        if self._upload_task is not None:
            self._upload_task.cancel()
        self._upload_task = self._start_task(self._send_upload_result(message.get("id")))

    async def _send_upload_result(self, id: Any) -> None:
        await asyncio.sleep(LATE_PROBE_GRACE_S)
        self._send_control({"type": "up_result", "id": id, **self._upload_counter.result()})

    def _begin_download(self, message: ControlMessage) -> None:
        seconds = _clamp_request(message.get("seconds"), MAX_PROBE_S)
        kbps = _clamp_request(message.get("kbps"), MAX_PROBE_KBPS)
        if self._download_task is not None:
            self._download_task.cancel()
        if self._download_count < MAX_DOWNLOAD_PROBES:
            self._download_count += 1
            self._download_task = self._start_task(self._run_download(message.get("id"), seconds, kbps))

    async def _run_download(self, id: Any, seconds: float, kbps: float) -> None:
        """Send probes at an even pace for `seconds`.

        Probes that the link does not accept are skipped.
        """
        began = _loop_time_s()
        offered = sent = 0
        while (elapsed := _loop_time_s() - began) < seconds:
            due = int(elapsed * kbps * 1000 / 8 / PROBE_BYTES)
            while offered < due:
                offered += 1
                sent += self._send_probe(sent)
            await asyncio.sleep(PACING_INTERVAL_S)
        self._send_control({"type": "down_done", "id": id, "sent": sent, "elapsed_ms": round(elapsed * 1000, 1)})

    def _send_probe(self, number: int) -> bool:
        probe = self._channels.get("probe")
        if probe is None or probe.readyState != "open" or probe.bufferedAmount > MAX_BUFFERED_BYTES:
            return False
        probe.send(number.to_bytes(4, "big") + bytes(PROBE_BYTES - 4))
        return True

    def _send_control(self, message: ControlMessage) -> None:
        self._send("control", message)

    def _send(self, label: str, message: ControlMessage) -> None:
        channel = self._channels.get(label)
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount <= MAX_BUFFERED_BYTES:  # a peer that acknowledges nothing gets no more replies
            channel.send(json.dumps(message, separators=(",", ":")))

    def _start_task(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name="test channel")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _loop_time_s() -> float:
    return asyncio.get_running_loop().time()


def _clamp_request(value: Any, most: float) -> float:
    """Limit a figure that the browser requests to `most`, which is also the default."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        return most
    return float(value)
