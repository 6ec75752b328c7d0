"""Failures that a task survives: a log line each, and a traceback only for a bug."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

from .errors import DatabaseAway

T = TypeVar("T")


def log_failure(logger: logging.Logger, event: str, error: BaseException, **fields: object) -> None:
    """Log an unexpected error with its traceback.

    Skips an outage, which the session that noticed it has logged.
    """
    if not isinstance(error, DatabaseAway):
        logger.error(event, exc_info=error, extra=fields)


def start_unbound_task(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start a task that outlives the request which starts it.

    Its log lines do not carry the request's id.
    """
    return asyncio.create_task(work, name=name, context=Context())
