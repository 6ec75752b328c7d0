"""Loops of background tasks."""

from __future__ import annotations

import asyncio
import logging

import pytest
from office360.core.periodic import run_every, wait_for_stop

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


async def test_failed_action_is_logged_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
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
