"""Rules of the groups of an identity provider: the role and offices that they give. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.auth import StaffRole
from ...core.errors import FieldError, Invalid
from .people import PERSON_ROLES, AccountDetails, StaffPerson, audit_offices

MAX_GROUP_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class GrantedAccess:
    """A role and its offices. `offices`: slugs, None for all."""

    role: StaffRole
    offices: frozenset[str] | None


# Access of an account whose groups give none: it cannot sign in, and what it did keeps its name.
NO_ACCESS = GrantedAccess(StaffRole.AGENT, frozenset())


@dataclass(frozen=True, slots=True)
class GroupRole:
    """The role that a group gives. `offices`: slugs, None for all."""

    id: str
    group: str
    role: StaffRole
    offices: frozenset[str] | None

    @property
    def access(self) -> GrantedAccess:
        return GrantedAccess(self.role, self.offices)


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A person whose access a change of the groups would alter. `after` is None if it ends."""

    person: StaffPerson
    before: GrantedAccess
    after: GrantedAccess | None


def normalize_group(name: str) -> str:
    """Normalise a group's name: Keycloak writes `/agents` for the group `agents`."""
    return name.strip().removeprefix("/")


def granted_access(groups: Iterable[str], group_roles: Iterable[GroupRole]) -> GrantedAccess | None:
    """Return the highest role of these groups, in the offices of all of them together.

    None if no group has a role. An administrator works in all offices.
    """
    names = {normalize_group(name) for name in groups}
    found = [group_role for group_role in group_roles if group_role.group in names]
    if not found:
        return None
    role = max((group.role for group in found), key=PERSON_ROLES.index)
    if role is StaffRole.ADMINISTRATOR or any(group.offices is None for group in found):
        return GrantedAccess(role, None)
    return GrantedAccess(role, frozenset().union(*(group.offices or () for group in found)))


def access_changes(
    people: Mapping[StaffPerson, Sequence[str]], before: Sequence[GroupRole], after: Sequence[GroupRole]
) -> list[AccessChange]:
    """Return the people whose role or offices differ between two lists of groups.

    `people`: the groups of each account that follows its groups.
    """
    changes = []
    for person, groups in people.items():
        now = granted_access(groups, before) or NO_ACCESS
        then = granted_access(groups, after)
        if (then or NO_ACCESS) != now:
            changes.append(AccessChange(person, now, then))
    return changes


def replace_group(group_roles: Iterable[GroupRole], group_id: str, new: GroupRole | None) -> list[GroupRole]:
    """Return the groups after a group was added or changed, or removed with None."""
    kept = [group_role for group_role in group_roles if group_role.id != group_id]
    return kept if new is None else [*kept, new]


def check_group(group: str, role: str, offices: Collection[str] | None, known_offices: Collection[str]) -> None:
    """Check the values of a group. Raises Invalid with all invalid fields."""
    wrong = []
    if not group:
        wrong.append(FieldError("group", "required"))
    elif len(group) > MAX_GROUP_NAME_LENGTH:
        wrong.append(FieldError("group", "too_long", {"max": MAX_GROUP_NAME_LENGTH}))
    if role not in PERSON_ROLES:
        wrong.append(FieldError("role", "not_a_choice"))
    if offices is not None and not offices:
        wrong.append(FieldError("offices", "offices_required"))
    elif role == StaffRole.ADMINISTRATOR and offices is not None:
        wrong.append(FieldError("offices", "administrator_everywhere"))
    elif not set(offices or ()) <= set(known_offices):
        wrong.append(FieldError("offices", "offices_not_own"))
    if wrong:
        raise Invalid(*wrong)


def group_audit_values(group: GroupRole | None) -> Mapping[str, Any]:
    """Return the values of a group as an audit entry stores them; empty without a group."""
    if group is None:
        return {}
    return {"group": group.group, "role": str(group.role), "offices": audit_offices(group.offices)}


def with_access(details: AccountDetails, access: GrantedAccess) -> AccountDetails:
    """Return the details with this role and these offices."""
    return AccountDetails(details.name, details.email, access.role, access.offices)
