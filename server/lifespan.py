"""What lives as long as the process: database, bus, hub, and the tasks beside the requests, which end with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

from starlette.applications import Starlette

from ..appointments.service import AskLastTest, Limits
from ..core.bus.base import Bus, MemoryBus
from ..core.bus.encryption import Seal
from ..core.bus.redis_bus import RedisBus
from ..core.clock import Clock
from ..core.contact.push_subscriptions import PushSite
from ..core.db.engine import Database
from ..core.events import Events
from ..core.i18n.catalogues import Catalogues, Sentences
from ..core.runtime import Runtime
from ..core.tokens import Tokens
from ..core.web.requests import Authenticate
from ..precheck.realtime.live_tests import LiveTests
from ..rooms.realtime.live_rooms import LiveRooms
from ..signaling import close_codes
from ..signaling.ice import TurnServers
from ..signaling.topic_hub import Hub
from .settings import Settings
from .testroom.factory import make_live_tests
from .testroom.proxy import TestRooms
from .web.templates import JinjaPages

logger = logging.getLogger(__name__)

FAREWELL_S = 5  # what a task gets to finish what it is sending

Task = Callable[[asyncio.Event], Awaitable[None]]


class State(TypedDict):
    """What Starlette copies into every request's `state`."""

    runtime: Runtime
    hub: Hub
    live_rooms: LiveRooms
    live_tests: LiveTests | TestRooms
    turn: TurnServers
    settings: Settings
    pages: JinjaPages
    catalogues: Catalogues
    sentences: Sentences
    authenticate: Authenticate
    last_test: AskLastTest
    describe_error: Callable[..., str]
    push_site: PushSite | None
    sms_countries: frozenset[str]
    booking_limits: Limits


@dataclass(frozen=True, slots=True)
class Parts:
    """What app.py hands over: everything that exists before the event loop does."""

    settings: Settings
    clock: Clock
    events: Events
    pages: JinjaPages
    catalogues: Catalogues
    sentences: Sentences
    authenticate: Authenticate
    last_test: AskLastTest
    describe_error: Callable[..., str]
    tasks: Callable[[Runtime, Hub, Settings, JinjaPages], list[Task]]


def make_runtime(settings: Settings, clock: Clock, events: Events) -> Runtime:
    """The runtime of this process; to be closed by whoever makes it."""
    return Runtime(
        db=Database(settings.database_url),
        bus=_bus(settings),
        clock=clock,
        tokens=Tokens(settings.secret_key),
        events=events,
        public_url=settings.public_url,
    )


def _bus(settings: Settings) -> Bus:
    if not settings.redis_url:
        return MemoryBus()
    return RedisBus(settings.redis_url, Seal(settings.secret_key, "bus"))


def lifespan_of(parts: Parts) -> Callable[[Starlette], AbstractAsyncContextManager[State]]:
    """The lifespan of an app made of these parts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        runtime = make_runtime(parts.settings, parts.clock, parts.events)
        hub = Hub(runtime.bus)
        rooms = LiveRooms(runtime, _turn(parts.settings))
        tests = _tests(parts.settings, runtime)
        stop = asyncio.Event()
        running = [
            asyncio.create_task(_guarded(task, stop), name=getattr(task, "__name__", "task"))
            for task in [*parts.tasks(runtime, hub, parts.settings, parts.pages), rooms.run, tests.run]
        ]
        logger.info("started")
        try:
            yield _state(parts, runtime, hub, rooms, tests)
        finally:
            rooms.say_restarting()
            await _farewell(hub, stop, running)
            await rooms.close()
            await tests.close()
            await runtime.bus.close()
            await runtime.db.close()
            logger.info("stopped")

    return lifespan


def _tests(settings: Settings, runtime: Runtime) -> LiveTests | TestRooms:
    """The test room of this process, or the way to those of their own."""
    return TestRooms(settings.testroom_url) if settings.testroom_url else make_live_tests(settings, runtime)


def _turn(settings: Settings) -> TurnServers:
    return TurnServers(settings.turn_uris, settings.turn_secret)


def _state(parts: Parts, runtime: Runtime, hub: Hub, rooms: LiveRooms, tests: LiveTests | TestRooms) -> State:
    settings = parts.settings
    return State(
        runtime=runtime,
        hub=hub,
        live_rooms=rooms,
        live_tests=tests,
        turn=_turn(settings),
        settings=settings,
        pages=parts.pages,
        catalogues=parts.catalogues,
        sentences=parts.sentences,
        authenticate=parts.authenticate,
        last_test=parts.last_test,
        describe_error=parts.describe_error,
        push_site=settings.push_site,
        sms_countries=frozenset(settings.sms_countries if "sms" in settings.channels else ()),
        booking_limits=settings.booking_limits,
    )


async def _guarded(task: Task, stop: asyncio.Event) -> None:
    try:
        await task(stop)
    except Exception:  # a task that dies must be seen, and must not take the others along
        logger.exception("task_failed")


async def _farewell(hub: Hub, stop: asyncio.Event, running: list[asyncio.Task[Any]]) -> None:
    for outlet in hub.outlets():
        outlet.close(close_codes.RESTARTING, "restarting")
    stop.set()
    if running:
        _, late = await asyncio.wait(running, timeout=FAREWELL_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    await hub.close()
