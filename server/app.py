"""Composition of the product: routes, middleware, error pages, handlers, background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from ..appointments import service as appointments
from ..appointments.web import routes as appointments_web
from ..chatbot import service as chatbot
from ..chatbot.web import routes as chatbot_web
from ..core.auth import Principal
from ..core.clock import Clock, DatabaseClock
from ..core.contact.channel_links import ChannelLinked
from ..core.db.leases import run_while_elected
from ..core.db.process_heartbeats import ProcessKind, beat, run_heartbeat
from ..core.db.timers import TimerHandler, run_timers
from ..core.errors import Office360Error
from ..core.events import EventRegistry
from ..core.i18n import error_texts as core_error_texts
from ..core.i18n.catalogues import Catalogues, ErrorTexts
from ..core.periodic import BackgroundTask, run_all_restarted
from ..core.runtime import Runtime, Transaction
from ..core.web import authentication, requests
from ..figures import service as figures
from ..figures.web import routes as figures_web
from ..management import service as management
from ..management.web import routes as management_web
from ..notifications import service as notifications
from ..notifications.web import routes as notifications_web
from ..offices.service import Office, PastRecordChanged, run_site_refresh
from ..precheck import service as precheck
from ..precheck.web import routes as precheck_web
from ..queue import service as queue
from ..queue.web import routes as queue_web
from ..rooms import service as rooms
from ..rooms.web import routes as rooms_web
from ..signaling.topic_hub import TopicHub
from ..staff import service as staff
from ..staff.web import routes as staff_web
from .jobs import nightly_cleanup, public_holidays
from .lifespan import AppParts, PreparedState, build_lifespan
from .process.garbage_collector import run_full_collections
from .settings import Settings
from .web import api, error_pages, health, pages, pwa, site_files, well_known
from .web.compression import CompressionMiddleware
from .web.flood_limits import FloodLimitMiddleware
from .web.idempotency import IdempotencyMiddleware
from .web.request_context import RequestContextMiddleware
from .web.sent_keys import SentKeyMiddleware
from .web.static_files import StaticFolder, build_static_routes
from .web.templates import JinjaRenderer

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
        "figures",
        "staff",
        "management",
        "server",
    )
]

ERROR_TEXTS: Mapping[str, str] = {
    **core_error_texts.ERROR_TEXTS,
    **appointments_web.ERROR_TEXTS,
    **queue_web.ERROR_TEXTS,
    **chatbot_web.ERROR_TEXTS,
    **precheck_web.ERROR_TEXTS,
    **rooms_web.ERROR_TEXTS,
    **staff_web.ERROR_TEXTS,
    **management_web.ERROR_TEXTS,
}
ROUTES: list[BaseRoute] = [
    # first: after a restart every phone of a city reconnects through them
    *queue_web.SOCKET_ROUTES,
    *health.routes,
    *pages.routes,
    *site_files.routes,
    *api.routes,
    *appointments_web.ROUTES,
    *queue_web.ROUTES,
    *figures_web.ROUTES,
    *notifications_web.ROUTES,
    *chatbot_web.ROUTES,
    *precheck_web.ROUTES,
    *rooms_web.ROUTES,
    *staff_web.ROUTES,
    *management_web.ROUTES,
]


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    *,
    kinds: Collection[ProcessKind] | None = None,
    delivers: bool = True,
) -> Starlette:
    """Create the ASGI app. Nothing is opened before its lifespan begins.

    `kinds`: the roles of its process; default: a web process, which is a worker too if the settings say so.
    `delivers`: whether a worker sends messages; if not, they wait in the outbox.
    """
    kinds = kinds or (ProcessKind.WEB, *([ProcessKind.WORKER] if settings.embedded_worker else []))
    catalogues = Catalogues(FEATURE_FOLDERS, settings.language_choice)
    static = StaticFolder(ROOT / "static")
    parts = AppParts(
        state=PreparedState(
            settings=settings,
            catalogues=catalogues,
            sentences=ErrorTexts(catalogues, ERROR_TEXTS),
            authenticate=authenticate,
            last_test=load_last_test,
            can_rate=rooms.can_citizen_rate,
            entry_limits=entry_limits,
            describe_error=error_pages.describe_error,
        ),
        clock=clock or DatabaseClock(),
        events=_build_event_registry(),
        pages=JinjaRenderer(FEATURE_FOLDERS, catalogues, static),
        tasks=partial(_background_tasks, kinds, delivers),
        beat=partial(beat, kinds=kinds, version=version("office360")),
    )
    return Starlette(
        routes=_build_routes(settings, static),
        # The first is the outermost. Limits refuse a request before its body is read, and a revoked key is refused
        # before a stored answer is looked up for it.
        middleware=[
            Middleware(
                RequestContextMiddleware,
                https=settings.public_url.startswith("https:"),
                languages=settings.language_choice,
            ),
            Middleware(CompressionMiddleware),
            Middleware(FloodLimitMiddleware, settings=settings),
            Middleware(RequestBodyLimitMiddleware, max_body_size=requests.MAX_BODY_BYTES),
            Middleware(SentKeyMiddleware),
            Middleware(IdempotencyMiddleware),
        ],
        exception_handlers={
            Office360Error: error_pages.on_office360_error,
            HTTPException: error_pages.on_http_exception,
            **dict.fromkeys(error_pages.INFRASTRUCTURE_ERRORS, error_pages.on_infrastructure_error),
        },
        lifespan=build_lifespan(parts),
    )


async def authenticate(connection: HTTPConnection) -> Principal | None:
    """Return the caller of `Authorization: Bearer KEY` or of the session cookie, else None."""
    bearer = authentication.sent_key(connection)
    cookie = connection.cookies.get(authentication.STAFF_COOKIE)
    if bearer is None and cookie is None:
        return None
    runtime, named = requests.current_runtime(connection), staff.remote_user(connection)
    principal = await staff.authenticate(runtime, cookie=cookie, bearer=bearer, remote_user=named)
    connection.state.signed_in = None if bearer is not None else principal  # pages ask this person to log in again
    return principal


def entry_limits(office: Office, appointment: appointments.Appointment) -> appointments.EntryLimits:
    """Return the limits of the appointment's line; appointments cannot import queue."""
    service = appointments.first_service_now(office, appointment)
    settings = queue.LineSettings.from_overrides(office.line_for_service(service).rules if service else {})
    return appointments.EntryLimits(settings.check_in_opens, settings.on_time_until, settings.late_until)


async def load_last_test(session: AsyncSession, appointment_id: str) -> appointments.LastTestResult | None:
    """Load the last connection test of an appointment; appointments cannot import precheck."""
    summary = (await precheck.latest_test_summaries(session, [appointment_id])).get(appointment_id)
    return (
        appointments.LastTestResult(summary.verdict, summary.code, summary.at, summary.finished)
        if summary
        else None
    )


TIMERS: Mapping[str, TimerHandler] = {
    **appointments.TIMERS,
    **appointments.reminder_timers(load_last_test),
    **queue.TIMERS,
    **chatbot.TIMERS,
    **precheck.TIMERS,
    **rooms.TIMERS,
}


def _build_event_registry() -> EventRegistry[Transaction]:
    """Register the handlers of each feature for events of the features below it."""
    events: EventRegistry[Transaction] = EventRegistry()
    events.register_handler(appointments.AppointmentBooked, appointments.remove_from_waitlist)
    events.register_handler(appointments.AppointmentBooked, appointments.schedule_no_show_check)
    events.register_handler(appointments.AppointmentRescheduled, appointments.reschedule_no_show_check)
    events.register_handler(ChannelLinked, appointments.save_linked_chat)
    events.register_handler(ChannelLinked, queue.save_linked_chat)
    events.register_handler(appointments.AppointmentCancelled, queue.leave_on_cancellation)
    events.register_handler(appointments.AppointmentCancelled, rooms.on_appointment_cancelled)
    events.register_handler(appointments.AppointmentRescheduled, queue.leave_on_reschedule)
    events.register_handler(appointments.AppointmentRescheduled, rooms.on_appointment_rescheduled)
    events.register_handler(appointments.AgentCallChanged, queue.note_agent_call)
    events.register_handler(PastRecordChanged, figures.on_past_record_changed)
    events.register_handler(queue.OfficeEvacuated, staff.push_evacuation)
    events.register_handler(queue.EvacuationCommitted, staff.evacuate_calls)
    events.register_handler(queue.EvacuationEnded, staff.resume_calls)
    events.register_handler(rooms.RoomOffered, staff.push_transfer)
    events.register_handler(staff.AccountDisabled, management.end_figure_mail)
    return events


def _background_tasks(
    kinds: Collection[ProcessKind],
    delivers: bool,
    runtime: Runtime,
    hub: TopicHub,
    settings: Settings,
    renderer: JinjaRenderer,
) -> Mapping[str, BackgroundTask]:
    """Build the tasks of this process by name; only a worker sends and fires timers."""
    tasks: dict[str, BackgroundTask] = {
        "heartbeat": partial(run_heartbeat, runtime, kinds, version("office360")),
        "garbage collection": run_full_collections,
        "organisation": partial(run_site_refresh, runtime),
    }
    if ProcessKind.WEB in kinds:
        tasks |= {
            "display resync": partial(queue.run_display_resync, runtime, hub),
            "screens": partial(queue.run_screen_presence, runtime, hub),
            "board refresh": partial(staff.run_board_refresh, hub),
            "board resync": partial(staff.run_board_resync, runtime, hub),
        }
    if ProcessKind.WORKER in kinds:
        nightly = _nightly_tasks(runtime, settings)
        tasks |= {
            "timers": partial(run_timers, runtime, TIMERS),
            "delays at offices": partial(appointments.run_delay_monitor, runtime, queue.expected_call_times),
            "delays of video": partial(appointments.run_delay_monitor, runtime, rooms.forecast_video_starts),
            "delays of telephone": partial(
                appointments.run_delay_monitor, runtime, appointments.forecast_phone_starts
            ),
            "upcoming calls": partial(queue.run_upcoming_call_notifier, runtime),
            "nightly": partial(run_while_elected, runtime, "nightly", partial(run_all_restarted, nightly)),
            "staff alerts": partial(
                run_while_elected, runtime, "staff alerts", partial(staff.run_alert_pushes, runtime)
            ),
        }
        if (provider := settings.identity_provider) is not None:
            tasks["session checks"] = partial(staff.run_session_checks, runtime, provider)
        if delivers:
            tasks["outbox"] = partial(_run_outbox, runtime, settings, renderer)
    return tasks


def _nightly_tasks(runtime: Runtime, settings: Settings) -> Mapping[str, BackgroundTask]:
    """Build the tasks that read whole tables, for the elected worker."""
    retention = nightly_cleanup.DataRetention(
        timedelta(days=settings.contacts_kept_days), timedelta(days=settings.acceptances_kept_days)
    )
    return {
        "reminder repair": partial(appointments.run_reminder_repair, runtime),
        "holiday closures": partial(public_holidays.run_holiday_closures, runtime),
        "monthly figures": partial(management.run_figure_mails, runtime),
        "nightly cleanup": partial(nightly_cleanup.run_nightly_cleanup, runtime, retention),
    }


async def _run_outbox(runtime: Runtime, settings: Settings, renderer: JinjaRenderer, stop: asyncio.Event) -> None:
    """Send the outbox. Messages without a channel here wait in their rows."""
    async with AsyncExitStack() as open_channels:
        channels = await _open_channels(open_channels, runtime, settings, renderer)
        await notifications.run_delivery_worker(runtime, channels, stop)


async def _open_channels(
    stack: AsyncExitStack, runtime: Runtime, settings: Settings, renderer: JinjaRenderer
) -> dict[str, notifications.DeliveryChannel]:
    """Open the configured channels; in development a page replaces the others."""
    local, sender, quiet = settings.environment == "development", settings.mail_from, settings.quiet_hours_range
    channels = notifications.development_channels(runtime, renderer, sender, quiet) if local else {}
    if settings.smtp_url:
        smtp = notifications.open_email_channels(
            runtime, renderer, sender, settings.smtp_url, settings.mail_return_path
        )
        channels |= await stack.enter_async_context(smtp)
    if settings.vapid is not None:
        ports = settings.push_port_numbers
        push = notifications.open_push_channels(
            runtime, renderer, settings.vapid, allow_local=local, ports=ports, quiet=quiet
        )
        channels |= await stack.enter_async_context(push)
    chosen = notifications.open_chosen_channels(runtime, renderer, settings.chosen_channels, quiet=quiet)
    return channels | await stack.enter_async_context(chosen)


def _build_routes(settings: Settings, static: StaticFolder) -> list[BaseRoute]:
    outbox = notifications_web.DEVELOPMENT_ROUTES if settings.environment == "development" else []
    return [
        *ROUTES,
        *_build_test_routes(settings),
        *outbox,
        *pwa.build_routes(static),
        *well_known.build_routes(static),
        *build_static_routes(static),
    ]


def _build_test_routes(settings: Settings) -> Sequence[BaseRoute]:
    """Return the routes of connection tests: of this process, or of the proxy to test rooms."""
    if not settings.testroom_url:
        return precheck_web.TEST_ROUTES
    from .testroom import proxy  # imported late, with its HTTP client

    return proxy.routes
