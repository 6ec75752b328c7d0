"""Loops of background tasks: act, wait, act again until the process stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .failures import log_failure


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
