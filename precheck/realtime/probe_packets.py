"""Packets of a throughput probe: how they are written, paced, and counted on arrival.

No clock and no network. The page's side is static/precheck/throughput/probe_arrivals.js.

Each packet tells its number, when it was sent by the sender's clock, and the rate at that moment. So a receiver
knows how much longer the packets take than the fastest packet, which is the queue on the link, without knowing the
sender's clock; and that it counts packets of the latest rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from struct import pack, unpack_from

HEADER_FORMAT = "!IIH"
HEADER_BYTES = 10
# at a low rate, so that each window has some packets
SMALL_BYTES = 300
LARGE_BYTES = 1_100  # a single SCTP chunk on both sides: aiortc's holds 1,160 bytes, Chromium's 1,163
SMALL_BELOW_KBPS = 400
# IPv4 20, UDP 8, DTLS 37, SCTP 28: the link carries them too
OVERHEAD_BYTES = 93
MAX_NUMBERS = 8_000  # of an upload; a browser sends 6,300 in the longest upload

CATCH_UP_S = 0.05  # of a late timer
BLOCKED_S = 0.02  # of packets that wait here; more would look like a queue of the link
MIN_BURST_PACKETS = 2


class PacketPacer:
    """Decides when packets are due at a rate that changes."""

    def __init__(self, now_s: float) -> None:
        self._now_s = now_s
        self._credit_bytes = 0.0

    def due_packets(self, now_s: float, kbps: float, *, is_blocked: bool) -> int:
        """Charge and return the number of packets to send now; 0 while earlier packets wait."""
        size = message_bytes(kbps) + OVERHEAD_BYTES
        bytes_per_s = kbps * 1000 / 8
        most = max(MIN_BURST_PACKETS * size, bytes_per_s * (BLOCKED_S if is_blocked else CATCH_UP_S))
        self._credit_bytes = min(most, self._credit_bytes + (now_s - self._now_s) * bytes_per_s)
        self._now_s = now_s
        if is_blocked:
            return 0
        due = int(self._credit_bytes / size)
        self._credit_bytes -= due * size
        return due


class ArrivalWindows:
    """Counts the packets that arrive, in windows that follow each other."""

    def __init__(self, now_s: float) -> None:
        self.received = self.size_bytes = 0
        self.highest = -1
        self._seen: set[int] = set()
        self._fastest_ms = math.inf
        self._first_s = self._last_s = now_s
        self._number = 0
        self._open_window(now_s)

    def _open_window(self, now_s: float) -> None:
        self._began_s = now_s
        self._highest_before = self.highest
        self._window_received = self._window_bytes = 0
        self._window_fastest_ms = math.inf
        self._fastest_number = -1
        self._differences_ms = self._first_way_ms = self._way_ms = 0.0
        self._paced_kbps = 0

    def count_packet(self, data: bytes, now_s: float) -> None:
        """Count a packet. Repeated numbers and packets without a header are ignored."""
        if len(data) < HEADER_BYTES or len(self._seen) >= MAX_NUMBERS:
            return
        number, sent_ms, kbps = unpack_from(HEADER_FORMAT, data)
        if number in self._seen:
            return
        self._seen.add(number)
        self.highest = max(self.highest, number)
        way_ms = now_s * 1000 - sent_ms
        if self._window_received:
            self._differences_ms += abs(way_ms - self._way_ms)
        else:
            self._first_way_ms = way_ms
        self._paced_kbps = min(self._paced_kbps, kbps) if self._window_received else kbps
        self._way_ms = way_ms
        if way_ms < self._window_fastest_ms:
            self._window_fastest_ms, self._fastest_number = way_ms, number
        self._window_received += 1
        self._window_bytes += len(data)
        self._first_s = self._first_s if self.received else now_s
        self._last_s = now_s
        self.received += 1
        self.size_bytes += len(data)

    def end_window(self, now_s: float) -> list[float]:
        """Return the window and begin the next.

        Its number, ms, bytes, received, lost, queue and jitter in ms, lowest kbps, number of its fastest packet.
        """
        self._fastest_ms = min(self._fastest_ms, self._window_fastest_ms)
        self._number += 1
        received = self._window_received
        jitter_ms = self._differences_ms - abs(self._way_ms - self._first_way_ms)  # a growing queue is no jitter
        window = [
            self._number,
            round((now_s - self._began_s) * 1000, 1),
            self._window_bytes,
            received,
            self.highest - self._highest_before - received,
            round(self._window_fastest_ms - self._fastest_ms, 1) if received else 0,
            round(jitter_ms / (received - 1), 1) if received > 1 else 0,
            self._paced_kbps,
            self._fastest_number,
        ]
        self._open_window(now_s)
        return window

    def result(self) -> dict[str, float]:
        """Return received packets, bytes, duration, and kbit/s of all (0 for fewer than two)."""
        elapsed_ms = (self._last_s - self._first_s) * 1000
        kbps = self.size_bytes * 8 / elapsed_ms if elapsed_ms > 0 else 0.0
        return {
            "received": self.received,
            "bytes": self.size_bytes,
            "elapsed_ms": round(elapsed_ms, 1),
            "kbps": round(kbps, 1),
        }


def message_bytes(kbps: float) -> int:
    """Return the size of a packet's message at a rate."""
    return SMALL_BYTES if kbps < SMALL_BELOW_KBPS else LARGE_BYTES


def write_packet(number: int, sent_s: float, kbps: float) -> bytes:
    """Write a packet."""
    return pack(HEADER_FORMAT, number, round(sent_s * 1000), round(kbps)).ljust(message_bytes(kbps), b"\0")


def windows_message(id: object, windows: Sequence[list[float]], highest: int) -> dict[str, object]:
    """Build the message that tells the sender what arrived."""
    return {"type": "up_windows", "id": id, "seen": highest, "windows": list(windows)}
