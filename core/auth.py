"""Roles and scopes of signed-in callers. Accounts, passwords and keys belong to staff/."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .errors import NotAllowed, Unauthenticated


class StaffRole(StrEnum):
    """Roles by rank: agent < host < manager < administrator. An integration has no rank.

    See docs/api.md#keys-and-roles.
    """

    AGENT = "agent"
    HOST = "host"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"


_RANK_BY_ROLE = {StaffRole.AGENT: 1, StaffRole.HOST: 2, StaffRole.MANAGER: 3, StaffRole.ADMINISTRATOR: 4}


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in member of staff, or a program with a key. `offices`: slugs, None for all.

    `username`: of the login that a page may ask for again; None for a program. `session_expires_at`: when the
    session of its browser ends even in use; None if it has no such limit.
    """

    id: str
    name: str
    role: StaffRole
    offices: frozenset[str] | None
    is_api_key: bool = False
    username: str | None = None
    session_expires_at: datetime | None = field(default=None, compare=False)

    def has_role(self, role: StaffRole) -> bool:
        """Tell whether the principal has `role` or a higher role; integration has only itself."""
        has_rank = self.role in _RANK_BY_ROLE and role in _RANK_BY_ROLE
        return self.role == role or (has_rank and _RANK_BY_ROLE[self.role] >= _RANK_BY_ROLE[role])

    def can_access_office(self, office: str) -> bool:
        """Tell whether the office (slug) is within the principal's scope."""
        return self.offices is None or office in self.offices


def require_role(principal: Principal | None, role: StaffRole, office: str | None = None) -> Principal:
    """Return the principal if it has `role` or a higher role, and access to `office` (slug).

    Raises Unauthenticated for None, NotAllowed otherwise.
    """
    if principal is None:
        raise Unauthenticated
    if not principal.has_role(role):
        raise NotAllowed
    if office is not None and not principal.can_access_office(office):
        raise NotAllowed
    return principal
