"""Copier of an emulated network: packets between two devices, late or not at all.

A script without imports of this project: `network.py` starts it. It counts what it does with every packet, and
writes the counts to a file, so that a benchmark can compare what a page measured with what happened.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import select
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

POLL_S = 0.05
COUNT_INTERVAL_S = 0.25
PRIORITY = -10  # a packet that waits for the processor would look like a bad line
IPV4, TCP, UDP = 4, 6, 17
PROTOCOLS = {TCP: "tcp", UDP: "udp"}


class TrafficCount:
    """Packets and bytes of a direction and protocol since the start."""

    def __init__(self) -> None:
        self.offered = self.offered_bytes = 0
        self.lost = 0  # at random
        self.overflowed = 0  # the queue of a slow line was full
        self.blocked = 0
        self.passed = self.passed_bytes = 0
        self.delay_ms = 0.0  # sum over the packets that passed


class PacketCopier:
    """Copies packets between two devices by the settings in a file, and counts them."""

    def __init__(self, inside: int, outside: int, control: Path, counts: TextIO) -> None:
        self._other = {inside: outside, outside: inside}
        self._direction = {inside: "down", outside: "up"}
        self._control = control
        self._read_at = 0
        self._lines: dict[str, Any] = {}
        self._free_at = {inside: 0.0, outside: 0.0}  # when a slow line has sent what waits
        self._last_due = {inside: 0.0, outside: 0.0}
        self._waiting: list[tuple[float, int, int, float, TrafficCount, bytes]] = []
        self._number = 0
        self._counts_file = counts
        self._counted_at = 0.0
        self._traffic = {
            f"{direction} {protocol}": TrafficCount()
            for direction in self._direction.values()
            for protocol in (*PROTOCOLS.values(), "other")
        }

    def run(self) -> None:
        while True:
            self._read_control()
            self._write_counts()
            wait_s = POLL_S
            if self._waiting:
                wait_s = min(POLL_S, max(0.0, self._waiting[0][0] - time.monotonic()))
            ready, _, _ = select.select(list(self._other), [], [], wait_s)
            for device in ready:
                self._read_packets(device)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, device, came_at, count, packet = heapq.heappop(self._waiting)
                try:
                    os.write(device, packet)
                except OSError:
                    continue  # its device is down at this moment
                count.passed += 1
                count.passed_bytes += len(packet)
                count.delay_ms += (time.monotonic() - came_at) * 1000

    def _read_control(self) -> None:
        changed_at = self._control.stat().st_mtime_ns
        if changed_at != self._read_at:
            self._read_at, self._lines = changed_at, json.loads(self._control.read_text())

    def _write_counts(self) -> None:
        now = time.time()
        if now - self._counted_at >= COUNT_INTERVAL_S:
            self._counted_at = now
            counts = {name: vars(count) for name, count in self._traffic.items()}
            self._counts_file.write(json.dumps({"at": now, **counts}) + "\n")
            self._counts_file.flush()

    def _read_packets(self, device: int) -> None:
        for _ in range(64):
            try:
                packet = os.read(device, 2048)
            except BlockingIOError:
                return
            if packet[0] >> 4 == IPV4:
                self._take(device, packet, time.monotonic())

    def _take(self, device: int, packet: bytes, now: float) -> None:
        direction, protocol = self._direction[device], packet[9]
        count = self._traffic[f"{direction} {PROTOCOLS.get(protocol, 'other')}"]
        count.offered += 1
        count.offered_bytes += len(packet)
        line = self._lines[direction]
        due = now
        if protocol == UDP or not line["udp_only"]:
            if _is_blocked(packet, protocol, line):
                count.blocked += 1
                return
            if random.random() * 100 < _loss_pct(protocol, line):
                count.lost += 1
                return
            if line["kbps"]:
                due = max(self._free_at[device], now)
                if due - now > line["queue_ms"] / 1000:
                    count.overflowed += 1
                    return
                due = self._free_at[device] = due + len(packet) * 8 / (line["kbps"] * 1000)
            due += (line["delay_ms"] + random.random() * line["jitter_ms"]) / 1000
            if not line["reorders"]:
                due = self._last_due[device] = max(due, self._last_due[device])
        self._number += 1
        heapq.heappush(self._waiting, (due, self._number, self._other[device], now, count, packet))


def _loss_pct(protocol: int, line: dict[str, Any]) -> float:
    differs = protocol == TCP and line["tcp_loss_pct"] is not None
    loss_pct: float = line["tcp_loss_pct" if differs else "loss_pct"]
    return loss_pct


def _is_blocked(packet: bytes, protocol: int, line: dict[str, Any]) -> bool:
    if protocol == UDP:
        return bool(line["blocks_udp"])
    if protocol != TCP or not line["tcp_ports"]:
        return False
    begin = (packet[0] & 15) * 4  # of the header of TCP
    ports = {int.from_bytes(packet[at : at + 2], "big") for at in (begin, begin + 2)}
    return not ports & set(line["tcp_ports"])


def main() -> None:
    with suppress(OSError):  # without the right to it
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    inside, outside, control, counts = sys.argv[1:]
    with open(counts, "a") as file:
        PacketCopier(int(inside), int(outside), Path(control), file).run()


if __name__ == "__main__":
    main()
