"""Undo of changes of the organisation's profile and of the sign-in rules."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.db.audit_entries import AuditActor, AuditEntryRow, audit_entry_by_id, latest_audit_entry
from office360.core.errors import Conflict
from office360.core.runtime import Runtime
from office360.management.actions.undo_change import undo_profile_change, undo_rules_change
from office360.offices.service import (
    SITE_SUBJECT,
    SITE_SUBJECT_ID,
    current_site,
    edit_site_profile,
    site_profile_from_dict,
    site_profile_to_dict,
)
from office360.staff.actions.sign_in_rules import edit_sign_in_rules
from office360.staff.domain.second_factor import rule_values
from office360.staff.queries.factors import load_rule_values

ELENA = Principal("01ELENA", "Elena", StaffRole.ADMINISTRATOR, None)


async def save(runtime: Runtime, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await edit_site_profile(
            tx.session,
            tx.now,
            AuditActor.from_principal(ELENA),
            lambda profile: site_profile_from_dict({**site_profile_to_dict(profile), **values}),
        )


async def last_entry(runtime: Runtime) -> AuditEntryRow:
    async with runtime.read_session() as session:
        entry = await latest_audit_entry(session, SITE_SUBJECT, SITE_SUBJECT_ID)
    assert entry is not None
    return entry


async def test_undo_puts_previous_values_of_the_profile_back(runtime: Runtime) -> None:
    await save(runtime, names={"es": "Valdemora"})
    await save(runtime, names={"es": "Henares"}, help_phone="010")
    await undo_profile_change(runtime, ELENA, await last_entry(runtime))
    profile = current_site(runtime).profile
    assert (profile.names, profile.help_phone) == ({"es": "Valdemora"}, "")


async def test_profile_is_undone_while_its_values_stand(runtime: Runtime) -> None:
    await save(runtime, help_phone="010")
    phone_entry = await last_entry(runtime)
    await save(runtime, names={"es": "Henares"})
    first = await last_entry(runtime)
    await undo_profile_change(runtime, ELENA, phone_entry)
    assert (current_site(runtime).profile.names, current_site(runtime).profile.help_phone) == (
        {"es": "Henares"},
        "",
    )
    await save(runtime, names={"es": "Valdemora"})
    with pytest.raises(Conflict, match="changed_since"):
        await undo_profile_change(runtime, ELENA, first)
    assert current_site(runtime).profile.names == {"es": "Valdemora"}


async def test_rule_of_signing_in_is_undone_once(runtime: Runtime) -> None:
    rules = rule_values({StaffRole.AGENT: date(2026, 12, 1)})
    entry_id = await edit_sign_in_rules(runtime, ELENA, lambda _stored: rules)
    both = rule_values({StaffRole.AGENT: date(2026, 12, 1), StaffRole.HOST: date(2026, 12, 2)})
    await edit_sign_in_rules(runtime, ELENA, lambda _stored: both)
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, entry_id or "")
    assert entry is not None
    await undo_rules_change(runtime, ELENA, entry)
    async with runtime.read_session() as session:
        assert await load_rule_values(session) == rule_values({StaffRole.HOST: date(2026, 12, 2)})
    with pytest.raises(Conflict, match="changed_since"):
        await undo_rules_change(runtime, ELENA, entry)
