"""ASGI app of a test-room process: the API of connection tests, and health."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...core.clock import Clock, DatabaseClock
from ...core.db.process_heartbeats import ProcessKind, run_heartbeat
from ...core.errors import Office360Error
from ...core.i18n.catalogues import Catalogues, ErrorTexts
from ...core.periodic import BackgroundTask
from ...core.runtime import Runtime
from ...core.web import requests
from ...offices.service import current_site, run_site_refresh
from ...precheck.realtime.live_tests import LiveTests
from ...precheck.web import api as precheck_api
from ...signaling.ice import TurnServers
from ..app import ERROR_TEXTS, FEATURE_FOLDERS, ROOT, authenticate
from ..lifespan import read_site_once, start_tasks
from ..process.garbage_collector import run_full_collections
from ..runtime import open_runtime
from ..settings import Settings
from ..web import error_pages, health
from ..web.request_context import RequestContextMiddleware
from ..web.sent_keys import SentKeyMiddleware
from ..web.static_files import StaticFolder
from ..web.templates import JinjaRenderer
from .factory import build_live_tests

logger = logging.getLogger(__name__)

TestRoomLifespan = Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]


async def healthz(request: Request) -> Response:
    """Report the room's name and capacity, by which web processes route new tests."""
    live: LiveTests = request.state.live_tests
    room = live.current_room
    return JSONResponse(
        {
            "status": "ok",
            "room": live.room_name,
            "sessions": len(room.places),
            "capacity": room.capacity,
            "free": room.free_places,
            "waiting": len(room.waiting),
        }
    )


def create_testroom_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Create the app. Nothing is opened before its lifespan begins."""
    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", health.readyz), *precheck_api.routes],
        middleware=[
            Middleware(
                RequestContextMiddleware,
                https=settings.public_url.startswith("https:"),
                languages=settings.language_choice,
            ),
            Middleware(RequestBodyLimitMiddleware, max_body_size=requests.MAX_BODY_BYTES),
            Middleware(SentKeyMiddleware),
        ],
        exception_handlers={
            Office360Error: error_pages.on_office360_error,
            HTTPException: error_pages.on_http_exception,
            **dict.fromkeys(error_pages.INFRASTRUCTURE_ERRORS, error_pages.on_infrastructure_error),
        },
        lifespan=_build_lifespan(settings, clock or DatabaseClock()),
    )


def _build_lifespan(settings: Settings, clock: Clock) -> TestRoomLifespan:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with open_runtime(settings, clock) as runtime:
            await read_site_once(runtime)
            live = build_live_tests(settings, runtime)
            stop = asyncio.Event()
            tasks: dict[str, BackgroundTask] = {
                "heartbeat": partial(run_heartbeat, runtime, (ProcessKind.TESTROOM,), version("office360")),
                "test room": live.run,
                "organisation": partial(run_site_refresh, runtime),
                "garbage collection": run_full_collections,
            }
            running = start_tasks(tasks, stop)
            capacity = live.current_room.capacity
            logger.info("test_room_started", extra={"room": live.room_name, "capacity": capacity})
            try:
                yield {**_request_state(settings, runtime), "runtime": runtime, "live_tests": live}
            finally:
                stop.set()
                await asyncio.gather(*running)
                await live.close()

    return lifespan


def _request_state(settings: Settings, runtime: Runtime) -> dict[str, Any]:
    """Build the values of `state` for requests, besides runtime and test room."""
    catalogues = Catalogues(FEATURE_FOLDERS, settings.language_choice)
    pages = JinjaRenderer(FEATURE_FOLDERS, catalogues, StaticFolder(ROOT / "static"))
    return {
        "settings": settings,
        "turn": TurnServers(settings.turn_uris, settings.turn_secret),
        "pages": pages.with_site(partial(current_site, runtime), settings.source_url),
        "catalogues": catalogues,
        "sentences": ErrorTexts(catalogues, ERROR_TEXTS),
        "authenticate": authenticate,
        "describe_error": error_pages.describe_error,
    }
