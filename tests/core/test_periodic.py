"""Loops of background tasks."""

from __future__ import annotations

import asyncio
import logging
import math

import pytest
from office360.core import periodic
from office360.core.errors import DatabaseAway
from office360.core.periodic import (
    EARLY_WAKE_UP_S,
    MAX_FAILURES,
    RepeatedFailure,
    pause_until_tick_s,
    run_all_restarted,
    run_every,
    run_restarted,
    wait_for_stop,
)

logger = logging.getLogger(__name__)


async def test_action_runs_at_once_and_repeatedly_until_stop() -> None:
    stop = asyncio.Event()
    runs: list[int] = []

    async def action() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            stop.set()

    await run_every(0.001, stop, action, logger=logger, failure_event="failed")
    assert runs == [0, 1, 2]


@pytest.fixture
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "FIRST_RESTART_DELAY_S", 0.0001)


async def test_failed_action_is_logged_and_repeated(short_delays: None, caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()
    runs: list[int] = []

    async def action() -> None:
        runs.append(len(runs))
        if len(runs) == 2:
            stop.set()
            return
        raise ValueError

    await run_every(0.001, stop, action, logger=logger, failure_event="action_failed")
    assert [record.message for record in caplog.records] == ["action_failed"]
    assert len(runs) == 2


async def test_stop_ends_a_long_wait() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(wait_for_stop(stop, 3_600))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is True
    assert await wait_for_stop(asyncio.Event(), 0.001) is False


async def test_failed_task_is_restarted(short_delays: None, caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []

    async def task(stop: asyncio.Event) -> None:
        runs.append(len(runs))
        if len(runs) < MAX_FAILURES:
            raise ValueError

    await run_restarted("pulse", task, asyncio.Event())
    assert len(runs) == MAX_FAILURES
    assert [record.message for record in caplog.records] == ["task_failed"] * (MAX_FAILURES - 1)


async def test_repeatedly_failing_task_raises(short_delays: None) -> None:
    async def task(stop: asyncio.Event) -> None:
        raise ValueError

    with pytest.raises(RepeatedFailure):
        await run_restarted("pulse", task, asyncio.Event())


async def test_loop_that_always_fails_is_not_restarted(short_delays: None) -> None:
    runs: list[int] = []

    async def action() -> None:
        runs.append(len(runs))
        raise ValueError

    async def loop(stop: asyncio.Event) -> None:
        await run_every(0.0001, stop, action, logger=logger, failure_event="failed")

    with pytest.raises(RepeatedFailure):
        await run_restarted("outer", lambda stop: run_all_restarted({"inner": loop}, stop), asyncio.Event())
    assert len(runs) == MAX_FAILURES


async def test_outages_do_not_end_a_loop(short_delays: None) -> None:
    stop = asyncio.Event()
    runs: list[int] = []

    async def action() -> None:
        runs.append(len(runs))
        if len(runs) > 3 * MAX_FAILURES:
            stop.set()
        raise DatabaseAway("closed")

    await run_every(0.0001, stop, action, logger=logger, failure_event="failed")


async def test_long_runs_forgive_earlier_failures(short_delays: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "HEALTHY_AFTER_S", 0.0)
    runs: list[int] = []

    async def task(stop: asyncio.Event) -> None:
        runs.append(len(runs))
        if len(runs) < 3 * MAX_FAILURES:
            raise ValueError

    await run_restarted("pulse", task, asyncio.Event())
    assert len(runs) == 3 * MAX_FAILURES


async def test_failure_during_shutdown_ends_the_task(short_delays: None) -> None:
    stop = asyncio.Event()

    async def task(stop: asyncio.Event) -> None:
        stop.set()
        raise ValueError

    await run_restarted("pulse", task, stop)


@pytest.mark.parametrize("now_s", [0.0, 0.3, 7.77, 1_000.999, 123_456.5])
def test_loops_of_one_interval_wake_up_together(now_s: float) -> None:
    wake_ups = {now_s + elapsed_s + pause_until_tick_s(2.0, now_s, now_s + elapsed_s) for elapsed_s in (0, 0.01)}
    # a tick may lie between both calls: the second then wakes up an interval later
    assert math.remainder(max(wake_ups) - min(wake_ups), 2.0) == pytest.approx(0, abs=1e-6)
    slower = now_s + pause_until_tick_s(4.0, now_s, now_s)
    assert math.remainder(slower - wake_ups.pop(), 2.0) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("now_s", [0.0, 0.3, 7.77, 1_000.999, 123_456.5])
def test_pause_is_never_longer_than_interval(now_s: float) -> None:
    assert EARLY_WAKE_UP_S < pause_until_tick_s(1.0, now_s, now_s) <= 1.0 + EARLY_WAKE_UP_S


def test_whole_interval_follows_a_slow_action() -> None:
    assert pause_until_tick_s(1.0, 5.0, 5.2) == 1.0
