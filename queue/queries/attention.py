"""Tickets of an office that wait or ask for help, and the lines of its open desks.

No names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office
from ..domain.ticket import Ticket, TicketState
from ..storage import desk_rows, queue_event_rows, ticket_rows


@dataclass(frozen=True, slots=True)
class TicketAttention:
    """A ticket that waits, or whose citizen asks for help.

    `since`: from when the wait counts; None if the ticket does not wait, or the citizen asked for more time.
    """

    ticket_id: str
    code: str
    since: datetime | None
    help_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgentAtDesk:
    """The agent, or key, of an open desk."""

    desk_id: str
    desk: str
    agent_id: str
    agent: str


async def agents_at_desks(session: AsyncSession, office: Office) -> list[AgentAtDesk]:
    """Return the agents of the open desks, in the order of the desks."""
    sessions = await desk_rows.open_desk_sessions(session, [office.id])
    return [
        AgentAtDesk(desk.id, desk.name, sessions[desk.id].agent_id, sessions[desk.id].agent_name)
        for desk in office.desks
        if desk.id in sessions
    ]


async def tickets_needing_attention(session: AsyncSession, office: Office, now: datetime) -> list[TicketAttention]:
    """Load the waiting tickets of an office, and those whose citizens ask for help."""
    tickets = [record.ticket for record in await ticket_rows.active_ticket_records(session, office.id)]
    asked = [ticket.id for ticket in tickets if ticket.help]
    help_at = await queue_event_rows.latest_help_requests(session, asked) if asked else {}
    return [
        TicketAttention(ticket.id, ticket.code, _waits_since(ticket, now), help_at.get(ticket.id))
        for ticket in tickets
        if ticket.help or ticket.state is TicketState.WAITING
    ]


def _waits_since(ticket: Ticket, now: datetime) -> datetime | None:
    is_waiting = ticket.state is TicketState.WAITING and not ticket.is_postponed(now)
    return ticket.waits_since if is_waiting else None


async def lines_by_agent(session: AsyncSession, office: Office) -> dict[str, frozenset[str]]:
    """Return the slugs of the lines of each open desk, by the id of its agent."""
    sessions = await desk_rows.open_desk_sessions(session, [office.id])
    slugs = {line.id: line.slug for line in office.lines}
    return {
        sessions[desk.id].agent_id: frozenset(slugs[line_id] for line_id in desk.line_ids if line_id in slugs)
        for desk in office.desks
        if desk.id in sessions
    }
