"""Counts of media packets: gaps are losses; reordering and repetition are not."""

from __future__ import annotations

import random

import pytest
from office360.precheck.realtime.packet_counts import MAX_REORDERING, MediaCounts, SequenceCounter


def count(*numbers: int) -> tuple[int, int]:
    """Return expected and received packets."""
    counter = SequenceCounter()
    for number in numbers:
        counter.count_packet(number % 65_536)
    return counter.expected, counter.received


@pytest.mark.parametrize(
    ("numbers", "expected", "received"),
    [
        ([7], 1, 1),
        ([7, 8, 9], 3, 3),
        ([7, 9], 3, 2),
        ([7, 9, 8], 3, 3),
        ([7, 9, 8, 8, 9, 7], 3, 3),
        ([8, 7, 9], 3, 3),
        ([9, 6], 4, 2),
        ([65_534, 65_535, 0, 1], 4, 4),
        ([65_534, 1, 65_535], 4, 3),
        ([0, 65_535, 1], 3, 3),
        ([10, 40_000, 40_001], 3, 3),
        ([10, 11, 60_000, 60_001], 4, 4),
        ([5_000, 8_000], 3_001, 2),
        ([5_000, 8_001], 2, 2),
        ([5_000, 5_000 - MAX_REORDERING], 2, 2),
    ],
)
def test_gaps_are_lost_and_late_packets_are_not(numbers: list[int], expected: int, received: int) -> None:
    assert count(*numbers) == (expected, received)


def test_counts_of_a_disordered_stream_are_exact() -> None:
    chance = random.Random(14)
    sent = range(60_000, 150_000)  # wraps twice
    arrived = [number for number in sent if chance.random() > 0.03 or number in (sent[0], sent[-1])]
    disordered = sorted(arrived, key=lambda number: number + chance.uniform(0, 200))
    repeated = [number for number in disordered for _ in range(1 + (number % 50 == 0))]
    assert count(*repeated) == (len(sent), len(arrived))


def test_totals_sum_up_all_streams() -> None:
    counts = MediaCounts(forwarded=3, over_rate=1)
    for ssrc, number in [(1, 10), (1, 12), (2, 500), (2, 501)]:
        counts.count_packet(ssrc, number)
    assert counts.totals() == {"expected": 5, "received": 4, "forwarded": 3, "over_rate": 1}


def test_restart_leaves_out_the_gap_before_the_next_packet() -> None:
    counts = MediaCounts(forwarded=1)
    counts.count_packet(1, 10)
    counts.restart()
    counts.count_packet(1, 20)
    assert counts.totals() == {"expected": 1, "received": 1, "forwarded": 0, "over_rate": 0}
