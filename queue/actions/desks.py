"""Who sits at which desk: opening and closing it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import Conflict, NotAllowed, Refused
from ...core.runtime import Runtime
from ...offices.service import OfficeDesk, office_and_desk_by_id
from ..domain.line import Line
from ..domain.ticket import release_from_desk
from ..queries.staff_board import staff_board
from ..storage import desk_rows, ticket_rows
from ..storage.desk_rows import DeskSession
from ..storage.ticket_rows import TicketCollision
from .line_transaction import LockedLines, commit_lines_and_resync, lock_office_lines

logger = logging.getLogger(__name__)


async def open_desk(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    """Sit down. Sitting there already is no fault; sitting elsewhere, one moves.

    Raises NotFound, NotAllowed, Conflict("desk_taken"), Refused("desk_busy") when the other desk has somebody.
    """
    async with runtime.read_session() as session:
        office, _ = await office_and_desk_by_id(session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        elsewhere = await desk_rows.desk_session_for_agent(session, principal.id)
    if elsewhere is not None and elsewhere.desk_id != desk_id:
        await close_desk(runtime, principal, elsewhere.desk_id)
    try:
        await _open_desk_session(runtime, principal, desk_id)
    except TicketCollision:
        raise Conflict("desk_taken") from None


async def _open_desk_session(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        sitting = await desk_session_at(locked, desk)
        if sitting is not None:
            if sitting.agent_id != principal.id:
                raise Conflict("desk_taken")
            return
        opened = DeskSession(desk_id, principal.id, principal.name, tx.now)
        await desk_rows.insert_desk_session(tx.session, office.id, opened)
        await commit_lines_and_resync(locked, locked.lines.values(), "desk_opened", f"staff:{principal.id}")
    logger.info("desk_opened", extra={"desk": desk_id, "agent": principal.id})


async def close_desk(runtime: Runtime, principal: Principal, desk_id: str) -> None:
    """Stand up. Whoever was to come back to this desk may be called by any other.

    Raises NotFound, NotAllowed("not_your_desk") unless a host closes it, Refused("desk_busy") with somebody at it.
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        sitting = await desk_session_at(locked, desk)
        if sitting is None or sitting.agent_id != principal.id:
            require_role(
                principal, StaffRole.AGENT, office.slug
            )  # one's own is closed also after a move to another office
        if sitting is None:
            return
        check_own_desk(principal, sitting)
        if desk_id in await ticket_rows.busy_desk_ids(tx.session, office.id):
            raise Refused("desk_busy")
        await desk_rows.close_desk_session(tx.session, desk_id, tx.now)
        released = [_release_bound_tickets(line, desk_id, locked) for line in locked.lines.values()]
        await commit_lines_and_resync(locked, released, "desk_closed", f"staff:{principal.id}")
    logger.info("desk_closed", extra={"desk": desk_id, "agent": principal.id})


async def desk_session_at(locked: LockedLines, desk: OfficeDesk) -> DeskSession | None:
    """Who sits there, under the lock of the desk's lines; a desk without lines has no lock that would tell."""
    if desk.line_ids:
        return locked.sessions.get(desk.id)
    return (await desk_rows.open_desk_sessions(locked.tx.session, locked.office.id)).get(desk.id)


async def desk_id_for_agent(session: AsyncSession, agent_id: str) -> str | None:
    """The id of the desk at which this agent sits."""
    sitting = await desk_rows.desk_session_for_agent(session, agent_id)
    return sitting.desk_id if sitting else None


def check_own_desk(principal: Principal, sitting: DeskSession | None) -> None:
    """Raises NotAllowed("not_your_desk") unless this person sits there, or ranks as a host."""
    mine = sitting is not None and sitting.agent_id == principal.id
    if not mine and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")


def _release_bound_tickets(line: Line, desk_id: str, locked: LockedLines) -> Line:
    bound = [ticket for ticket in line.tickets if ticket.returns_to == desk_id]
    return line.with_tickets(*(release_from_desk(ticket, locked.tx.now) for ticket in bound))


async def desk_object(session: AsyncSession, desk_id: str, language: str, runtime: Runtime) -> Mapping[str, Any]:
    """One desk as the board shows it."""
    office, _ = await office_and_desk_by_id(session, desk_id)
    shown = await staff_board(session, office, runtime.now(), language)
    found: Mapping[str, Any] = next(desk for desk in shown["desks"] if desk["id"] == desk_id)
    return found
