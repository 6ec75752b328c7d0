"""Samples of the event loop's lag."""

from __future__ import annotations

import asyncio
import time

import pytest
from office360.precheck.realtime import event_loop_lag
from office360.precheck.realtime.event_loop_lag import EventLoopLag

from ...support.timeouts import TEST_TIMEOUT_S


async def test_blocked_loop_is_measured_during_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a test the process sleeps; the interval for tests counts as soon as a test runs."""
    monkeypatch.setattr(event_loop_lag, "SAMPLE_INTERVAL_S", 0.01)
    monkeypatch.setattr(event_loop_lag, "IDLE_INTERVAL_S", 0.02)
    lag, stop, testing = EventLoopLag(), asyncio.Event(), [False]
    intervals: list[bool] = []

    def is_testing() -> bool:
        intervals.append(testing[0])
        return testing[0]

    sampling = asyncio.create_task(lag.run_sampling(stop, is_testing))
    while len(intervals) < 2:
        await asyncio.sleep(0.005)
    testing[0] = True
    while not any(intervals):
        await asyncio.sleep(0.005)
    time.sleep(0.2)  # noqa: ASYNC251 - the lag that is measured
    before = len(intervals)
    while len(intervals) <= before:
        await asyncio.sleep(0.005)
    stop.set()
    await sampling
    assert lag.percentile_95_ms > 100


async def test_stop_ends_sampling_of_an_idle_process_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops waits for its tasks."""
    monkeypatch.setattr(event_loop_lag, "IDLE_INTERVAL_S", 3_600.0)
    lag, stop, begun = EventLoopLag(), asyncio.Event(), asyncio.Event()

    def is_testing() -> bool:
        begun.set()
        return False

    sampling = asyncio.create_task(lag.run_sampling(stop, is_testing))
    await begun.wait()
    stop.set()
    await asyncio.wait_for(sampling, TEST_TIMEOUT_S)
    assert lag.percentile_95_ms == 0
