"""Who asks, and what they may do. Knows roles and scopes; accounts, passwords and keys live in staff/."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .errors import NotAllowed, Unauthenticated


class Role(StrEnum):
    """agent < host < manager < administrator; integration stands beside them (contract.md)."""

    AGENT = "agent"
    HOST = "host"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"


_RANK = {Role.AGENT: 1, Role.HOST: 2, Role.MANAGER: 3, Role.ADMINISTRATOR: 4}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who signed in, or a program with a key. `offices` are slugs; None means all of them."""

    id: str
    name: str
    role: Role
    offices: frozenset[str] | None
    key: bool = False

    def at_least(self, role: Role) -> bool:
        """Whether this principal ranks as `role` or above; an integration ranks as nobody but itself."""
        if self.role == role:
            return True
        return self.role in _RANK and role in _RANK and _RANK[self.role] >= _RANK[role]

    def works_in(self, office: str) -> bool:
        """Whether the office (slug) is within this principal's scope."""
        return self.offices is None or office in self.offices


def require(principal: Principal | None, role: Role, office: str | None = None) -> Principal:
    """The principal, if it ranks as `role` or above and works in `office` (slug).

    Raises Unauthenticated when there is none, NotAllowed when it may not.
    """
    if principal is None:
        raise Unauthenticated
    if not principal.at_least(role):
        raise NotAllowed
    if office is not None and not principal.works_in(office):
        raise NotAllowed
    return principal
