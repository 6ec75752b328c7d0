"""Use cases of administrators: which roles need a second factor, and a person's reset."""

from __future__ import annotations

from collections.abc import Callable

from ...core.auth import Principal
from ...core.db.audit_entries import add_audit_entry
from ...core.errors import Refused
from ...core.runtime import Runtime
from ..domain.people import audit_office
from ..domain.second_factor import RuleValues, parse_rule_values, rule_values
from ..storage import factor_rows, people_rows, staff_rows
from .accounts import recheck_open_sockets
from .factor_notices import FactorChange, enqueue_factor_notice
from .people import audit_actor, require_manageable

RULES_SUBJECT = ("sign_in", "sign_in", "Sign-in")  # of audit entries
RULES_CHANGED = "sign_in.changed"


async def edit_sign_in_rules(
    runtime: Runtime, principal: Principal, edit: Callable[[RuleValues], RuleValues]
) -> str | None:
    """Save an edit of the rules. Returns the id of its audit entry; None if nothing changed."""
    async with runtime.transaction() as tx:
        # Locks the administrators' rows, so that two changes take turns: a role without a rule has no row to lock.
        await people_rows.has_other_administrator(tx.session, "")
        before = rule_values(await factor_rows.load_rules(tx.session))
        after = edit(before)
        changed = [role for role in before if before[role] != after[role]]
        if not changed:
            return None
        await factor_rows.replace_rules(tx.session, parse_rule_values(after))
        return add_audit_entry(
            tx.session,
            tx.now,
            audit_actor(principal),
            RULES_CHANGED,
            RULES_SUBJECT,
            before={role: before[role] for role in changed},
            after={role: after[role] for role in changed},
        )


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
