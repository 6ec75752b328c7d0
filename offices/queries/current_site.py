"""The organisation as this process knows it, and the task that keeps it current.

A page reads the snapshot without SQL. Each process compares the version every SITE_REFRESH_S seconds; the process
that saves has the new snapshot with its commit. While the database is away the last snapshot counts.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial

from ...core.periodic import run_every
from ...core.runtime import Runtime
from ..domain.site import Site
from ..storage import site_rows
from ..storage.site_rows import SiteCache

SITE_REFRESH_S = 2.0

logger = logging.getLogger(__name__)


def current_site(runtime: Runtime) -> Site:
    """Return the snapshot of this process, without SQL."""
    return runtime.db.process_cache.get(SiteCache).site


def set_default_help_phone(runtime: Runtime, phone: str) -> None:
    """Set the number that counts while the profile has none."""
    runtime.db.process_cache.get(SiteCache).set_default_help_phone(phone)


async def read_site(runtime: Runtime) -> Site:
    """Load the organisation from SQL: another process may have saved it just now."""
    async with runtime.read_session() as session:
        site = await site_rows.load_site(session)
    return replace(site, default_help_phone=current_site(runtime).default_help_phone)


async def refresh_site(runtime: Runtime) -> None:
    """Read the organisation if its version has changed. Raises DatabaseAway."""
    cache = runtime.db.process_cache.get(SiteCache)
    if (await runtime.db.first_value(site_rows.SELECT_VERSION) or 0) == cache.site.version:
        return
    async with runtime.read_session() as session:
        cache.store(await site_rows.load_site(session))


async def run_site_refresh(runtime: Runtime, stop: asyncio.Event) -> None:
    """Keep the snapshot of this process current."""
    await run_every(
        SITE_REFRESH_S, stop, partial(refresh_site, runtime), logger=logger, failure_event="site_refresh_failed"
    )
