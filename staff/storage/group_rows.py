"""SQL of the roles that groups of the identity provider give."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ...core.db.write_conflicts import flush_inserts
from ..domain.group_roles import GroupRole
from .tables import GroupRoleOfficeRow, GroupRoleRow


async def load_group_roles(session: AsyncSession, *, lock: bool = False, keep: bool = False) -> list[GroupRole]:
    """Load all groups by name.

    `lock`: they are to be changed. `keep`: they must not change before the commit, which stores what they give.
    """
    statement = select(GroupRoleRow).order_by(GroupRoleRow.id).execution_options(populate_existing=True)
    if lock or keep:
        statement = statement.with_for_update(read=not lock)
    rows = (await session.execute(statement)).scalars().all()
    offices: dict[str, set[str]] = {}
    for group_id, office in await session.execute(select(GroupRoleOfficeRow.group_id, GroupRoleOfficeRow.office)):
        offices.setdefault(group_id, set()).add(office)
    groups = [
        GroupRole(
            row.id,
            row.group_name,
            StaffRole(row.role),
            None if row.all_offices else frozenset(offices.get(row.id, ())),
        )
        for row in rows
    ]
    return sorted(groups, key=lambda group: group.group.casefold())


async def save_group_role(session: AsyncSession, group: GroupRole, now: datetime) -> None:
    """Insert a group, or replace its values.

    Raises WriteConflict for a name that another group has.
    """
    row = await session.get(GroupRoleRow, group.id)
    if row is None:
        row = GroupRoleRow(id=group.id, created_at=now)
        session.add(row)
    row.group_name, row.role, row.all_offices = group.group, group.role, group.offices is None
    await flush_inserts(session)
    await session.execute(delete(GroupRoleOfficeRow).where(GroupRoleOfficeRow.group_id == group.id))
    session.add_all(GroupRoleOfficeRow(group_id=group.id, office=slug) for slug in sorted(group.offices or ()))
    await flush_inserts(session)


async def delete_group_role(session: AsyncSession, group_id: str) -> None:
    """Delete a group with its offices."""
    await session.execute(delete(GroupRoleOfficeRow).where(GroupRoleOfficeRow.group_id == group_id))
    await session.execute(delete(GroupRoleRow).where(GroupRoleRow.id == group_id))
