"""SQL that reads the events of tickets and offices for the audit. No rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.event_window import EventWindow
from .tables import OfficeEventRow, TicketEventRow, TicketRow


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """A change of a ticket.

    `before` and `after` are its states; `before` is None at its issue.
    """

    id: str
    at: datetime
    action: str
    actor: str
    before: str | None
    after: str
    details: Mapping[str, Any]
    ticket_id: str
    code: str
    office_id: str


@dataclass(frozen=True, slots=True)
class OfficeEvent:
    """A decision of staff about an office, a line or a desk."""

    id: str
    at: datetime
    action: str
    actor: str
    details: Mapping[str, Any]
    office_id: str
    line_id: str | None


async def ticket_events_in_window(
    session: AsyncSession, window: EventWindow, office_ids: Collection[str] | None
) -> list[TicketEvent]:
    """Return the events of tickets in a window, newest first.

    `office_ids`: None for all offices.
    """
    row = TicketEventRow
    columns = (row.id, row.at, row.action, row.actor, row.before, row.after, row.details, row.ticket_id)
    found = select(*columns, TicketRow.code, TicketRow.office_id).join(TicketRow, TicketRow.id == row.ticket_id)
    if office_ids is not None:
        found = found.where(TicketRow.office_id.in_(office_ids))
    if window.actors is not None:
        found = found.where(row.actor.in_(window.actors))
    if window.subject_id is not None:
        found = found.where(row.ticket_id == window.subject_id)
    return [TicketEvent(*values) for values in await session.execute(window.select_page(found, row.at, row.id))]


async def office_events_in_window(
    session: AsyncSession, window: EventWindow, office_ids: Collection[str]
) -> list[OfficeEvent]:
    """Return the decisions about these offices in a window, newest first."""
    row = OfficeEventRow
    found = select(row.id, row.at, row.action, row.actor, row.details, row.office_id, row.line_id)
    found = found.where(row.office_id.in_(office_ids))
    if window.actors is not None:
        found = found.where(row.actor.in_(window.actors))
    return [OfficeEvent(*values) for values in await session.execute(window.select_page(found, row.at, row.id))]


async def newest_pause_events(
    session: AsyncSession, office_id: str, limit: int, after: datetime | None = None
) -> list[OfficeEvent]:
    """Return the last pauses of an office and their ends, newest first.

    `after`: bounds the search, which otherwise reads back to the last pause.
    """
    row = OfficeEventRow
    found = select(row.id, row.at, row.action, row.actor, row.details, row.office_id, row.line_id)
    found = found.where(row.office_id == office_id, row.action.in_(("paused", "resumed")))
    if after is not None:
        found = found.where(row.at > after)
    newest = found.order_by(row.at.desc(), row.id.desc()).limit(limit)
    return [OfficeEvent(*values) for values in await session.execute(newest)]


async def ticket_codes(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, str]:
    """Return the code of each ticket, by id."""
    rows = await session.execute(select(TicketRow.id, TicketRow.code).where(TicketRow.id.in_(ticket_ids)))
    return {row.id: row.code for row in rows}


async def latest_help_requests(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, datetime]:
    """Return when the citizen of each ticket last asked for help, by ticket id."""
    row = TicketEventRow
    is_request = row.ticket_id.in_(ticket_ids) & (row.action == "help_asked")
    found = select(row.ticket_id, func.max(row.at)).where(is_request).group_by(row.ticket_id)
    return {ticket_id: at for ticket_id, at in await session.execute(found)}  # noqa: C416 - mypy does not see a row as a pair
