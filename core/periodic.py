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


class RepeatedFailure(Exception):
    """A task failed MAX_FAILURES times in a row.

    Its process ends, because a new one may do better.
    """


async def run_restarted(name: str, task: BackgroundTask, stop: asyncio.Event) -> None:
    """Run a task until it returns; restart one that fails, after a growing delay.

    Raises RepeatedFailure after MAX_FAILURES in a row, or as soon as a loop of the task raises it.
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
            if not stop.is_set() and (failures == MAX_FAILURES or _is_repeated(error)):
                raise RepeatedFailure(name) from error
            log_failure(_logger, "task_failed", error, task=name, failures=failures)
        if await wait_for_stop(stop, _restart_delay_s(failures)):
            return


def _is_repeated(error: Exception) -> bool:
    """Tell whether a loop has given up, perhaps in one of several tasks."""
    if isinstance(error, ExceptionGroup):
        return error.subgroup(RepeatedFailure) is not None
    return isinstance(error, RepeatedFailure)


def _restart_delay_s(failures: int) -> float:
    return float(FIRST_RESTART_DELAY_S * 2 ** max(0, failures - 1))


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

    An exception is logged as `failure_event`, and the next run follows, later with each failure in a row. Raises
    RepeatedFailure after MAX_FAILURES of them; outages of the database do not count.
    """
    failures = 0
    while not stop.is_set():
        try:
            await action()
            failures = 0
        except DatabaseAway:
            pass
        except Exception as error:
            failures += 1
            if failures == MAX_FAILURES:
                raise RepeatedFailure(failure_event) from error
            log_failure(logger, failure_event, error, failures=failures)
        await wait_for_stop(stop, max(interval_s, _restart_delay_s(failures)) if failures else interval_s)


async def wait_for_stop(stop: asyncio.Event, timeout_s: float) -> bool:
    """Wait until `stop` is set, at most `timeout_s` seconds. True if it is set."""
    try:
        await asyncio.wait_for(stop.wait(), timeout_s)
    except TimeoutError:
        return False
    return True
