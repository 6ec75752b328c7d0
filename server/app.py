"""Puts the rooms together: routes, middleware, error pages, event and timer handlers, tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from ..appointments import service as appointments
from ..appointments.web import api as appointments_api
from ..appointments.web import appointment_pages as appointments_views
from ..appointments.web import earlier_slot_pages as appointments_earlier_views
from ..appointments.web import email_verification_pages as appointments_verify_views
from ..appointments.web import office_cancellation_api as appointments_withdrawing_api
from ..appointments.web import texts as appointments_texts
from ..appointments.web import waitlist_api as appointments_earlier_api
from ..appointments.web import waitlist_pages as appointments_waiting_views
from ..chatbot import service as chatbot
from ..chatbot.dialogue import texts as chatbot_texts
from ..chatbot.web import api as chatbot_api
from ..chatbot.web import chat_page as chatbot_views
from ..core.auth import Principal
from ..core.clock import Clock, SystemClock
from ..core.db import timers
from ..core.db.timers import TimerHandler
from ..core.errors import NotFound, Office360Error
from ..core.events import EventRegistry
from ..core.i18n import error_texts as core_texts
from ..core.i18n.catalogues import Catalogues, ErrorTexts
from ..core.runtime import Runtime, Transaction
from ..core.web import requests
from ..notifications import service as notifications
from ..notifications.web import outbox_page as notifications_views
from ..notifications.web import preferences_page as notifications_choice_views
from ..precheck import service as precheck
from ..precheck.web import api as precheck_api
from ..precheck.web import citizen_pages as precheck_views
from ..precheck.web import error_texts as precheck_texts
from ..precheck.web import staff_pages as precheck_staff_views
from ..queue import service as queue
from ..queue.realtime import display_sockets as queue_display_live
from ..queue.realtime import sockets as queue_commands
from ..queue.realtime import ticket_sockets as queue_live
from ..queue.web import api as queue_api
from ..queue.web import display_page as queue_display_views
from ..queue.web import error_texts as queue_texts
from ..queue.web import statistics_api as queue_statistics_api
from ..queue.web import ticket_page as queue_views
from ..rooms import service as rooms
from ..rooms.realtime import room_socket as rooms_commands
from ..rooms.web import error_texts as rooms_texts
from ..rooms.web import room_pages as rooms_views
from ..signaling.topic_hub import TopicHub
from ..staff import service as staff
from ..staff.realtime import board_socket as staff_commands
from ..staff.web import api as staff_api
from ..staff.web import cancellation_page as staff_cancelling
from ..staff.web import desk_pages as staff_views
from ..staff.web import error_texts as staff_texts
from .jobs import nightly_cleanup, public_holidays
from .lifespan import AppParts, BackgroundTask, build_lifespan
from .settings import Settings
from .testroom import proxy
from .web import api, error_pages, health, openapi_document, pwa
from .web import pages as views
from .web.flood_limits import FloodLimitMiddleware
from .web.idempotency import IdempotencyMiddleware
from .web.security import RequestContextMiddleware
from .web.templates import JinjaRenderer, StaticFolder

ROOT = Path(__file__).parent.parent
FEATURE_FOLDERS = [
    ROOT / name
    for name in (
        "core",
        "offices",
        "appointments",
        "queue",
        "chatbot",
        "precheck",
        "rooms",
        "notifications",
        "staff",
        "server",
    )
]
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"

TEXTS: Mapping[str, str] = {
    **core_texts.ERRORS,
    **appointments_texts.ERRORS,
    **queue_texts.ERRORS,
    **chatbot_texts.ERRORS,
    **precheck_texts.ERRORS,
    **rooms_texts.ERRORS,
    **staff_texts.ERRORS,
}
ROUTES: list[BaseRoute] = [
    *queue_commands.routes,  # first: after a restart every phone of the city comes back by these
    *health.routes,
    *views.routes,
    *api.routes,
    *openapi_document.routes,
    *appointments_views.routes,
    *appointments_earlier_views.routes,
    *appointments_verify_views.routes,
    *appointments_api.routes,
    *appointments_earlier_api.routes,
    *appointments_waiting_views.routes,
    *appointments_withdrawing_api.routes,
    *queue_views.routes,
    *queue_display_views.routes,
    *queue_api.routes,
    *queue_statistics_api.routes,
    *notifications_choice_views.routes,
    *chatbot_views.routes,
    *chatbot_api.routes,
    *precheck_views.routes,
    *precheck_api.staff_routes,
    *precheck_staff_views.routes,
    *rooms_views.routes,
    *rooms_commands.routes,
    *staff_views.routes,
    *staff_cancelling.routes,
    *staff_api.routes,
    *staff_commands.routes,
]


def create_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The whole product as one ASGI app. Nothing is opened before its lifespan begins."""
    catalogues = Catalogues(FEATURE_FOLDERS)
    static = StaticFolder(ROOT / "static")
    parts = AppParts(
        settings=settings,
        clock=clock or SystemClock(),
        events=_build_event_registry(),
        pages=JinjaRenderer(FEATURE_FOLDERS, catalogues, static, {"help_phone": settings.help_phone}),
        catalogues=catalogues,
        sentences=ErrorTexts(catalogues, TEXTS),
        authenticate=authenticate,
        last_test=load_last_test,
        describe_error=error_pages.describe_error,
        tasks=_background_tasks,
    )
    return Starlette(
        routes=_build_routes(settings, static),
        middleware=[
            Middleware(RequestContextMiddleware, https=settings.public_url.startswith("https:")),
            Middleware(FloodLimitMiddleware, settings=settings),
            Middleware(RequestBodyLimitMiddleware, max_body_size=requests.MAX_BODY_BYTES),
            Middleware(IdempotencyMiddleware),
        ],
        exception_handlers={
            Office360Error: error_pages.on_office360_error,
            HTTPException: error_pages.on_http_exception,
            **dict.fromkeys(error_pages.INFRASTRUCTURE_ERRORS, error_pages.on_infrastructure_error),
            Exception: error_pages.on_crash,
        },
        lifespan=build_lifespan(parts),
    )


async def authenticate(connection: HTTPConnection) -> Principal | None:
    """Who asks, by `Authorization: Bearer KEY` or the session's cookie."""
    header = connection.headers.get("authorization", "")
    bearer = header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
    cookie = connection.cookies.get(requests.STAFF_COOKIE)
    if bearer is None and cookie is None:
        return None
    return await staff.authenticate(requests.current_runtime(connection), cookie=cookie, bearer=bearer)


async def load_last_test(session: AsyncSession, appointment_id: str) -> appointments.LastTestResult | None:
    """What an appointment's page says of its connection; appointments know no test room."""
    found = (await precheck.latest_test_summaries(session, [appointment_id])).get(appointment_id)
    return appointments.LastTestResult(found.verdict, found.code, found.at, found.finished) if found else None


TIMERS: Mapping[str, TimerHandler] = {
    **appointments.TIMERS,
    **appointments.reminder_timers(load_last_test),
    **queue.TIMERS,
    **chatbot.TIMERS,
    **precheck.TIMERS,
    **rooms.TIMERS,
}


def _build_event_registry() -> EventRegistry[Transaction]:
    """Who hears of what happens in the folders below."""
    events: EventRegistry[Transaction] = EventRegistry()
    events.register_handler(appointments.AppointmentBooked, appointments.remove_from_waitlist)
    events.register_handler(appointments.AppointmentBooked, appointments.schedule_no_show_check)
    events.register_handler(appointments.AppointmentRescheduled, appointments.reschedule_no_show_check)
    events.register_handler(appointments.AppointmentCancelled, queue.leave_on_cancellation)
    events.register_handler(appointments.AppointmentCancelled, rooms.on_appointment_cancelled)
    events.register_handler(appointments.AppointmentRescheduled, queue.leave_on_reschedule)
    events.register_handler(appointments.AppointmentRescheduled, rooms.on_appointment_rescheduled)
    return events


def _background_tasks(
    runtime: Runtime, hub: TopicHub, settings: Settings, pages: JinjaRenderer
) -> list[BackgroundTask]:
    """What runs beside the requests. A process of web only sends nothing and fires no timer."""
    tasks: list[BackgroundTask] = [
        lambda stop: queue_live.run_ticket_resync(runtime, hub, stop),
        lambda stop: queue_display_live.run_display_resync(runtime, hub, stop),
        lambda stop: staff_commands.run_board_refresh(hub, stop),
    ]
    if settings.embedded_worker:
        tasks.append(lambda stop: timers.run_timers(runtime, TIMERS, stop))
        tasks.append(lambda stop: appointments.run_reminder_repair(runtime, stop))
        tasks.append(lambda stop: appointments.run_delay_monitor(runtime, queue.expected_call_times, stop))
        tasks.append(lambda stop: appointments.run_delay_monitor(runtime, rooms.forecast_video_starts, stop))
        tasks.append(lambda stop: public_holidays.run_holiday_closures(runtime, stop))
        tasks.append(lambda stop: queue.run_upcoming_call_notifier(runtime, stop))
        tasks.append(
            lambda stop: nightly_cleanup.run_nightly_cleanup(
                runtime, timedelta(days=settings.contacts_kept_days), stop
            )
        )
        tasks.append(lambda stop: _run_outbox(runtime, settings, pages, stop))
    return tasks


async def _run_outbox(runtime: Runtime, settings: Settings, pages: JinjaRenderer, stop: asyncio.Event) -> None:
    """The outbox. What has no channel here waits in its rows, and none is lost."""
    async with AsyncExitStack() as open_channels:
        channels = await _open_channels(open_channels, runtime, settings, pages)
        await notifications.run_delivery_worker(runtime, channels, stop)


async def _open_channels(
    stack: AsyncExitStack, runtime: Runtime, settings: Settings, pages: JinjaRenderer
) -> dict[str, notifications.DeliveryChannel]:
    """Those that are set up; in development a page in place of the others."""
    local, sender, quiet = settings.environment == "development", settings.mail_from, settings.quiet_hours_range
    found = notifications.development_channels(runtime, pages, sender, quiet) if local else {}
    if settings.smtp_url:
        smtp = notifications.open_email_channels(runtime, pages, sender, settings.smtp_url)
        found |= await stack.enter_async_context(smtp)
    if settings.vapid is not None:
        push = notifications.open_push_channels(runtime, pages, settings.vapid, allow_local=local, quiet=quiet)
        found |= await stack.enter_async_context(push)
    if settings.sms_gateway is not None:
        sms = notifications.open_sms_channels(runtime, pages, settings.sms_gateway, quiet=quiet)
        found |= await stack.enter_async_context(sms)
    return found


def _build_routes(settings: Settings, static: StaticFolder) -> list[BaseRoute]:
    outbox = notifications_views.routes if settings.environment == "development" else []
    tests = proxy.routes if settings.testroom_url else precheck_api.routes
    return [*ROUTES, *tests, *outbox, *pwa.build_routes(static), *_build_static_routes(static)]


def _find_static_file(folder: Path, name: str) -> Path:
    """The file of that name within the folder. Raises NotFound, also for a name that no file can have."""
    try:
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file():
            return path
    except (ValueError, OSError):
        raise NotFound from None
    raise NotFound


def _build_static_routes(static: StaticFolder) -> list[BaseRoute]:
    async def file(request: Request) -> Response:
        path = _find_static_file(static.path.resolve(), request.path_params["path"])
        fresh = request.path_params["build"] == static.build
        return FileResponse(path, headers={"Cache-Control": IMMUTABLE_CACHE_CONTROL if fresh else "no-cache"})

    return [Route("/static/{build}/{path:path}", file)]
