"""Rules about people and keys: states, and who may manage them. No clock, no SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ...core.auth import Principal, StaffRole
from ...core.errors import FieldError, Invalid

PERSON_ROLES = (StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER, StaffRole.ADMINISTRATOR)
KEY_ROLES = (StaffRole.INTEGRATION, StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER)
# A person on leave finds the invitation when they return; after that the mailbox may have another reader.
INVITATION_LIFETIME = timedelta(days=7)
# A reset is asked for by a person who waits for it, and replaces a working password.
RESET_LIFETIME = timedelta(hours=24)
ALL_OFFICES = "all"  # as an audit entry stores it; offices have slugs


class PersonState(StrEnum):
    """State of an account. An invited person has no password yet."""

    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"


class LinkPurpose(StrEnum):
    """Purpose of a link that sets a password."""

    INVITATION = "invite"
    RESET = "reset"


LINK_LIFETIMES = {LinkPurpose.INVITATION: INVITATION_LIFETIME, LinkPurpose.RESET: RESET_LIFETIME}


class LinkState(StrEnum):
    """State of a link that sets a password. Only a valid link works."""

    VALID = "valid"
    USED = "used"
    REPLACED = "replaced"
    EXPIRED = "expired"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """The values of an account that a manager changes. `offices`: slugs, None for all."""

    name: str
    email: str | None
    role: StaffRole
    offices: frozenset[str] | None

    def differing_fields(self, other: AccountDetails) -> list[str]:
        """Return the names of the fields in which the other differs."""
        names = ("name", "email", "role", "offices")
        return [name for name in names if getattr(self, name) != getattr(other, name)]


@dataclass(frozen=True, slots=True)
class StaffPerson:
    """An account as managers see it. `last_seen_at` is None before the first login.

    `groups`: those of the identity provider that its role and offices follow; None for a local account.
    """

    id: str
    username: str
    details: AccountDetails
    state: PersonState
    last_seen_at: datetime | None
    groups: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return self.details.name

    @property
    def role(self) -> StaffRole:
        return self.details.role

    @property
    def offices(self) -> frozenset[str] | None:
        return self.details.offices

    @property
    def is_from_provider(self) -> bool:
        """Whether the identity provider decides on name, role and offices."""
        return self.groups is not None

    @property
    def is_working_administrator(self) -> bool:
        """Whether the person is an administrator who needs no identity provider."""
        is_administrator = self.role is StaffRole.ADMINISTRATOR and self.state is PersonState.ACTIVE
        return is_administrator and not self.is_from_provider


@dataclass(frozen=True, slots=True)
class AccountDisabled:
    """Event: an account was disabled."""

    user_id: str


@dataclass(frozen=True, slots=True)
class StaffApiKey:
    """An API key as managers see it, without its secret."""

    id: str
    name: str
    role: StaffRole
    offices: frozenset[str] | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session of a browser that is still valid. `device` is None if the browser did not say."""

    id: str
    device: str | None
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A provider's account that asks for the local account with the same username."""

    external_id: str
    name: str
    email: str | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link that sets a password, with its person."""

    id: str
    purpose: LinkPurpose
    expires_at: datetime
    used_at: datetime | None
    is_newest: bool
    person: StaffPerson


def link_state(link: AccountLink, now: datetime) -> LinkState:
    """Return the state of a link. A disabled account has no valid link."""
    if link.person.state is PersonState.DISABLED:
        return LinkState.DISABLED
    if link.used_at is not None:
        return LinkState.USED
    if not link.is_newest:
        return LinkState.REPLACED
    return LinkState.VALID if now < link.expires_at else LinkState.EXPIRED


def has_scope(principal: Principal, offices: frozenset[str] | None) -> bool:
    """Whether all these offices (None for all) are the principal's own.

    Only a principal of all offices has an account without any office in scope.
    """
    if principal.offices is None:
        return True
    return offices is not None and bool(offices) and offices <= principal.offices


def can_manage(principal: Principal, role: StaffRole, offices: frozenset[str] | None) -> bool:
    """Whether the principal may change an account or key of this role and these offices."""
    return (
        principal.has_role(StaffRole.MANAGER)
        and role in grantable_roles(principal)
        and has_scope(principal, offices)
    )


def can_see(principal: Principal, offices: frozenset[str] | None) -> bool:
    """Whether the principal sees an account in the list: they share an office."""
    return has_scope(principal, offices) or offices is None or bool(offices & (principal.offices or frozenset()))


def grantable_roles(principal: Principal) -> Sequence[StaffRole]:
    """Return the roles that the principal may give: up to their own, and integration."""
    roles = (*PERSON_ROLES, StaffRole.INTEGRATION)
    return [role for role in roles if role is StaffRole.INTEGRATION or principal.has_role(role)]


def check_grant(
    principal: Principal,
    role: StaffRole,
    offices: frozenset[str] | None,
    known_offices: frozenset[str],
    allowed_roles: Sequence[StaffRole] = PERSON_ROLES,
) -> None:
    """Check the role and offices of an account or key. Raises Invalid with all invalid fields."""
    wrong = []
    if role not in allowed_roles:
        wrong.append(FieldError("role", "not_a_choice"))
    elif role not in grantable_roles(principal):
        wrong.append(FieldError("role", "role_above_own"))
    if offices is not None and not offices:
        wrong.append(FieldError("offices", "offices_required"))
    elif role is StaffRole.ADMINISTRATOR and offices is not None:
        wrong.append(FieldError("offices", "administrator_everywhere"))
    elif not has_scope(principal, offices) or not (offices or frozenset()) <= known_offices:
        wrong.append(FieldError("offices", "offices_not_own"))
    if wrong:
        raise Invalid(*wrong)


def account_values(details: AccountDetails) -> Mapping[str, Any]:
    """Return the values of an account as JSON types."""
    return {
        "name": details.name,
        "email": details.email,
        "role": str(details.role),
        "offices": audit_offices(details.offices),
    }


def audit_values(details: AccountDetails, fields: Sequence[str]) -> Mapping[str, Any]:
    """Return some values of an account as an audit entry stores them."""
    values = account_values(details)
    return {name: values[name] for name in fields}


def audit_offices(offices: frozenset[str] | None) -> str | list[str]:
    """Return offices as an audit entry stores them."""
    return ALL_OFFICES if offices is None else sorted(offices)


def audit_office(offices: frozenset[str] | None) -> str | None:
    """Return the office of an audit entry about an account: its only office, else None."""
    return next(iter(offices)) if offices is not None and len(offices) == 1 else None
