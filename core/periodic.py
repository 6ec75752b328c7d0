"""Loops of background tasks, and their restart after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from .errors import DatabaseAway
from .failures import log_failure

BackgroundTask = Callable[[asyncio.Event], Awaitable[None]]  # runs until the event is set

FIRST_RESTART_DELAY_S = 1.0  # doubled with each failure in a row: the last follows after half a minute
MAX_FAILURES = 6
HEALTHY_AFTER_S = 300.0  # a task that ran longer had started well

_logger = logging.getLogger(__name__)


async def run_restarted(name: str, task: BackgroundTask, stop: asyncio.Event) -> None:
    """Run a task until it returns; restart one that fails, after a growing delay.

    Raises the task's exception after MAX_FAILURES in a row, because a new process may do better.
    """
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        started_at_s = loop.time()
        try:
            await task(stop)
            return
        except DatabaseAway:  # a new process could do no better
            pass
        except Exception as error:
            failures = 1 if loop.time() - started_at_s >= HEALTHY_AFTER_S else failures + 1
            if failures == MAX_FAILURES and not stop.is_set():
                raise
            log_failure(_logger, "task_failed", error, task=name, failures=failures)
        if await wait_for_stop(stop, FIRST_RESTART_DELAY_S * 2 ** max(0, failures - 1)):
            return


async def run_all_restarted(tasks: Mapping[str, BackgroundTask], stop: asyncio.Event) -> None:
    """Run tasks side by side, each as run_restarted does. Raises an ExceptionGroup."""
    async with asyncio.TaskGroup() as group:
        for name, task in tasks.items():
            group.create_task(run_restarted(name, task, stop), name=name)


async def run_every(
    interval_s: float,
    stop: asyncio.Event,
    action: Callable[[], Awaitable[object]],
    *,
    logger: logging.Logger,
    failure_event: str,
) -> None:
    """Run `action` now and again `interval_s` seconds after each end, until `stop` is set.

    An exception is logged as `failure_event`; the next run follows all the same.
    """
    while not stop.is_set():
        try:
            await action()
        except Exception as error:  # the database may be unreachable for a moment
            log_failure(logger, failure_event, error)
        await wait_for_stop(stop, interval_s)


async def wait_for_stop(stop: asyncio.Event, timeout_s: float) -> bool:
    """Wait until `stop` is set, at most `timeout_s` seconds. True if it is set."""
    try:
        await asyncio.wait_for(stop.wait(), timeout_s)
    except TimeoutError:
        return False
    return True
