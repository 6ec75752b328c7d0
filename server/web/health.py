"""Health of this process: alive, ready to work, and the same facts for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...core.bus.base import BusUnavailable
from ...core.db.process_heartbeats import ProcessKind, last_heartbeats
from ...core.errors import DatabaseAway
from ...core.runtime import Runtime
from ...core.web import requests
from ...notifications import service as notifications
from ..schema_state import SchemaState, schema_state

T = TypeVar("T")

PARTS = ("database", "bus", "worker", "schema")
PING_TIMEOUT_S = 2  # a load balancer checks every few seconds


async def healthz(request: Request) -> Response:
    """Respond as long as the event loop runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Respond with 503 without a migrated database, else with 200 and what is degraded.

    Without the bus or a worker, and with messages that wait for a channel, it still serves citizens, and a load
    balancer that removed it could not help. The same holds for a database that was migrated by the next release:
    that is done while older processes serve. Takes at most 2 * PING_TIMEOUT_S.
    """
    broken, waiting = await _find_problems(request)
    if "database" in broken:
        return JSONResponse({"status": "unavailable", "reasons": broken}, 503)
    return JSONResponse(
        {
            "status": "degraded" if broken else "ok",
            **({"reasons": broken} if broken else {}),
            **({"waiting": waiting} if waiting else {}),
        }
    )


async def metrics(request: Request) -> Response:
    """Respond with the facts of `/readyz` in the text format of Prometheus, version 0.0.4.

    Any web process may answer, so the figures are those of the installation and not of a process.
    """
    broken, waiting = await _find_problems(request)
    # without a database, the state of the other parts is unknown
    parts = ("database",) if "database" in broken else PARTS
    lines = [
        "# HELP office360_up Whether this part of the installation works.",
        "# TYPE office360_up gauge",
        *(f'office360_up{{part="{part}"}} {int(part not in broken)}' for part in parts),
        "# HELP office360_waiting_messages Messages that wait for a channel that is not set up.",
        "# TYPE office360_waiting_messages gauge",
        *(f'office360_waiting_messages{{channel="{channel}"}} {count}' for channel, count in waiting.items()),
    ]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


async def _find_problems(request: Request) -> tuple[dict[str, str], dict[str, int]]:
    """Return the reason of each broken part, and the count of waiting messages by channel.

    Without a database, the other parts are not asked.
    """
    runtime = requests.current_runtime(request)
    # side by side, so that a silent bus adds nothing to the wait for a silent database
    database, bus = await asyncio.gather(_ping_failure(runtime.db.ping()), _ping_failure(runtime.bus.ping()))
    if database:
        return {"database": database}, {}
    schema, worker, waiting = await asyncio.gather(
        _answer_or_none(schema_state(runtime.db)),
        _answer_or_none(_worker_absence(runtime)),
        _answer_or_none(_count_waiting_messages(request)),
    )
    if schema is SchemaState.OLDER:
        return {"database": "migrations are missing"}, {}
    newer = "newer than this program" if schema is SchemaState.NEWER else None
    broken = {name: reason for name, reason in (("bus", bus), ("worker", worker), ("schema", newer)) if reason}
    return broken, waiting or {}


async def _worker_absence(runtime: Runtime) -> str | None:
    """Tell since when no worker was seen; None if a worker lives."""
    async with runtime.read_session() as session:
        last = (await last_heartbeats(session)).get(ProcessKind.WORKER)
    if last is None:
        return "none was seen"
    return f"last seen {round(last.age.total_seconds())} s ago" if last.is_missing else None


async def _count_waiting_messages(request: Request) -> dict[str, int]:
    """Count messages without a channel, by channel."""
    async with requests.current_runtime(request).read_session() as session:
        return await notifications.count_messages_without_channel(session, request.state.settings.channels)


async def _answer_or_none(work: Coroutine[Any, Any, T]) -> T | None:
    """Await `work` briefly; None if the database does not answer."""
    with suppress(TimeoutError, DatabaseAway, SQLAlchemyError, OSError):
        return await _await_briefly(work)
    return None


async def _ping_failure(ping: Coroutine[Any, Any, None]) -> str | None:
    try:
        await _await_briefly(ping)
    except TimeoutError:
        return f"no answer within {PING_TIMEOUT_S} s"
    except (BusUnavailable, DatabaseAway) as down:
        return str(down)
    except (SQLAlchemyError, OSError) as error:
        return type(error).__name__
    return None


async def _await_briefly(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` for PING_TIMEOUT_S, then cancel it and raise TimeoutError.

    Does not wait for the end of cancelled work: it closes its connection, which a silent server delays.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nothing else reads a late error
    try:
        await asyncio.wait([task], timeout=PING_TIMEOUT_S)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()


routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
