"""Log lines of failures that a task survives: one line each, and a traceback only for a bug."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

from .errors import DatabaseAway

T = TypeVar("T")


def log_failure(logger: logging.Logger, event: str, error: BaseException, **fields: object) -> None:
    """Log an unexpected error with its traceback. An outage was logged by the session that noticed it."""
    if not isinstance(error, DatabaseAway):
        logger.error(event, exc_info=error, extra=fields)


def start_unbound_task(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start a task that outlives the request which starts it, so that its lines do not carry the request's id."""
    return asyncio.create_task(work, name=name, context=Context())
