"""Lines and desks that are in use and cannot be removed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office
from ..storage import desk_rows, ticket_rows


async def lines_with_open_tickets(session: AsyncSession, line_ids: Collection[str]) -> set[str]:
    """Return the ids of those lines that have tickets which are not over."""
    if not line_ids:
        return set()
    waiting = await ticket_rows.active_tickets(session, line_ids)
    return {
        line_id
        for line_id in line_ids
        if waiting.get(line_id) or await ticket_rows.has_standby_tickets(session, line_id)
    }


async def open_desk_names(session: AsyncSession, office: Office) -> set[str]:
    """Return the names of the desks at which an agent works now."""
    sessions = await desk_rows.open_desk_sessions(session, [office.id])
    return {desk.name for desk in office.desks if desk.id in sessions}
