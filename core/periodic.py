"""Loops of background tasks, and their restart after a failure."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping

from .errors import DatabaseAway
from .failures import log_failure

BackgroundTask = Callable[[asyncio.Event], Awaitable[None]]  # runs until the event is set

# doubled with each failure in a row: the last follows after half a minute
FIRST_RESTART_DELAY_S = 1.0
MAX_FAILURES = 6
HEALTHY_AFTER_S = 300.0  # a task that ran longer had started well

_logger = logging.getLogger(__name__)


class RepeatedFailure(Exception):
    """A task failed MAX_FAILURES times in a row.

    Its process ends, because a new process may do better.
    """


async def run_restarted(name: str, task: BackgroundTask, stop: asyncio.Event) -> None:
    """Run a task until it returns; restart a task that fails, after a growing delay.

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
    """Tell whether a loop has given up, perhaps in only some of several tasks."""
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
    """Run `action` now and at most `interval_s` seconds after each end, until `stop`.

    Loops of a process wake up at the same instants. After an action that takes long, the whole interval follows.

    An exception is logged as `failure_event`, and the next run follows, later with each failure in a row. Raises
    RepeatedFailure after MAX_FAILURES of them; outages of the database do not count.
    """
    loop, failures = asyncio.get_running_loop(), 0
    while not stop.is_set():
        begun_at_s = loop.time()
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
        if failures:
            pause_s = max(interval_s, _restart_delay_s(failures))
        else:
            pause_s = pause_until_tick_s(interval_s, begun_at_s, loop.time())
        await wait_for_stop(stop, pause_s)


def pause_until_tick_s(interval_s: float, begun_at_s: float, now_s: float) -> float:
    """Return the pause until the next instant at which loops with this interval wake up.

    Each wake-up of an idle process costs as much as a small task. An action that took a tenth of the interval is
    followed by a whole interval, so that a slow database is not asked without a pause.
    """
    if now_s - begun_at_s > interval_s / 10:
        return interval_s
    pause_s = interval_s - (now_s - _PHASE_S) % interval_s
    return pause_s if pause_s > EARLY_WAKE_UP_S else pause_s + interval_s


async def wait_for_tick(stop: asyncio.Event, interval_s: float) -> bool:
    """Wait until `stop` is set or loops with this interval wake up. True if it is set."""
    now_s = asyncio.get_running_loop().time()
    return await wait_for_stop(stop, pause_until_tick_s(interval_s, now_s, now_s))


# Loops of several processes do not all ask the database at the same instant.
_PHASE_S = os.getpid() % 100 / 100
EARLY_WAKE_UP_S = 0.002  # a timer that fires just before its instant does not fire again at it


async def wait_for_stop(stop: asyncio.Event, timeout_s: float) -> bool:
    """Wait until `stop` is set, at most `timeout_s` seconds. True if it is set."""
    try:
        async with asyncio.timeout(timeout_s):  # not wait_for, which starts a task for each wait
            await stop.wait()
    except TimeoutError:
        return stop.is_set()
    return True
