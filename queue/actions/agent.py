"""Actions of an agent at a desk: call, start, hold, finish and others. No SQL."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from ...appointments.service import VisitNoteKind, mark_served
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import Conflict, NotAllowed, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_and_desk_by_id
from ..domain import ticket
from ..domain.actors import staff_actor
from ..domain.desk_activity import PAUSE
from ..domain.line import choose_and_call_next
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..storage import desk_rows, ticket_rows
from .desks import desk_session_at
from .line_transaction import (
    LockedLines,
    add_ticket_note,
    commit_lines,
    commit_ticket_change,
    lock_office_lines,
    lock_ticket_for_staff,
)
from .refusals import paused_error

logger = logging.getLogger(__name__)


async def call_next(runtime: Runtime, principal: Principal, desk_id: str) -> Ticket | None:
    """Choose the next ticket and call it to this desk. Return None if no ticket may be called.

    A call ends the pause of the desk.
    Raises NotFound, NotAllowed("not_your_desk"), Refused("desk_busy" | "paused").
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        desk_session = await desk_session_at(locked, desk)
        if desk_session is None or desk_session.agent_id != principal.id:
            raise NotAllowed("not_your_desk")
        if locked.office.paused:
            raise paused_error(locked.office)
        tickets = (ticket for line in locked.lines.values() for ticket in line.tickets)
        if any(ticket.desk_id == desk_id and ticket.state in AT_DESK_STATES for ticket in tickets):
            raise Refused("desk_busy")
        desk_lines = [locked.lines[line_id] for line_id in desk.line_ids]
        after, choice = choose_and_call_next(desk_lines, desk_id, principal.id, tx.now)
        if choice is None:
            if await ticket_rows.is_desk_busy(tx.session, desk_id):  # a line that the desk does not serve
                raise Refused("desk_busy")
            return None
        changed = [line for line in after if line.id == choice.ticket.line_id]
        if any(work.subject == PAUSE for work in desk_session.works):
            await desk_rows.end_work(tx.session, principal.id, PAUSE, tx.now)
        why = str(choice.why)
        try:
            await commit_lines(locked, changed, "called", staff_actor(principal.id), desk=desk_id, why=why)
        except WriteConflict:  # a ticket of a line that this desk does not serve is at the desk
            raise Refused("desk_busy") from None
    logger.info("ticket_called", extra={"ticket": choice.ticket.id, "desk": desk_id, "why": why})
    return choice.ticket


async def recall_ticket(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Repeat a call.

    Raises NotFound, NotAllowed("not_your_desk"), Refused("illegal_transition"), Conflict("ticket_moved").
    """
    return await _apply_to_ticket(
        runtime, principal, ticket_id, "recalled", lambda _, found: ticket.repeat_call(found)
    )


async def put_back_ticket(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Put a called ticket back to its position in the line. Raises as `recall_ticket`."""
    return await _apply_to_ticket(
        runtime, principal, ticket_id, "put_back", lambda tx, found: ticket.take_back_call(found, tx.now)
    )


async def start_service(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Start to serve a called ticket, or one on hold.

    Raises as `recall_ticket`, and Refused("desk_not_for_service" | "desk_busy").
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        is_held = found.state is TicketState.ON_HOLD
        desk_id = await _free_agent_desk(locked, principal, found) if is_held else found.desk_id
        after = ticket.begin_service(found, desk_id or "", principal.id, tx.now)
        try:
            await commit_ticket_change(locked, found, after, "started", staff_actor(principal.id))
        except WriteConflict:
            raise Conflict("desk_busy") from None
        return after


async def hold_ticket(
    runtime: Runtime,
    principal: Principal,
    ticket_id: str,
    *,
    minutes: int | None = None,
    note: str | None = None,
) -> Ticket:
    """Put a ticket on hold; its desk calls it first afterwards.

    `note`: for colleagues only, here and below. Raises as `recall_ticket`.
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        length = timedelta(minutes=minutes) if minutes else locked.lines[found.line_id].settings.hold_for
        desk_id = found.desk_id or await _agent_desk_id(locked, principal)
        after = ticket.put_on_hold(found, desk_id, tx.now + length, tx.now)
        await commit_ticket_change(locked, found, after, "held", staff_actor(principal.id))
        if note is not None:
            await add_ticket_note(locked, principal, found, VisitNoteKind.HELD, note)
        return after


async def finish_service(
    runtime: Runtime,
    principal: Principal,
    ticket_id: str,
    *,
    outcome: str | None = None,
    note: str | None = None,
) -> Ticket:
    """Finish a visit and its appointment. Raises as `recall_ticket`."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        after = ticket.end_service(found, outcome, tx.now)
        await commit_ticket_change(locked, found, after, "finished", staff_actor(principal.id), outcome=outcome)
        if note is not None or outcome is not None:
            await add_ticket_note(locked, principal, found, VisitNoteKind.FINISHED, note, outcome)
        if after.appointment_id is not None:
            await mark_served(tx, after.appointment_id, staff=AuditActor.from_principal(principal))
        return after


async def record_no_show(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Mark a called ticket as missed, because the citizen did not come. Idempotent.

    Raises as `recall_ticket`.
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        if found.state is TicketState.MISSED:
            return found
        after = ticket.miss_call(found, tx.now)
        await commit_ticket_change(locked, found, after, "missed", staff_actor(principal.id))
        return after


async def undo_no_show(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Call a missed ticket again, at the free desk of the agent who called it. Idempotent.

    Raises as `recall_ticket`, and Refused("desk_not_for_service" | "desk_busy" | "paused").
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        if found.agent_id != principal.id:
            raise NotAllowed("not_your_desk")
        if found.state is TicketState.CALLED:
            return found
        if locked.office.paused:
            raise paused_error(locked.office)
        after = ticket.undo_miss(found, await _free_agent_desk(locked, principal, found), principal.id, tx.now)
        try:
            await commit_ticket_change(locked, found, after, "no_show_undone", staff_actor(principal.id))
        except WriteConflict:
            raise Conflict("desk_busy") from None
        return after


async def _apply_to_ticket(
    runtime: Runtime,
    principal: Principal,
    ticket_id: str,
    action: str,
    rule: Callable[[Transaction, Ticket], Ticket],
) -> Ticket:
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        after = rule(tx, found)
        await commit_ticket_change(locked, found, after, action, staff_actor(principal.id))
        return after


async def _lock_for_agent(tx: Transaction, principal: Principal, ticket_id: str) -> tuple[LockedLines, Ticket]:
    """Lock a ticket that this agent may act on: not one at the desk of another agent."""
    locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.AGENT, ticket_id)
    if found.state in AT_DESK_STATES and found.agent_id != principal.id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")
    return locked, found


async def _agent_desk_id(locked: LockedLines, principal: Principal) -> str | None:
    """Return the desk in this office that the agent has open."""
    sessions = await desk_rows.open_desk_sessions(locked.tx.session, [locked.office.id])
    return next((desk_id for desk_id, session in sessions.items() if session.agent_id == principal.id), None)


async def _free_agent_desk(locked: LockedLines, principal: Principal, found: Ticket) -> str:
    """Return the agent's desk, if the ticket may come there.

    Raises NotAllowed("not_your_desk"), Refused("desk_not_for_service" | "desk_busy").
    """
    desk_id = await _agent_desk_id(locked, principal)
    if desk_id is None or found.returns_to not in (None, desk_id):
        raise NotAllowed("not_your_desk")
    desk = next(desk for desk in locked.office.desks if desk.id == desk_id)
    if found.returns_to is None and found.line_id not in desk.line_ids:
        raise Refused("desk_not_for_service")
    if desk_id in await ticket_rows.busy_desk_ids(locked.tx.session, locked.office.id):
        raise Refused("desk_busy")
    return desk_id
