"""Use cases of administrators: which roles need a second factor, and a person's reset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import add_audit_entry, audit_entry_by_id
from ...core.errors import Conflict, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ..domain.people import audit_office
from ..domain.second_factor import FACTOR_ROLES
from ..storage import factor_rows, people_rows, staff_rows
from .accounts import recheck_open_sockets
from .factor_notices import FactorChange, enqueue_factor_notice
from .people import audit_actor, require_manageable

RULES_SUBJECT = ("sign_in", "sign_in", "Sign-in")  # of audit entries
RULES_CHANGED = "sign_in.changed"

SignInRules = Mapping[StaffRole, date]


class RulesChanged(Conflict):
    """Another administrator changed the rules meanwhile. `stored`: the rules now."""

    def __init__(self, stored: SignInRules) -> None:
        super().__init__("rules_changed")
        self.stored = stored


async def change_sign_in_rules(
    runtime: Runtime, principal: Principal, loaded: SignInRules, wanted: SignInRules
) -> str | None:
    """Store which roles need a second factor, and from which day.

    Returns the id of the audit entry, None if nothing changed. `loaded`: the rules that the form showed.
    Raises RulesChanged.
    """
    async with runtime.transaction() as tx:
        stored = await _lock_rules(tx)
        if dict(stored) != dict(loaded):
            raise RulesChanged(stored)
        return await _store(tx, principal, stored, wanted)


async def undo_sign_in_rules(runtime: Runtime, principal: Principal, entry_id: str) -> None:
    """Give the roles of an audit entry their former rules again.

    Raises NotFound, Refused("rules_changed") if they were changed since.
    """
    async with runtime.transaction() as tx:
        entry = await audit_entry_by_id(tx.session, entry_id)
        if entry is None or entry.action != RULES_CHANGED:
            raise NotFound
        stored = await _lock_rules(tx)
        changed = {StaffRole(role) for role in entry.after or {}}
        if any(_audit_value(stored, role) != (entry.after or {})[role] for role in changed):
            raise Refused("rules_changed")
        former = {role: date.fromisoformat(day) for role, day in (entry.before or {}).items() if day}
        kept = {role: day for role, day in stored.items() if role not in changed}
        await _store(tx, principal, stored, {**kept, **{StaffRole(role): day for role, day in former.items()}})


async def _lock_rules(tx: Transaction) -> SignInRules:
    """Load the rules. Administrators' rows are locked, so that two changes take turns."""
    await people_rows.has_other_administrator(tx.session, "")
    return await factor_rows.load_rules(tx.session)


async def _store(tx: Transaction, principal: Principal, stored: SignInRules, wanted: SignInRules) -> str | None:
    changed = [role for role in FACTOR_ROLES if stored.get(role) != wanted.get(role)]
    if not changed:
        return None
    await factor_rows.replace_rules(tx.session, wanted)
    before = {str(role): _audit_value(stored, role) for role in changed}
    after = {str(role): _audit_value(wanted, role) for role in changed}
    actor = audit_actor(principal)
    return add_audit_entry(tx.session, tx.now, actor, RULES_CHANGED, RULES_SUBJECT, before=before, after=after)


def _audit_value(rules: SignInRules, role: StaffRole) -> str | None:
    day = rules.get(role)
    return day.isoformat() if day else None


async def reset_factors(runtime: Runtime, principal: Principal, person_id: str, language: str) -> None:
    """Delete all second factors of a person, and end the sessions. Idempotent.

    The password works alone until the person sets a factor up again. Raises NotFound, NotAllowed,
    Refused("own_factors"): the own account's page asks for a proof first.
    """
    if person_id == principal.id:
        raise Refused("own_factors")
    async with runtime.transaction() as tx:
        stored = await people_rows.person_by_id(tx.session, person_id, lock=True)
        person = require_manageable(principal, stored)
        factors = await factor_rows.load_factors(tx.session, person_id)
        if not factors.has_any and not factors.recovery_codes_left:
            return
        await factor_rows.delete_all_factors(tx.session, person_id)
        await staff_rows.revoke_user_sessions(tx.session, person_id, tx.now)
        before = {"passkeys": len(factors.passkeys), "app": factors.app is not None}
        add_audit_entry(
            tx.session,
            tx.now,
            audit_actor(principal),
            "factor.reset",
            ("person", person.id, person.name),
            office=audit_office(person.offices),
            before=before,
        )
        await enqueue_factor_notice(tx, person_id, FactorChange.RESET, language)
        await recheck_open_sockets(tx)
