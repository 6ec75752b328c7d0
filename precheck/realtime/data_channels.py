"""Protocol of a test's two data channels: pings and throughput probes.

Knows channels, not aiortc.

`control` carries JSON text, reliable and ordered. `probe` is unordered and without retransmission, so that a lost
message shows loss on the network. It carries the packets of throughput probes, and beside them as JSON text what
their sender must know at once: how much arrived, or a new rate. The browser controls the rate of both directions.
`pings` carries pings as JSON text, unordered and without retransmission, so that a lost ping does not delay the
others. `echo`, likewise without retransmission, sends small messages back. Invalid messages are ignored.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ...core.web.validation import parse_json
from .live_tests import ProbeCallbacks
from .probe_packets import ArrivalWindows, PacketPacer, message_bytes, windows_message, write_packet

CHANNEL_LABELS = frozenset({"control", "probe", "pings", "echo"})
# a packet of voice; the walk test sends ten a second
MAX_ECHO_BYTES = 256
MAX_PROBE_KBPS = 5_000  # in each direction; a call needs 1,000, and more is bound by our CPU
PROBE_S = 3  # of a probe on a near link; the browser adds round trips
MAX_PROBE_S = 12
MAX_DOWNLOAD_PROBES = 40  # of a session: enough for a walk through a flat, too few for a load generator
MAX_DOWNLOAD_BYTES = MAX_DOWNLOAD_PROBES * PROBE_S * MAX_PROBE_KBPS * 1000 // 8
MAX_RATE_SILENCE_S = 2  # without a rate from the browser a download ends
MAX_UPLOAD_SILENCE_S = 3
MIN_WINDOW_BYTES = 2_500
# a round trip of 500 ms and a queue of 300 ms at 5 Mbit/s
MAX_WINDOW_BYTES = 512 * 1024
IDLE_WINDOW_BYTES = 64 * 1024
MAX_CONTROL_CHARACTERS = 1_024
PACING_INTERVAL_S = 0.01
ARRIVAL_WINDOW_S = 0.125
TOLD_WINDOWS = 6  # in each message, as messages on `probe` may be lost
FEW_PACKETS = 10  # in a window: the line is slow, and each second window is told
MAX_BUFFERED_BYTES = 64 * 1024  # of answers; a peer that acknowledges nothing gets no more
# `up_done` may arrive before the last probes, which are unordered
LATE_PROBE_GRACE_S = 0.2

ControlMessage = Mapping[str, Any]


class CountedMedia(Protocol):
    """The part of MediaEcho that this module uses."""

    def packet_totals(self) -> Mapping[str, Any]: ...

    def restart_counts(self) -> None: ...


class DataChannel(Protocol):
    """The part of RTCDataChannel that this module uses."""

    @property
    def readyState(self) -> str: ...

    @property
    def bufferedAmount(self) -> int: ...

    def send(self, data: str | bytes) -> None: ...


@dataclass
class DownloadOrder:
    """Rate and window of a download, as the browser last asked."""

    id: Any
    kbps: float
    window_bytes: int
    heard_s: float


class DataChannelHandler:
    """Handles the messages of a test's channels."""

    def __init__(
        self, callbacks: ProbeCallbacks, *, set_send_window: Callable[[int], None] = lambda size_bytes: None
    ) -> None:
        self.media: CountedMedia | None = None
        self._callbacks = callbacks
        self._set_send_window = set_send_window
        self._channels: dict[str, DataChannel] = {}
        self._arrivals: ArrivalWindows | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._upload_task: asyncio.Task[None] | None = None
        self._download_task: asyncio.Task[None] | None = None
        self._download_count = 0
        self._download_bytes = 0
        self._order: DownloadOrder | None = None
        control: Mapping[str, Callable[[ControlMessage], None]] = {
            "ping": self._answer_ping,
            "up": self._begin_upload,
            "up_done": self._end_upload,
            "down": self._begin_download,
            "down_rate": self._change_download,
            "server": self._answer_server_state,
            "stats": self._answer_media_totals,
        }
        pings: Mapping[str, Callable[[ControlMessage], None]] = {"ping": self._answer_short_ping}
        probe: Mapping[str, Callable[[ControlMessage], None]] = {"down_rate": self._change_download}
        self._commands = {"control": control, "probe": probe, "pings": pings}

    def attach_channel(self, label: str, channel: DataChannel) -> None:
        """Accept a channel that the browser opened.

        Labels other than `control`, `probe` and `echo` are ignored.
        """
        if label in CHANNEL_LABELS:
            self._channels[label] = channel

    def handle_message(self, label: str, data: str | bytes) -> None:
        """Handle a message of a channel."""
        if label == "echo":
            self._echo(data)
            return
        if isinstance(data, bytes):
            if label == "probe" and self._arrivals is not None:
                self._arrivals.count_packet(data, _loop_time_s())
            return
        if label not in self._commands or len(data) > MAX_CONTROL_CHARACTERS:
            return
        with suppress(ValueError, TypeError, KeyError):
            message = parse_json(data)
            command = self._commands[label].get(message["type"]) if isinstance(message, dict) else None
            if command is not None:
                command(message)

    def _echo(self, data: str | bytes) -> None:
        """Send a small binary message back; a missing answer is a loss."""
        echo = self._channels.get("echo")
        if echo is None or echo.readyState != "open" or not isinstance(data, bytes) or len(data) > MAX_ECHO_BYTES:
            return
        if echo.bufferedAmount <= MAX_BUFFERED_BYTES:
            echo.send(data)

    async def close(self) -> None:
        """Stop sending probes."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Commands

    def _answer_ping(self, message: ControlMessage) -> None:
        lag_ms = self._callbacks.room_health().loop_lag_ms
        self._send("control", {"type": "pong", "n": message.get("n"), "loop_lag_ms": lag_ms})

    def _answer_short_ping(self, message: ControlMessage) -> None:
        """Answer with the number alone: on a narrow line each byte takes time."""
        self._send("pings", {"type": "pong", "n": message.get("n")})

    def _answer_server_state(self, _message: ControlMessage) -> None:
        health = self._callbacks.room_health()
        state = {
            "loop_lag_ms": health.loop_lag_ms,
            "sessions": self._callbacks.session_count(),
            "healthy": health.healthy,
        }
        self._send("control", {"type": "server", **state})

    def _answer_media_totals(self, message: ControlMessage) -> None:
        totals = self.media.packet_totals() if self.media else {}
        if self.media and message.get("restart") is True:
            self.media.restart_counts()
        self._send("control", {"type": "stats", "id": message.get("id"), "media": totals})

    def _begin_upload(self, message: ControlMessage) -> None:
        self._arrivals = ArrivalWindows(_loop_time_s())
        self._replace_upload_task(self._tell_arrivals(message.get("id"), self._arrivals))

    async def _tell_arrivals(self, id: Any, arrivals: ArrivalWindows) -> None:
        """Tell the browser what arrives, until its upload ends or is silent."""
        windows: deque[list[float]] = deque(maxlen=TOLD_WINDOWS)
        began = heard = _loop_time_s()
        while (now := _loop_time_s()) - heard < MAX_UPLOAD_SILENCE_S and now - began < MAX_PROBE_S:
            await asyncio.sleep(ARRIVAL_WINDOW_S)
            windows.append(arrivals.end_window(_loop_time_s()))
            if windows[-1][3]:
                heard = _loop_time_s()
            if windows[-1][3] >= FEW_PACKETS or windows[-1][0] % 2 == 0:
                self._send("probe", windows_message(id, windows, arrivals.highest))

    def _end_upload(self, message: ControlMessage) -> None:
        self._replace_upload_task(self._send_upload_result(message.get("id")))

    async def _send_upload_result(self, id: Any) -> None:
        await asyncio.sleep(LATE_PROBE_GRACE_S)
        arrivals, self._arrivals = self._arrivals or ArrivalWindows(_loop_time_s()), None
        self._send("control", {"type": "up_result", "id": id, **arrivals.result()})

    def _replace_upload_task(self, work: Coroutine[Any, Any, None]) -> None:
        if self._upload_task is not None:
            self._upload_task.cancel()
        self._upload_task = self._start_task(work)

    def _begin_download(self, message: ControlMessage) -> None:
        if self._download_task is not None:
            self._download_task.cancel()
        if self._download_count < MAX_DOWNLOAD_PROBES:
            self._download_count += 1
            seconds = _clamp_request(message.get("seconds"), MAX_PROBE_S)
            kbps = _clamp_request(message.get("kbps"), MAX_PROBE_KBPS)
            self._order = DownloadOrder(message.get("id"), kbps, _clamp_window(message), _loop_time_s())
            self._download_task = self._start_task(self._run_download(self._order, seconds))

    def _change_download(self, message: ControlMessage) -> None:
        order = self._order
        if order is None or message.get("id") != order.id:
            return
        stops = message.get("kbps") == 0
        order.kbps = 0 if stops else _clamp_request(message.get("kbps"), MAX_PROBE_KBPS)
        order.window_bytes = _clamp_window(message)
        order.heard_s = _loop_time_s()

    async def _run_download(self, order: DownloadOrder, seconds: float) -> None:
        """Send packets at the ordered rate, for `seconds` or until the browser is silent.

        No packet is sent while the previous packet waits, because the wait would look like a queue of the link.
        """
        began = now = _loop_time_s()
        pacer, sent = PacketPacer(began), 0
        try:
            while order.kbps and now - began < seconds and now - order.heard_s < MAX_RATE_SILENCE_S:
                # on each pass, because aiortc halves its window at every loss
                self._set_send_window(order.window_bytes)
                probe = self._open_channel("probe")
                is_blocked = probe is None or probe.bufferedAmount > 0
                for _ in range(pacer.due_packets(now, order.kbps, is_blocked=is_blocked)):
                    if probe is not None and self._charge_download(message_bytes(order.kbps)):
                        probe.send(write_packet(sent, now - began, order.kbps))
                        sent += 1
                await asyncio.sleep(PACING_INTERVAL_S)
                now = _loop_time_s()
        finally:
            self._set_send_window(IDLE_WINDOW_BYTES)
        elapsed_ms = round((now - began) * 1000, 1)
        self._send("control", {"type": "down_done", "id": order.id, "sent": sent, "elapsed_ms": elapsed_ms})

    def _charge_download(self, size_bytes: int) -> bool:
        self._download_bytes += size_bytes
        return self._download_bytes <= MAX_DOWNLOAD_BYTES

    def _open_channel(self, label: str) -> DataChannel | None:
        channel = self._channels.get(label)
        return channel if channel is not None and channel.readyState == "open" else None

    def _send(self, label: str, message: ControlMessage) -> None:
        channel = self._open_channel(label)
        if channel is not None and channel.bufferedAmount <= MAX_BUFFERED_BYTES:
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


def _clamp_window(message: ControlMessage) -> int:
    size_bytes = _clamp_request(message.get("window"), MAX_WINDOW_BYTES)
    return max(MIN_WINDOW_BYTES, int(size_bytes))
