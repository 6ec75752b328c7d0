"""The snapshot of each process: refreshed by version, and kept while the database is away."""

from __future__ import annotations

import asyncio

import pytest
from office360.core.db.audit_entries import COMMAND_LINE
from office360.core.errors import DatabaseAway
from office360.core.runtime import Runtime
from office360.offices.queries import current_site as site_queries
from office360.offices.queries.current_site import set_default_help_phone
from office360.offices.service import (
    SiteProfile,
    current_site,
    refresh_site,
    run_site_refresh,
    save_site_profile,
)
from office360.offices.storage.site_rows import SITE_ID
from office360.offices.storage.tables import SiteRow
from office360.server.runtime import open_runtime
from office360.server.settings import Settings
from sqlalchemy import update

from ...conftest import FakeClock
from ...support.timeouts import TEST_TIMEOUT_S


async def save_name(runtime: Runtime, name: str) -> None:
    async with runtime.transaction() as tx:
        await save_site_profile(tx.session, tx.now, COMMAND_LINE, SiteProfile(names={"es": name}))


async def test_other_process_shows_a_change(
    runtime: Runtime, settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_queries, "SITE_REFRESH_S", 0.01)
    stop = asyncio.Event()
    async with open_runtime(settings, clock) as other:
        refreshing = asyncio.create_task(run_site_refresh(other, stop))
        for name in ("Valdemora", "Henares"):
            await save_name(runtime, name)
            async with asyncio.timeout(TEST_TIMEOUT_S):
                while current_site(other).profile.name("es") != name:
                    await asyncio.sleep(0.01)
        stop.set()
        await refreshing


async def test_default_telephone_survives_a_refresh(runtime: Runtime) -> None:
    set_default_help_phone(runtime, "900 111 111")
    await save_name(runtime, "Valdemora")
    await refresh_site(runtime)
    assert current_site(runtime).help_phone == "900 111 111"


async def test_last_snapshot_counts_while_the_database_is_away(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save_name(runtime, "Valdemora")

    async def refuse(*_: object) -> None:
        raise DatabaseAway

    monkeypatch.setattr(type(runtime.db), "first_value", refuse)
    with pytest.raises(DatabaseAway):
        await refresh_site(runtime)
    assert current_site(runtime).profile.name("es") == "Valdemora"


async def test_stored_field_of_another_version_is_ignored(runtime: Runtime) -> None:
    await save_name(runtime, "Valdemora")
    async with runtime.transaction() as tx:
        stored = {"names": {"es": "Valdemora"}, "primary_colour": "#F29BB0", "motto": "x"}
        await tx.session.execute(update(SiteRow).where(SiteRow.id == SITE_ID).values(profile=stored, version=2))
    await refresh_site(runtime)
    assert current_site(runtime).profile == SiteProfile(names={"es": "Valdemora"})
