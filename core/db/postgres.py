"""Engines of PostgreSQL: pools, timeouts, dead connections, PgBouncer. Knows no table.

A process that freezes in a transaction keeps its locks. The server therefore ends its session after
IDLE_IN_TRANSACTION_TIMEOUT_S, others stop waiting for a lock after LOCK_TIMEOUT_S, and no wait for the server is
unbounded (docs/decisions/0026).
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

LOCK_TIMEOUT_S = 5.0  # transactions take milliseconds: the holder of such a lock is frozen or gone
IDLE_IN_TRANSACTION_TIMEOUT_S = 10.0  # our transactions never wait for anything but the database
STATEMENT_TIMEOUT_S = 15.0  # the slowest statistics of a year take some seconds
ANSWER_MARGIN_S = 5.0  # after the server's own timeout; without an answer the connection is dead
CONNECT_TIMEOUT_S = 5.0
PING_TIMEOUT_S = 2.0  # a pooled connection that does not answer so soon is replaced
# A connection that was used within this time is not pinged, as in HikariCP. The driver notices when it is closed.
# If the server vanishes in this moment, a single statement ends by its timeout, as in the middle of a transaction.
RECENTLY_USED_S = 0.5
POOL_TIMEOUT_S = 10.0  # a request that waits longer for a connection is answered 503
KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES = 15, 5, 3  # a vanished peer is noticed after 30 s


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """Pools of a process, and timeouts of its sessions. A timeout of 0 is none."""

    pool_size: int = 10
    read_pool_size: int = 10
    pgbouncer: bool = False
    lock_timeout_s: float = LOCK_TIMEOUT_S
    idle_in_transaction_timeout_s: float = IDLE_IN_TRANSACTION_TIMEOUT_S
    statement_timeout_s: float = STATEMENT_TIMEOUT_S

    def without_timeouts(self) -> PostgresOptions:
        """Return options for migrations, which keep only the limit of waiting for a lock."""
        return replace(self, statement_timeout_s=0, idle_in_transaction_timeout_s=0)

    def session_settings(self) -> dict[str, str]:
        """Return the session's settings by their names in PostgreSQL, and in its units."""
        return {
            "application_name": "office360",
            "lock_timeout": _milliseconds(self.lock_timeout_s),
            "statement_timeout": _milliseconds(self.statement_timeout_s),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_in_transaction_timeout_s),
            "tcp_keepalives_idle": str(KEEPALIVE_IDLE_S),
            "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_S),
            "tcp_keepalives_count": str(KEEPALIVE_PROBES),
        }

    def driver_arguments(self) -> dict[str, Any]:
        """Return arguments of asyncpg.connect.

        PgBouncer refuses unknown settings at the start of a session, so there the role has them; and it gives each
        transaction another server connection, so names of prepared statements must be unique.
        """
        timeouts = {
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": self.statement_timeout_s + ANSWER_MARGIN_S if self.statement_timeout_s else None,
        }
        if not self.pgbouncer:
            return {**timeouts, "server_settings": self.session_settings()}
        return {
            **timeouts,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__office360_{uuid4()}__",
        }


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def create_postgres_engine(url: str, options: PostgresOptions, pool_size: int, **more: Any) -> AsyncEngine:
    """Create an engine whose pool opens at most `pool_size` connections."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        # no more than the setting: the sum of all processes must stay below max_connections
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        # the connection that was used last knows the statements, and needs no ping
        pool_use_lifo=True,
        pool_pre_ping=not options.pgbouncer,  # there a ping would queue for a server connection
        hide_parameters=True,  # values of a statement are personal data, which no log may contain
        connect_args=options.driver_arguments(),
        **more,
    )
    recent = RecentConnections()
    engine.sync_engine.dialect.do_ping = recent.is_alive  # type: ignore[method-assign]
    event.listen(engine.sync_engine, "checkin", recent.note_use)
    event.listen(engine.sync_engine, "connect", _set_keepalive)
    event.listen(engine.sync_engine, "handle_error", _discard_silent_connection)
    return engine


class RecentConnections:
    """Connections of a pool, with the moment of their last use."""

    def __init__(self) -> None:
        self._used_s: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def note_use(self, dbapi_connection: Any, _record: object) -> None:
        if dbapi_connection is not None:  # a broken connection is returned as None
            self._used_s[dbapi_connection.driver_connection] = time.monotonic()

    def is_alive(self, dbapi_connection: DBAPIConnection) -> bool:
        """Tell whether a pooled connection can be used; ask it if it was idle for a while."""
        driver: Any = dbapi_connection.driver_connection
        used_s = self._used_s.get(driver)
        if used_s is not None and time.monotonic() - used_s < RECENTLY_USED_S and not driver.is_closed():
            return True
        return _ping(dbapi_connection)


def _ping(dbapi_connection: DBAPIConnection) -> bool:
    """Tell whether a pooled connection answers soon.

    SQLAlchemy's own ping waits as long as a statement.
    """
    driver: Any = dbapi_connection.driver_connection
    try:
        # execute fails: an empty query has no status
        await_only(driver.fetchrow(";", timeout=PING_TIMEOUT_S))
    except Exception:  # any failure means the same: open another connection
        driver.terminate()
        return False
    return True


def _set_keepalive(dbapi_connection: Any, _record: object) -> None:
    """Probe an idle connection, so that the pool drops it if its server has vanished."""
    connected: socket.socket | None = dbapi_connection.driver_connection._transport.get_extra_info("socket")
    if connected is None or connected.family == socket.AF_UNIX:
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)


def _discard_silent_connection(context: Any) -> None:
    """Close a connection whose server did not answer.

    A rollback on it would wait as long again.
    """
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
