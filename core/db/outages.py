"""Classification of database errors: database away, database busy, or a bug.

Sessions raise DatabaseAway in place of the first two. Here is the only list of such errors, and an outage is
logged once, without a traceback, by the session that notices it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import DatabaseAway

logger = logging.getLogger(__name__)

CALM_S = 5.0  # without a failure: in a partial outage some sessions succeed between the failures
BUSY_LOG_INTERVAL_S = 10.0  # a full pool fails each request of a flood

OutageKind = Literal["away", "busy"]

# Classes of PostgreSQL (its appendix A): connection failure, no more connections or disk, shutdown or start; and
# 25P03, which ends a session that was idle in a transaction; 25006, a write at a standby after a failover; and
# 55000, a database that was closed to connections for its maintenance.
AWAY_SQLSTATES = ("08", "53", "57P", "25P03", "25006", "55000")
# lock timeout, statement timeout, transaction timeout
BUSY_SQLSTATES = ("55P03", "57014", "25P04")
AWAY_SQLITE_ERRORS = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PROTOCOL", "SQLITE_READONLY")
BUSY_SQLITE_ERRORS = ("SQLITE_BUSY", "SQLITE_LOCKED")
# asyncpg has the same class for a lost connection and for a wrong call; after a terminated backend it also reports
# the state of its own protocol.
LOST_CONNECTION = re.compile(
    r"connection (is|was|has been) (closed|released|lost)|closed in the middle|cannot switch to state"
    r"|unknown protocol state|another operation"
)
# a migration changed a table; the next attempt prepares it again
STALE_STATEMENT = "InvalidCachedStatementError"


def outage_kind(error: BaseException) -> OutageKind | None:
    """Return `away` or `busy` if a retry in some seconds may succeed, None for a bug."""
    if isinstance(error, PoolTimeout):
        return "busy"
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError):  # no connection, or no answer in time
        return "away"
    state = str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")
    if state.startswith(BUSY_SQLSTATES + BUSY_SQLITE_ERRORS) or type(cause).__name__ == STALE_STATEMENT:
        return "busy"
    if state.startswith(AWAY_SQLSTATES + AWAY_SQLITE_ERRORS):
        return "away"
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "away"
    return "away" if _is_driver_error(cause) and LOST_CONNECTION.search(str(cause)) else None


def _is_driver_error(cause: BaseException) -> bool:
    """Tell whether the driver raised it; SQLAlchemy does not wrap all errors of asyncpg."""
    return isinstance(cause, EmulatedDBAPIException) or type(cause).__module__.startswith("asyncpg.")


class OutageLog:
    """Turns database errors into DatabaseAway, and logs the begin and the end of an outage."""

    def __init__(self) -> None:
        self._away_since_s: float | None = None
        self._back_since_s: float | None = None  # the first success after the last failure
        self._failures = 0
        self._busy_failures = 0
        self._busy_logged_s = float("-inf")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise DatabaseAway in place of an error that means an outage."""
        try:
            yield
        except Exception as error:
            kind = outage_kind(error)
            if kind is None:
                raise
            raise self._record(kind, error) from error
        if self._away_since_s is not None:
            self._record_success(self._away_since_s)

    def _record(self, kind: OutageKind, error: Exception) -> DatabaseAway:
        original = getattr(error, "orig", None) or error
        # the driver's class says more than SQLAlchemy's
        reason = type(original.__cause__ or original).__name__
        if kind == "busy":
            self._record_busy(reason)
            return DatabaseAway(reason)
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
            logger.warning("database_away", extra={"reason": reason})
        self._back_since_s = None
        self._failures += 1
        return DatabaseAway(reason)

    def _record_busy(self, reason: str) -> None:
        self._busy_failures += 1
        now_s = time.monotonic()
        if now_s - self._busy_logged_s >= BUSY_LOG_INTERVAL_S:
            logger.warning("database_busy", extra={"reason": reason, "failures": self._busy_failures})
            self._busy_logged_s, self._busy_failures = now_s, 0

    def _record_success(self, away_since_s: float) -> None:
        now_s = time.monotonic()
        if self._back_since_s is None:
            self._back_since_s = now_s
        if now_s - self._back_since_s >= CALM_S:
            seconds = round(self._back_since_s - away_since_s, 1)
            logger.warning("database_back", extra={"seconds": seconds, "failures": self._failures})
            self._away_since_s, self._back_since_s, self._failures = None, None, 0
