"""Read models of the groups of the identity provider. No writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.group_roles import GroupRole
from ..storage import group_rows, people_rows

MAX_OTHER_GROUPS = 50


@dataclass(frozen=True, slots=True)
class GroupListItem:
    """A group with its role, and how many accounts are in it."""

    group: GroupRole
    people: int


@dataclass(frozen=True, slots=True)
class GroupOverview:
    """Groups with a role, and names of groups of known accounts that have none."""

    groups: Sequence[GroupListItem]
    others: Sequence[str]


async def load_group_overview(session: AsyncSession) -> GroupOverview:
    """Load all groups with their number of accounts."""
    groups = await group_rows.load_group_roles(session)
    people = await people_rows.load_people_from_provider(session)
    counts = Counter(name for person in people for name in person.groups or ())
    others = sorted(counts.keys() - {group.group for group in groups}, key=str.casefold)
    return GroupOverview(
        [GroupListItem(group, counts[group.group]) for group in groups], others[:MAX_OTHER_GROUPS]
    )


async def load_group(session: AsyncSession, group_id: str) -> GroupRole | None:
    """Load a group; None if there is none."""
    return next(
        (
            load_group_role
            for load_group_role in await group_rows.load_group_roles(session)
            if load_group_role.id == group_id
        ),
        None,
    )
