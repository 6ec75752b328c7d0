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
from ...core.errors import DatabaseAway
from ...core.web import requests
from ...notifications import service as notifications

PING_TIMEOUT_S = 2  # a load balancer checks every few seconds


async def healthz(request: Request) -> Response:
    """Respond as long as the event loop runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Check database and bus; 503 with the reasons if one fails.

    Messages without a channel are reported but do not fail the check: the process still serves citizens, and a
    load balancer could not help.
    """
    runtime = requests.current_runtime(request)
    reasons = {
        "database": await _ping_failure(runtime.db.ping()),
        "bus": await _ping_failure(runtime.bus.ping()),
    }
    broken = {name: reason for name, reason in reasons.items() if reason}
    if broken:
        return JSONResponse({"status": "unavailable", "reasons": broken}, 503)
    waiting = await _count_waiting_messages(request)
    return JSONResponse({"status": "ok", **({"waiting": waiting} if waiting else {})})


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
