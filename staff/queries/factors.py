"""Read models of second factors: who has a factor, and which roles need one. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ..domain.second_factor import FACTOR_ROLES, RuleValues, rule_values
from ..storage import factor_rows


@dataclass(frozen=True, slots=True)
class RoleFactors:
    """A role: its rule, its active people, and how many of them lack a second factor."""

    role: StaffRole
    required_from: date | None
    people: int
    lacking: int


async def load_rule_values(session: AsyncSession) -> RuleValues:
    """Load the rules of signing in as plain values."""
    return rule_values(await factor_rows.load_rules(session))


async def list_role_factors(session: AsyncSession) -> Sequence[RoleFactors]:
    """Load the rule of each role, with its people who log in with a password here."""
    rules = await factor_rows.load_rules(session)
    accounts = await factor_rows.local_accounts_by_role(session)
    equipped = await factor_rows.users_with_factor(session)
    return [
        RoleFactors(role, rules.get(role), len(users), len(users - equipped))
        for role in FACTOR_ROLES
        for users in [accounts.get(role, set())]
    ]
