"""Read models of people and keys for managers. No writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal
from ...core.errors import NotFound
from ...offices.service import office_and_desk_by_id
from ...queue.service import desk_id_for_agent
from ..domain.account import normalize_username
from ..domain.people import LinkRequest, OpenSession, StaffApiKey, StaffPerson, can_manage, can_see
from ..domain.second_factor import AccountFactors
from ..storage import factor_rows, key_rows, people_rows, provider_rows

MAX_SHOWN_CHANGES = 10


@dataclass(frozen=True, slots=True)
class PersonListItem:
    """A person in the list. Managers see, but do not change, people of more offices.

    `has_link_request`: an account of the identity provider asks for this account.
    """

    person: StaffPerson
    is_manageable: bool
    has_link_request: bool = False


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An audit entry about an account."""

    at: datetime
    actor_name: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PersonDesk:
    """The desk that a person has open, by its name and office."""

    name: str
    office: str


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """All that a manager sees about a person."""

    person: StaffPerson
    sessions: Sequence[OpenSession]
    desk: PersonDesk | None
    factors: AccountFactors
    changes: Sequence[AccountChange]
    link_request: LinkRequest | None = None


async def list_people(session: AsyncSession, principal: Principal) -> list[PersonListItem]:
    """Load the people of the principal's offices, by name."""
    asked = await provider_rows.users_with_link_request(session)
    return [
        PersonListItem(person, can_manage(principal, person.role, person.offices), person.id in asked)
        for person in await people_rows.load_people(session)
        if can_see(principal, person.offices)
    ]


async def person_by_username(session: AsyncSession, username: str) -> StaffPerson | None:
    """Load the account with this username, however it is written; None if there is none."""
    person_id = await people_rows.person_id_by_username(session, normalize_username(username))
    return await people_rows.person_by_id(session, person_id) if person_id else None


async def load_person_record(session: AsyncSession, person_id: str, now: datetime) -> PersonRecord | None:
    """Load a person with sessions, desk and latest changes; None if there is none."""
    person = await people_rows.person_by_id(session, person_id)
    if person is None:
        return None
    changes = await people_rows.latest_audit_entries(session, person_id, MAX_SHOWN_CHANGES)
    return PersonRecord(
        person=person,
        sessions=await people_rows.open_sessions(session, person_id, now),
        desk=await _open_desk(session, person_id),
        factors=await factor_rows.load_factors(session, person_id),
        changes=[
            AccountChange(change.at, change.actor_name, change.action, change.before, change.after)
            for change in changes
        ],
        link_request=await provider_rows.link_request_by_user(session, person_id),
    )


async def _open_desk(session: AsyncSession, person_id: str) -> PersonDesk | None:
    desk_id = await desk_id_for_agent(session, person_id)
    if desk_id is None:
        return None
    try:
        office, desk = await office_and_desk_by_id(session, desk_id)
    except NotFound:  # the desk was removed
        return None
    return PersonDesk(desk.name, office.name)


async def list_keys(session: AsyncSession, principal: Principal) -> list[StaffApiKey]:
    """Load the API keys that the principal may revoke, the newest first."""
    return [key for key in await key_rows.load_keys(session) if can_manage(principal, key.role, key.offices)]
