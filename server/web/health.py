"""Health of this process: alive, and ready to work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

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

PING_TIMEOUT_S = 2  # a load balancer checks every few seconds


async def healthz(request: Request) -> Response:
    """Respond as long as the event loop runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Respond with 503 without the database, else with 200 and what is degraded.

    Without the bus or a worker, and with messages that wait for a channel, it still serves citizens, and a load
    balancer that removed it could not help.
    """
    runtime = requests.current_runtime(request)
    if failure := await _ping_failure(runtime.db.ping()):
        return JSONResponse({"status": "unavailable", "reasons": {"database": failure}}, 503)
    reasons = {"bus": await _ping_failure(runtime.bus.ping()), "worker": await _worker_absence(runtime)}
    broken = {name: reason for name, reason in reasons.items() if reason}
    waiting = await _count_waiting_messages(request)
    return JSONResponse(
        {
            "status": "degraded" if broken else "ok",
            **({"reasons": broken} if broken else {}),
            **({"waiting": waiting} if waiting else {}),
        }
    )


async def _worker_absence(runtime: Runtime) -> str | None:
    """Tell since when no worker was seen; None if one works, or if the database does not say."""
    with suppress(TimeoutError, DatabaseAway, SQLAlchemyError, OSError):
        async with asyncio.timeout(PING_TIMEOUT_S), runtime.read_session() as session:
            last = (await last_heartbeats(session)).get(ProcessKind.WORKER)
        if last is None or last.is_missing:
            return "none was seen" if last is None else f"last seen {round(last.age.total_seconds())} s ago"
    return None


async def _count_waiting_messages(request: Request) -> dict[str, int]:
    """Count messages without a channel, by channel; empty if the count fails."""
    with suppress(TimeoutError, DatabaseAway, SQLAlchemyError, OSError):
        async with asyncio.timeout(PING_TIMEOUT_S), requests.current_runtime(request).read_session() as session:
            return await notifications.count_messages_without_channel(session, request.state.settings.channels)
    return {}


async def _ping_failure(ping: Awaitable[None]) -> str | None:
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await ping
    except TimeoutError:
        return f"no answer within {PING_TIMEOUT_S} s"
    except (BusUnavailable, DatabaseAway) as down:
        return str(down)
    except (SQLAlchemyError, OSError) as error:
        return type(error).__name__
    return None


routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
