"""The runtime of a process: database, bus, clock, tokens. Imports no feature but offices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..core.bus.base import Bus, MemoryBus
from ..core.clock import Clock, DatabaseClock
from ..core.db.clock_reading import keep_clock_corrected
from ..core.db.engine import Database
from ..core.events import EventRegistry
from ..core.runtime import Runtime, Transaction
from ..core.tokens import TokenSigner
from ..offices.queries.current_site import set_default_help_phone
from .settings import Settings


@asynccontextmanager
async def open_runtime(
    settings: Settings, clock: Clock | None = None, events: EventRegistry[Transaction] | None = None
) -> AsyncIterator[Runtime]:
    """Open a runtime for the block. Default: the database's clock, no event handlers."""
    runtime = make_runtime(settings, clock or DatabaseClock(), events or EventRegistry())
    try:
        async with keep_clock_corrected(runtime.db, runtime.clock):
            yield runtime
    finally:
        await runtime.bus.close()
        await runtime.db.close()


def make_runtime(settings: Settings, clock: Clock, events: EventRegistry[Transaction]) -> Runtime:
    """Make a runtime, whose bus and database the caller closes."""
    runtime = Runtime(
        db=Database(settings.database_url, settings.postgres_options),
        bus=_build_bus(settings),
        clock=clock,
        tokens=TokenSigner(settings.secret_key),
        events=events,
        public_url=settings.public_url,
        languages=settings.language_choice,
    )
    set_default_help_phone(runtime, settings.help_phone)
    return runtime


def _build_bus(settings: Settings) -> Bus:
    if not settings.redis_url:
        return MemoryBus()
    # imported late: a single process needs no client
    from ..core.bus.redis_bus import BusCipher, RedisBus

    return RedisBus(settings.redis_url, BusCipher(settings.secret_key, "bus"))
