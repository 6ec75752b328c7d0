"""Form fields of accounts and keys, and texts of roles and states."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from starlette.requests import Request

from ....core.auth import Principal, StaffRole
from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import SentForm
from ....offices.service import Office, all_offices
from ....staff.service import ALL_OFFICES, AccountDetails, parse_email

# Name and meaning of each role, for people who choose a role.
ROLE_TEXTS: Mapping[str, tuple[str, str]] = {
    StaffRole.AGENT: (N_("Agent"), N_("Calls and serves people at a desk and by video.")),
    StaffRole.HOST: (
        N_("Host"),
        N_("Runs the entrance: gives tickets, helps, books and cancels. Can also work at a desk."),
    ),
    StaffRole.MANAGER: (
        N_("Manager"),
        N_("Changes hours, services, people and keys of their offices. Can do all that a host can."),
    ),
    StaffRole.ADMINISTRATOR: (N_("Administrator"), N_("Changes everything, in all offices.")),
}
KEY_ROLE_TEXTS: Mapping[str, tuple[str, str]] = {
    StaffRole.INTEGRATION: (
        N_("Integration"),
        N_("A kiosk, a screen or another system: books and gives tickets for anyone, reads boards without names."),
    ),
    StaffRole.AGENT: (N_("Agent"), N_("Calls and serves people as one desk does.")),
    StaffRole.HOST: (N_("Host"), N_("Does what a host does at the entrance, and reads names.")),
    StaffRole.MANAGER: (N_("Manager"), N_("The most that a program can do in its offices.")),
}
PEOPLE_OF_ROLE_TEXTS: Mapping[str, str] = {
    StaffRole.AGENT: N_("Agents"),
    StaffRole.HOST: N_("Hosts"),
    StaffRole.MANAGER: N_("Managers"),
    StaffRole.ADMINISTRATOR: N_("Administrators"),
}
STATE_TEXTS: Mapping[str, str] = {
    "active": N_("Active"),
    "invited": N_("Invited"),
    "disabled": N_("Disabled"),
}


@dataclass(frozen=True, slots=True)
class TypedAccount:
    """The values of the form as they were typed. `offices` are slugs."""

    values: Mapping[str, str]
    offices: frozenset[str] = frozenset()
    everywhere: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> TypedAccount:
        """Show the plain values of an account or a group."""
        texts = {name: value or "" for name, value in values.items() if name != "offices"}
        everywhere = values["offices"] == ALL_OFFICES
        return cls(texts, frozenset() if everywhere else frozenset(values["offices"]), everywhere)

    @property
    def plain(self) -> dict[str, Any]:
        """Return the plain values, as they are compared with the stored values."""
        offices = ALL_OFFICES if self.everywhere else sorted(self.offices)
        return {name: text or None for name, text in self.values.items()} | {"offices": offices}

    @property
    def scope(self) -> frozenset[str] | None:
        return None if self.everywhere else self.offices


async def load_offices(request: Request) -> list[Office]:
    """Load all offices, for their names and the choices of a form."""
    async with requests.current_runtime(request).read_session() as session:
        return await all_offices(session)


def choosable_offices(principal: Principal, offices: Sequence[Office]) -> list[Office]:
    """Return the offices that the principal may give to an account or key."""
    return [office for office in offices if principal.can_access_office(office.slug)]


def empty_account(principal: Principal, offices: Sequence[Office], role: StaffRole) -> TypedAccount:
    """Return the values of a form before anything is typed. The only office is chosen already."""
    own = choosable_offices(principal, offices)
    chosen = frozenset({own[0].slug}) if len(own) == 1 else frozenset()
    return TypedAccount({"name": "", "email": "", "username": "", "role": role}, chosen)


def read_account(form: SentForm) -> TypedAccount:
    """Read what was typed, to be parsed or to be shown again."""
    values = form.texts("name", "email", "username", "role", strip=True)
    return TypedAccount(values, frozenset(form.all_texts("offices")), "everywhere" in form)


def missing_values(typed: TypedAccount, texts: Sequence[str], roles: Container[str]) -> list[FieldError]:
    """Return the errors of all fields without a value, so that a form tells them at once."""
    wrong = [FieldError(name, "required") for name in texts if not typed.values[name]]
    if typed.values["role"] not in roles:
        wrong.append(FieldError("role", "not_a_choice"))
    if typed.scope is not None and not typed.scope:
        wrong.append(FieldError("offices", "offices_required"))
    return wrong


def parse_account(typed: TypedAccount, texts: Sequence[str] = ("name",)) -> AccountDetails:
    """Parse the typed values. Raises Invalid for the e-mail, and for missing values.

    `texts`: the fields that must not be empty. What the manager may give is checked where the account is stored.
    """
    wrong = missing_values(typed, texts, ROLE_TEXTS)
    email = None
    try:
        email = parse_email(typed.values["email"])
    except Invalid as invalid:
        wrong += invalid.fields
    if wrong:
        raise Invalid(*wrong)
    return AccountDetails(typed.values["name"], email, StaffRole(typed.values["role"]), typed.scope)


def shown_zone(offices: Sequence[Office]) -> tzinfo:
    """Return the time zone in which a page of no office shows times: that of the first office."""
    return offices[0].timezone if offices else UTC
