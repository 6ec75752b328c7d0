"""Who asks, and what they may do. Knows roles and scopes; accounts, passwords and keys live in staff/."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .errors import NotAllowed, Unauthenticated


class StaffRole(StrEnum):
    """agent < host < manager < administrator; integration stands beside them (contract.md)."""

    AGENT = "agent"
    HOST = "host"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"


_RANK_BY_ROLE = {StaffRole.AGENT: 1, StaffRole.HOST: 2, StaffRole.MANAGER: 3, StaffRole.ADMINISTRATOR: 4}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who signed in, or a program with a key. `offices` are slugs; None means all of them."""

    id: str
    name: str
    role: StaffRole
    offices: frozenset[str] | None
    is_api_key: bool = False

    def has_role(self, role: StaffRole) -> bool:
        """Whether this principal ranks as `role` or above; an integration ranks as nobody but itself."""
        if self.role == role:
            return True
        return (
            self.role in _RANK_BY_ROLE
            and role in _RANK_BY_ROLE
            and _RANK_BY_ROLE[self.role] >= _RANK_BY_ROLE[role]
        )

    def can_access_office(self, office: str) -> bool:
        """Whether the office (slug) is within this principal's scope."""
        return self.offices is None or office in self.offices


def require_role(principal: Principal | None, role: StaffRole, office: str | None = None) -> Principal:
    """The principal, if it ranks as `role` or above and works in `office` (slug).

    Raises Unauthenticated when there is none, NotAllowed when it may not.
    """
    if principal is None:
        raise Unauthenticated
    if not principal.has_role(role):
        raise NotAllowed
    if office is not None and not principal.can_access_office(office):
        raise NotAllowed
    return principal
