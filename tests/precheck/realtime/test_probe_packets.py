"""Packets of a throughput probe: pace, windows of arrivals, what counts as lost."""

from __future__ import annotations

import pytest
from office360.precheck.realtime.probe_packets import (
    CATCH_UP_S,
    HEADER_BYTES,
    LARGE_BYTES,
    MAX_NUMBERS,
    OVERHEAD_BYTES,
    SMALL_BYTES,
    ArrivalWindows,
    PacketPacer,
    write_packet,
)

CARRIED_BYTES = LARGE_BYTES + OVERHEAD_BYTES


def count_all(
    arrivals: ArrivalWindows, packets: list[tuple[int, float, float]], kbps: float = 1_000
) -> list[float]:
    """Count packets of (number, sent at, arrived at). Returns their window."""
    for number, sent_s, arrived_s in packets:
        arrivals.count_packet(write_packet(number, sent_s, kbps), arrived_s)
    return arrivals.end_window(packets[-1][2])


def test_reordered_packets_are_not_lost() -> None:
    arrivals = ArrivalWindows(0)
    first = count_all(arrivals, [(0, 0, 0.01), (2, 0.02, 0.03), (1, 0.01, 0.04), (4, 0.04, 0.05)])
    second = count_all(arrivals, [(3, 0.03, 0.06), (5, 0.05, 0.07)])
    assert (first[3], first[4]) == (4, 1)
    assert (second[3], second[4]) == (2, -1)  # a late packet takes its loss back


def test_repeated_packet_counts_once() -> None:
    window = count_all(ArrivalWindows(0), [(0, 0, 0.01), (0, 0, 0.02), (1, 0.01, 0.03)])
    assert (window[2], window[3], window[4]) == (2 * LARGE_BYTES, 2, 0)


def test_queue_needs_no_clock_in_common() -> None:
    arrivals = ArrivalWindows(100)
    assert count_all(arrivals, [(0, 5_000, 100.02), (1, 5_000.01, 100.04)])[5] == 0
    window = count_all(arrivals, [(2, 5_000.02, 100.14), (3, 5_000.03, 100.16)])
    assert window[5] == pytest.approx(100, abs=1)
    assert window[6] == 0  # a queue that grows is no jitter
    assert window[8] == 2


def test_window_tells_the_lowest_rate_of_its_packets() -> None:
    arrivals = ArrivalWindows(0)
    arrivals.count_packet(write_packet(0, 0, 1_600), 0.01)
    arrivals.count_packet(write_packet(1, 0, 800), 0.02)
    assert arrivals.end_window(0.1)[7] == 800
    assert arrivals.end_window(0.2)[3:] == [0, 0, 0, 0, 0, -1]


def test_numbers_of_an_upload_are_bounded() -> None:
    arrivals = ArrivalWindows(0)
    for number in range(MAX_NUMBERS + 50):
        arrivals.count_packet(write_packet(number, 0, 100), 1)
    arrivals.count_packet(b"short"[:HEADER_BYTES], 1)
    assert arrivals.received == MAX_NUMBERS


@pytest.mark.parametrize("kbps", [100, 399, 400, 5_000])
def test_pace_is_the_rate_that_the_link_carries(kbps: float) -> None:
    pacer = PacketPacer(0)
    packets = sum(pacer.due_packets(tick / 100, kbps, is_blocked=False) for tick in range(1, 1_001))
    size = len(write_packet(0, 0, kbps)) + OVERHEAD_BYTES
    assert size - OVERHEAD_BYTES == (SMALL_BYTES if kbps < 400 else LARGE_BYTES)
    assert packets * size * 8 / 10_000 == pytest.approx(kbps, rel=0.02)


def test_late_timer_makes_no_burst() -> None:
    pacer = PacketPacer(0)
    assert pacer.due_packets(3, 5_000, is_blocked=False) == int(5_000_000 / 8 * CATCH_UP_S / CARRIED_BYTES)
    assert pacer.due_packets(6, 5_000, is_blocked=True) == 0
