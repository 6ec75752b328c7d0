"""True values from the counts of a network's copier, and the copier itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from office360.benchmarks.calls.network import COPIER, LineQuality
from office360.benchmarks.truth.pings import mean_jitter_ms
from office360.benchmarks.truth.traffic import TrafficHistory

UDP, TCP = 17, 6
SENT = 40
WAIT_S = 20.0


def _packet(protocol: int, port: int) -> bytes:
    """Make an IPv4 packet as far as the copier reads it: protocol, ports, size."""
    return bytes([0x45, *[0] * 8, protocol, *[0] * 10]) + port.to_bytes(2, "big") * 2 + bytes(76)


@contextmanager
def _copied(quality: LineQuality, folder: Path) -> Iterator[tuple[socket.socket, socket.socket, Path]]:
    """Run the copier between two sockets in place of network devices."""
    control, counts = folder / "network.json", folder / "traffic.jsonl"
    control.write_text(json.dumps({"up": asdict(quality), "down": asdict(quality)}))
    inside, inside_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    outside, outside_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with inside, inside_end, outside, outside_end:
        ends = [inside_end.fileno(), outside_end.fileno()]
        for end in ends:
            os.set_blocking(end, False)
        files = [str(control), str(counts)]
        copier = subprocess.Popen([sys.executable, str(COPIER), *map(str, ends), *files], pass_fds=ends)
        try:
            yield inside, outside, counts
        finally:
            copier.kill()
            copier.wait()


def _passed(outside: socket.socket, inside: socket.socket, packets: list[bytes], counts: Path) -> list[bytes]:
    """Send packets up, and return those that arrived once all have been counted."""
    for packet in packets:
        outside.send(packet)
    arrived = []
    inside.setblocking(False)
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        time.sleep(0.05)
        try:
            while True:
                arrived.append(inside.recv(2048))
        except BlockingIOError:
            rows = counts.read_text().splitlines() if counts.exists() else []
        counted = [value for name, value in json.loads(rows[-1]).items() if name != "at"] if rows else []
        done = sum(one["lost"] + one["overflowed"] + one["blocked"] + one["passed"] for one in counted)
        if done == len(packets):
            return arrived
    raise TimeoutError("the copier did not count all packets")


@pytest.mark.parametrize(
    ("quality", "udp", "web", "relay"),
    [
        (LineQuality(), True, True, True),
        (LineQuality(blocks_udp=True, tcp_ports=(443,)), False, True, False),
        (LineQuality(loss_pct=100, tcp_loss_pct=0), False, True, True),
        (LineQuality(loss_pct=100, udp_only=True), False, True, True),
        (LineQuality(loss_pct=100), False, False, False),
    ],
)
def test_protocols_and_ports_have_their_own_rules(
    quality: LineQuality, udp: bool, web: bool, relay: bool, tmp_path: Path
) -> None:
    packets = {_packet(UDP, 443): udp, _packet(TCP, 443): web, _packet(TCP, 3478): relay}
    with _copied(quality, tmp_path) as (inside, outside, counts):
        arrived = _passed(outside, inside, list(packets), counts)
    assert arrived == [packet for packet, passes in packets.items() if passes]


def test_slow_line_queues_then_drops_and_counts_both(tmp_path: Path) -> None:
    packet = _packet(UDP, 443)
    quality = LineQuality(kbps=80, queue_ms=100)  # 100 bytes take 10 ms, so the queue holds about ten
    with _copied(quality, tmp_path) as (inside, outside, counts):
        arrived = _passed(outside, inside, [packet] * SENT, counts)
        traffic = TrafficHistory.read(counts, 0, time.time())
    assert 8 <= len(arrived) < SENT
    assert traffic.loss_pct("up", overflow=False) == 0
    assert traffic.loss_pct("up", overflow=True) == pytest.approx(100 * (1 - len(arrived) / SENT))


def _row(at: float, kilobytes: int, overflowed: int = 0) -> str:
    empty = dict.fromkeys(("offered", "lost", "overflowed", "blocked", "passed", "passed_bytes", "delay_ms"), 0)
    up = {**empty, "offered": kilobytes, "passed": kilobytes, "passed_bytes": 1_000 * kilobytes}
    up |= {"delay_ms": 15 * kilobytes, "overflowed": overflowed}
    return json.dumps({"at": at, "up udp": up, "down udp": {**empty, "passed": kilobytes, "delay_ms": kilobytes}})


def test_peak_is_the_rate_of_the_best_second(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    totals = [0, 0, 0, 25, 50, 75, 100, 100, 100]  # 100 kB in one second of two
    path.write_text("\n".join(_row(at / 4, total) for at, total in enumerate(totals)))
    traffic = TrafficHistory.read(path, 0, 10)
    assert traffic.peak_kbps("up") == pytest.approx(800)
    assert traffic.delay_ms() == pytest.approx(16)
    assert traffic.between(0, 0.5).peak_kbps("up") == 0


def test_worst_loss_is_that_of_one_period(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    lost = [0, 0, 0, 5, 10, 10, 10]
    path.write_text("\n".join(_row(at, 10 * at, overflowed) for at, overflowed in enumerate(lost)))
    traffic = TrafficHistory.read(path, 0, 10)
    assert traffic.worst_loss_pct("up", 2) == pytest.approx(50)
    assert traffic.worst_loss_pct("up", 20) is None


def test_jitter_is_known_with_and_without_overtaken_packets() -> None:
    arrived = {0: 20.0, 2: 20.0, 1: 60.0, 3: 30.0}  # packet 1 came after packet 2
    assert mean_jitter_ms(arrived, in_order_only=True) == pytest.approx(5)
    assert mean_jitter_ms(arrived, in_order_only=False) == pytest.approx((0 + 40 + 30) / 3)
