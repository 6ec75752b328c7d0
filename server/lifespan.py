"""Lifespan of a process: database, bus, topic hub and background tasks."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette

from ..appointments.service import Appointment, BookingLimits, EntryLimits, LastTestLoader, RatingCheck
from ..core.clock import Clock
from ..core.contact.channel_offers import ChannelOffer
from ..core.contact.emergency_numbers import NumbersByCountry, parse_emergency_numbers
from ..core.contact.push_subscriptions import PushSettings
from ..core.errors import DatabaseAway
from ..core.events import EventRegistry
from ..core.failures import log_failure
from ..core.i18n.catalogues import Catalogues, ErrorTexts
from ..core.periodic import BackgroundTask, run_restarted
from ..core.runtime import Runtime, Transaction
from ..core.virus_scanner import VirusScanner
from ..core.web.authentication import Authenticate
from ..offices.service import Office, current_site, refresh_site
from ..precheck.realtime.live_tests import LiveTests
from ..queue.service import TicketSubscribers
from ..rooms.realtime.live_rooms import LiveRooms
from ..signaling import close_codes
from ..signaling.ice import TurnServers
from ..signaling.topic_hub import TopicHub
from ..staff.service import SignInSetup, build_sign_in_setup
from .runtime import open_runtime
from .settings import Settings
from .testroom.factory import build_live_tests
from .testroom.installed import TESTROOM_MISSING
from .web.templates import JinjaRenderer

if TYPE_CHECKING:
    from ..chatbot.actions.sentence_rewriter import SentenceRewriter
    from .testroom.proxy import TestRoomProxy

logger = logging.getLogger(__name__)

TASK_SHUTDOWN_TIMEOUT_S = 5  # for a task to finish what it is sending


class PreparedState(TypedDict):
    """Values of `state` that exist before the event loop starts."""

    settings: Settings
    catalogues: Catalogues
    sentences: ErrorTexts
    authenticate: Authenticate
    last_test: LastTestLoader
    can_rate: RatingCheck
    entry_limits: Callable[[Office, Appointment], EntryLimits]
    describe_error: Callable[..., str]


class AppState(PreparedState):
    """Values that Starlette copies into the `state` of every request."""

    runtime: Runtime
    hub: TopicHub
    ticket_subscribers: TicketSubscribers
    live_rooms: LiveRooms
    live_tests: LiveTests | TestRoomProxy
    turn: TurnServers
    pages: JinjaRenderer
    push_site: PushSettings | None
    document_scanner: VirusScanner | None
    offered_channels: tuple[ChannelOffer, ...]
    emergency_numbers: NumbersByCountry
    chat_rewriter: SentenceRewriter | None
    booking_limits: BookingLimits
    sign_in: SignInSetup


@dataclass(frozen=True, slots=True)
class AppParts:
    """Parts of the app that exist before the event loop starts."""

    state: PreparedState
    clock: Clock
    events: EventRegistry[Transaction]
    pages: JinjaRenderer
    tasks: Callable[[Runtime, TopicHub, Settings, JinjaRenderer], Mapping[str, BackgroundTask]]
    beat: Callable[[Runtime], Awaitable[None]]


def build_lifespan(parts: AppParts) -> Callable[[Starlette], AbstractAsyncContextManager[AppState]]:
    """Build the lifespan of an app with these parts."""

    settings = parts.state["settings"]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[AppState]:
        async with (
            open_runtime(settings, parts.clock, parts.events) as runtime,
            _open_rewriter(settings) as rewriter,
        ):
            await _beat_once(runtime, parts.beat)
            await read_site_once(runtime)
            pages = parts.pages.with_site(partial(current_site, runtime), settings.source_url)
            hub = TopicHub(runtime.bus)
            turn = TurnServers(settings.turn_uris, settings.turn_secret)
            tickets = TicketSubscribers(runtime, hub)
            rooms = LiveRooms(runtime, turn)
            tests = _build_test_room(settings, runtime)
            stop = asyncio.Event()
            tasks = {
                **parts.tasks(runtime, hub, settings, pages),
                "ticket resync": tickets.run_resync,
                "video rooms": rooms.run,
                "test room": tests.run,
            }
            running = start_tasks(tasks, stop)
            logger.info("started")
            try:
                yield AppState(
                    **parts.state,
                    runtime=runtime,
                    hub=hub,
                    ticket_subscribers=tickets,
                    live_rooms=rooms,
                    live_tests=tests,
                    turn=turn,
                    pages=pages,
                    push_site=settings.push_settings,
                    document_scanner=VirusScanner.from_url(settings.document_scanner),
                    offered_channels=tuple(setup.offer for setup in settings.chosen_channels),
                    emergency_numbers=parse_emergency_numbers(settings.emergency_numbers),
                    chat_rewriter=rewriter,
                    booking_limits=settings.booking_limits,
                    sign_in=build_sign_in_setup(
                        settings.identity_provider,
                        has_local_form=settings.local_login,
                        remote_user_header=settings.remote_user_header,
                    ),
                )
            finally:
                # first of all, so that people in a call connect to another process while this one ends
                rooms.close_for_restart()
                await _stop_tasks(hub, stop, running)
                await rooms.close()
                await tests.close()
        logger.info("stopped")

    return lifespan


def start_tasks(tasks: Mapping[str, BackgroundTask], stop: asyncio.Event) -> list[asyncio.Task[None]]:
    """Start the background tasks of a process, which end when `stop` is set."""
    return [asyncio.create_task(run_or_end_process(name, task, stop), name=name) for name, task in tasks.items()]


async def _beat_once(runtime: Runtime, beat: Callable[[Runtime], Awaitable[None]]) -> None:
    """Send the first heartbeat, before a request of this process can claim anything."""
    try:
        await beat(runtime)
    except (DatabaseAway, SQLAlchemyError) as error:  # the heartbeat task tries again
        log_failure(logger, "heartbeat_failed", error)


async def read_site_once(runtime: Runtime) -> None:
    """Read the organisation before the first page, unless the database is away."""
    try:
        await refresh_site(runtime)
    except (DatabaseAway, SQLAlchemyError) as error:  # its background task tries again
        log_failure(logger, "site_refresh_failed", error)


def _build_test_room(settings: Settings, runtime: Runtime) -> LiveTests | TestRoomProxy:
    """Build the test room of this process, or the proxy to test rooms in other processes."""
    if not settings.testroom_url:
        tests = build_live_tests(settings, runtime)
        if not tests.is_installed:
            logger.warning("test_room_missing", extra={"reason": TESTROOM_MISSING})
        return tests
    from .testroom.proxy import TestRoomProxy  # imported late, with its HTTP client

    return TestRoomProxy(settings.test_rooms)


@asynccontextmanager
async def _open_rewriter(settings: Settings) -> AsyncIterator[SentenceRewriter | None]:
    """Open the client of the assistant's language model; None if the settings name none."""
    if settings.chat_model is None:
        yield None
        return
    from ..chatbot.actions.sentence_rewriter import open_sentence_rewriter  # imported late, with its HTTP client

    async with open_sentence_rewriter(settings.chat_model) as rewriter:
        yield rewriter


async def run_or_end_process(name: str, task: BackgroundTask, stop: asyncio.Event) -> None:
    """Run a task; end the process in order when the task fails repeatedly."""
    # imported late, with rich where it is installed
    from structlog.contextvars import bind_contextvars

    bind_contextvars(task=name)  # on every line that the task logs
    try:
        await run_restarted(name, task, stop)
    except Exception:
        logger.critical("task_given_up", exc_info=True, extra={"task": name})
        signal.raise_signal(signal.SIGTERM)


async def _stop_tasks(hub: TopicHub, stop: asyncio.Event, running: list[asyncio.Task[Any]]) -> None:
    # first, so that phones reconnect elsewhere while the tasks end
    for sink in hub.sinks():
        sink.close(close_codes.RESTARTING, "restarting")
    stop.set()
    if running:
        _, late = await asyncio.wait(running, timeout=TASK_SHUTDOWN_TIMEOUT_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    # last: until they end, the tasks use its topics
    await hub.close()
