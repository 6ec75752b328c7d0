"""Changes of the organisation: conflicts, audit, undo, concurrent first changes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from office360.core.db.audit_entries import AuditActor, AuditEntryRow, latest_audit_entry
from office360.core.db.write_conflicts import retry_on_conflict
from office360.core.errors import Conflict, Invalid
from office360.core.runtime import Runtime
from office360.offices.domain.logo import Logo
from office360.offices.service import (
    PROFILE_CHANGED,
    SITE_SUBJECT,
    SITE_SUBJECT_ID,
    SiteProfile,
    current_site,
    edit_site_profile,
    read_site,
    save_site_logo,
    site_profile_from_dict,
    site_profile_to_dict,
)

ELENA = AuditActor("01ELENA", "Elena")
LOGO = Logo.from_content(b"picture", "image/png")


async def save(runtime: Runtime, *, only_unnamed: bool = False, **values: Any) -> bool:
    """Save values of the profile, and return whether it changed.

    `only_unnamed`: refuse a profile that has a name already.
    """

    def edit(profile: SiteProfile) -> SiteProfile:
        if only_unnamed and profile.names:
            raise Conflict("edited_meanwhile")
        return site_profile_from_dict({**site_profile_to_dict(profile), **values})

    async def attempt() -> bool:
        async with runtime.transaction() as tx:
            before, after = await edit_site_profile(tx.session, tx.now, ELENA, edit)
        return before != after

    return await retry_on_conflict(attempt)


async def last_entry(runtime: Runtime) -> AuditEntryRow:
    async with runtime.read_session() as session:
        entry = await latest_audit_entry(session, SITE_SUBJECT, SITE_SUBJECT_ID)
    assert entry is not None
    return entry


async def test_saved_profile_is_audited_and_shown_at_once(runtime: Runtime) -> None:
    assert await save(runtime, names={"es": "Valdemora"}, help_phone="010")
    assert current_site(runtime).profile.names == {"es": "Valdemora"}
    entry = await last_entry(runtime)
    assert (entry.action, entry.actor_name, entry.subject_label, entry.office) == (
        PROFILE_CHANGED,
        "Elena",
        "Valdemora",
        None,
    )
    assert entry.before == {"names.es": "", "help_phone": ""}
    assert entry.after == {"names.es": "Valdemora", "help_phone": "010"}


async def test_same_values_change_nothing(runtime: Runtime) -> None:
    await save(runtime, names={"es": "Valdemora"})
    assert not await save(runtime, names={"es": " Valdemora "})
    assert current_site(runtime).version == 1


async def test_wrong_values_are_refused_before_anything_is_written(runtime: Runtime) -> None:
    with pytest.raises(Invalid):
        await save(runtime, names={"es": "Valdemora"}, help_phone="?")
    assert (await read_site(runtime)).version == 0


async def test_first_change_of_two_people_at_once_keeps_one(runtime: Runtime) -> None:
    outcomes = await asyncio.gather(
        *(save(runtime, only_unnamed=True, names={"es": name}) for name in ("Valdemora", "Henares")),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} == {bool, Conflict}
    assert (await read_site(runtime)).version == 1


async def test_logo_is_kept_audited_and_removed(runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        assert await save_site_logo(tx.session, tx.now, ELENA, LOGO)
    assert (await read_site(runtime)).logo == current_site(runtime).logo == LOGO
    entry = await last_entry(runtime)
    assert entry.before == {"logo": None}
    assert entry.after is not None
    assert "image/png, 7 bytes" in entry.after["logo"]
    async with runtime.transaction() as tx:
        await save_site_logo(tx.session, tx.now, ELENA, None)
    assert (await read_site(runtime)).logo is None


async def test_rolled_back_change_is_not_shown(runtime: Runtime) -> None:
    async def save_and_fail() -> None:
        async with runtime.transaction() as tx:
            await save_site_logo(tx.session, tx.now, ELENA, LOGO)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await save_and_fail()
    assert current_site(runtime).logo is None
