"""What an agent does with people: call, call again, start, hold, put back, no-show, finish."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from ...appointments.service import mark_no_show, mark_served
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import Conflict, NotAllowed, NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_and_desk_by_id, office_by_id
from ..domain import line as rules_of_line
from ..domain import ticket
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..storage import desk_rows, ticket_rows
from ..storage.ticket_rows import TicketCollision
from .desks import desk_session_at
from .line_transaction import LockedLines, commit_lines, commit_ticket_change, lock_office_lines, lock_ticket

logger = logging.getLogger(__name__)


async def call_next(runtime: Runtime, principal: Principal, desk_id: str) -> Ticket | None:
    """Call whoever is next to this desk; None when nobody may be called. Choosing and calling are one step.

    Raises NotFound, NotAllowed("not_your_desk"), Refused("desk_busy" | "paused").
    """
    async with runtime.transaction() as tx:
        office, desk = await office_and_desk_by_id(tx.session, desk_id)
        require_role(principal, StaffRole.AGENT, office.slug)
        locked = await lock_office_lines(tx, office, desk.line_ids)
        sitting = await desk_session_at(locked, desk)
        if sitting is None or sitting.agent_id != principal.id:
            raise NotAllowed("not_your_desk")
        if locked.office.paused:
            raise Refused("paused")
        if await _has_ticket_at_desk(locked, desk_id):
            raise Refused("desk_busy")
        mine = [locked.lines[line_id] for line_id in desk.line_ids]
        after, choice = rules_of_line.choose_and_call_next(mine, desk_id, principal.id, tx.now)
        if choice is None:
            return None
        changed = [line for line in after if line.id == choice.ticket.line_id]
        why = str(choice.why)
        try:
            await commit_lines(locked, changed, "called", f"staff:{principal.id}", desk=desk_id, why=why)
        except TicketCollision:  # somebody of a line that this desk does not serve went on here in the same moment
            raise Conflict("desk_busy") from None
    logger.info("ticket_called", extra={"ticket": choice.ticket.id, "desk": desk_id, "why": str(choice.why)})
    return choice.ticket


async def _has_ticket_at_desk(locked: LockedLines, desk_id: str) -> bool:
    """Whether the desk calls or serves somebody, of its own lines or of another."""
    tickets = (one for line in locked.lines.values() for one in line.tickets)
    if any(one.desk_id == desk_id and one.state in AT_DESK_STATES for one in tickets):
        return True
    return await ticket_rows.is_desk_busy(locked.tx.session, desk_id)


async def recall_ticket(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Call again. Raises NotFound, NotAllowed("not_your_desk"), Refused("illegal_transition")."""
    return await _apply_to_ticket(
        runtime, principal, ticket_id, "recalled", lambda _, one: ticket.repeat_call(one)
    )


async def put_back_ticket(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Take the call back; the place is kept. Raises as `recall`."""
    return await _apply_to_ticket(
        runtime, principal, ticket_id, "put_back", lambda tx, one: ticket.take_back_call(one, tx.now)
    )


async def start_service(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """The person is here; also back from a hold. Raises as `recall`, and Refused("desk_busy")."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        held = found.state is TicketState.ON_HOLD
        desk_id = await _desk_for_held_ticket(locked, principal, found) if held else found.desk_id
        after = ticket.begin_service(found, desk_id or "", principal.id, tx.now)
        try:
            await commit_ticket_change(locked, found, after, "started", f"staff:{principal.id}")
        except TicketCollision:
            raise Conflict("desk_busy") from None
        return after


async def hold_ticket(
    runtime: Runtime, principal: Principal, ticket_id: str, *, minutes: int | None = None
) -> Ticket:
    """Set a person aside for a while; back at this agent's desk first. Raises as `recall`."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        length = timedelta(minutes=minutes) if minutes else locked.lines[found.line_id].settings.hold_for
        desk_id = found.desk_id or await _agent_desk_id(locked, principal)
        after = ticket.put_on_hold(found, desk_id, tx.now + length, tx.now)
        await commit_ticket_change(locked, found, after, "held", f"staff:{principal.id}")
        return after


async def finish_service(
    runtime: Runtime,
    principal: Principal,
    ticket_id: str,
    *,
    outcome: str | None = None,
    note: str | None = None,
) -> Ticket:
    """The visit is over. Raises as `recall`."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        after = ticket.end_service(found, outcome, tx.now)
        await commit_ticket_change(locked, found, after, "finished", f"staff:{principal.id}", note=note)
        if after.appointment_id is not None:
            await mark_served(tx, after.appointment_id)
        return after


async def record_no_show(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Nobody came. Raises as `recall`."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_agent(tx, principal, ticket_id)
        after = ticket.end_as_no_show(found, tx.now)
        await commit_ticket_change(locked, found, after, "no_show", f"staff:{principal.id}")
        if after.appointment_id is not None:
            await mark_no_show(tx, after.appointment_id)
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
        await commit_ticket_change(locked, found, after, action, f"staff:{principal.id}")
        return after


async def _lock_for_agent(tx: Transaction, principal: Principal, ticket_id: str) -> tuple[LockedLines, Ticket]:
    """The ticket under its line's lock, if this person may act on it."""
    record = await ticket_rows.ticket_record_by_id(tx.session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(tx.session, record.office_id)
    require_role(principal, StaffRole.AGENT, office.slug)
    locked, found = await lock_ticket(tx, office, record.ticket)
    if found.state in AT_DESK_STATES and found.agent_id != principal.id and not principal.has_role(StaffRole.HOST):
        raise NotAllowed("not_your_desk")
    return locked, found


async def _agent_desk_id(locked: LockedLines, principal: Principal) -> str | None:
    """Where this agent sits in this office."""
    sessions = await desk_rows.open_desk_sessions(locked.tx.session, locked.office.id)
    return next((one.desk_id for one in sessions.values() if one.agent_id == principal.id), None)


async def _desk_for_held_ticket(locked: LockedLines, principal: Principal, held: Ticket) -> str:
    """The agent's desk, if the held ticket may go on there.

    Raises NotAllowed("not_your_desk"), Refused("desk_busy").
    """
    desk_id = await _agent_desk_id(locked, principal)
    if desk_id is None or held.returns_to not in (None, desk_id):
        raise NotAllowed("not_your_desk")
    if desk_id in await ticket_rows.busy_desk_ids(locked.tx.session, locked.office.id):
        raise Refused("desk_busy")
    return desk_id
