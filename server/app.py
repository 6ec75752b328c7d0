"""Puts the rooms together: routes, middleware, error pages, event and timer handlers."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from ..core import texts as core_texts
from ..core import web
from ..core.auth import Principal
from ..core.clock import Clock, SystemClock
from ..core.errors import NotFound, Office360Error
from ..core.events import Events
from ..core.i18n import Catalogues, Sentences
from ..core.runtime import Runtime
from ..signaling.hub import Hub
from . import errors, health
from .idempotency import Idempotency
from .lifespan import Parts, Task, lifespan_of
from .limits import FloodLimits
from .pages import JinjaPages, StaticFolder
from .security import Surroundings
from .settings import Settings

ROOT = Path(__file__).parent.parent
NAMES = ("core", "offices", "appointments", "queue", "rooms", "notifications", "staff", "server")
FOLDERS = [ROOT / name for name in NAMES]
FOREVER = "public, max-age=31536000, immutable"


def _opt(name: str) -> Any:  # TEMPORARY while the features are being written
    try:
        return importlib.import_module(f"office360.{name}")
    except ModuleNotFoundError:
        return None


def _all(file: str, attr: str) -> list[Any]:
    return [v for f in NAMES if (m := _opt(f"{f}.{file}")) and (v := getattr(m, attr, None)) is not None]


def create_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The whole product as one ASGI app."""
    catalogues = Catalogues(FOLDERS)
    static = StaticFolder(ROOT / "static")
    errors_texts: dict[str, str] = dict(core_texts.ERRORS)
    for one in _all("texts", "ERRORS"):
        errors_texts.update(one)
    timer_handlers: dict[str, Any] = {}
    for one in _all("service", "TIMERS"):
        timer_handlers.update(one)
    parts = Parts(
        settings=settings,
        clock=clock or SystemClock(),
        events=_events(),
        pages=JinjaPages(FOLDERS, catalogues, static, {"help_phone": settings.help_phone}),
        catalogues=catalogues,
        sentences=Sentences(catalogues, errors_texts),
        authenticate=authenticate,
        describe_error=errors.describe,
        timers=timer_handlers,
        tasks=_tasks,
    )
    return Starlette(
        routes=_routes(settings, static),
        middleware=[
            Middleware(Surroundings, https=settings.public_url.startswith("https:")),
            Middleware(FloodLimits, settings=settings),
            Middleware(Idempotency),
        ],
        exception_handlers={
            Office360Error: errors.on_office360_error,
            HTTPException: errors.on_http_exception,
            Exception: errors.on_crash,
        },
        lifespan=lifespan_of(parts),
    )


async def authenticate(connection: HTTPConnection) -> Principal | None:
    """Session cookie or bearer key to a principal."""
    service = _opt("staff.service")
    header = connection.headers.get("authorization", "")
    bearer = header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
    cookie = connection.cookies.get(web.STAFF_COOKIE)
    if service is None or (bearer is None and cookie is None):
        return None
    return await service.authenticate(web.runtime(connection), cookie=cookie, bearer=bearer)


def _events() -> Events:
    events = Events()
    a = _opt("appointments.service")
    for name in ("queue.service", "rooms.service"):
        s = _opt(name)
        if a and s and hasattr(s, "on_appointment_cancelled"):
            events.on(a.AppointmentCancelled, s.on_appointment_cancelled)
        if a and s and hasattr(s, "on_appointment_rescheduled"):
            events.on(a.AppointmentRescheduled, s.on_appointment_rescheduled)
    return events


def _tasks(runtime: Runtime, hub: Hub, settings: Settings, pages: JinjaPages) -> list[Task]:
    tasks: list[Task] = []
    live = _opt("queue.live")
    if live and hasattr(live, "heal"):
        tasks.append(lambda stop: live.heal(runtime, hub, stop))
    boards = _opt("staff.commands")
    if boards:
        tasks.append(lambda stop: boards.keep_fresh(hub, stop))
    return tasks


def _routes(settings: Settings, static: StaticFolder) -> list[BaseRoute]:
    routes: list[BaseRoute] = [*health.routes, *_static_routes(static)]
    for file in ("views", "api", "commands"):
        for one in _all(file, "routes"):
            routes.extend(one)
    return routes


def _static_routes(static: StaticFolder) -> list[BaseRoute]:
    async def file(request: Request) -> Response:
        path = (static.path / request.path_params["path"]).resolve()
        if not path.is_relative_to(static.path.resolve()) or not path.is_file():
            raise NotFound
        fresh = request.path_params["build"] == static.build
        return FileResponse(path, headers={"Cache-Control": FOREVER if fresh else "no-cache"})

    return [Route("/static/{build}/{path:path}", file)]
