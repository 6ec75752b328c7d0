"""What a host decides about one person: priority, order, help that was given, a turn given up for them."""

from __future__ import annotations

import logging
from dataclasses import replace

from ...appointments.service import undo_check_in
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain import ticket
from ..domain.call_order import overtaken_tickets
from ..domain.ticket import ENDED_STATES, Ticket, TicketPriority, TicketState
from ..storage import contact_rows, ticket_rows
from .line_transaction import LockedLines, commit_lines, commit_ticket_change, lock_ticket
from .standby import admit_ticket

logger = logging.getLogger(__name__)


async def set_priority(runtime: Runtime, principal: Principal, ticket_id: str, priority: TicketPriority) -> Ticket:
    """Confirm preferential attention, or say that it does not apply. Whoever is passed is told why.

    Raises NotFound, NotAllowed, Refused("illegal_transition") when the visit is over.
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_host(tx, principal, ticket_id)
        _check_not_ended(found, str(priority))
        if priority is TicketPriority.NORMAL:
            await contact_rows.clear_priority_request(tx.session, found.id)
        after = replace(found, priority=priority)
        await _commit_overtaking(locked, found, after, "priority_set", principal, reason=str(priority))
    logger.info("ticket_priority", extra={"ticket": after.id, "priority": str(priority)})
    return after


async def put_ticket_first(runtime: Runtime, principal: Principal, ticket_id: str, reason: str) -> Ticket:
    """Put somebody before the others: after those who come back to a desk, by the oldest such decision.

    Lets in whoever is on standby, capacity or not.
    Also whoever missed a call and is too late to come back alone. `reason` is for the audit; twice is once.
    Raises NotFound, NotAllowed, Refused("illegal_transition").
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_host(tx, principal, ticket_id)
        present = await admit_ticket(locked, found) if found.state is TicketState.STANDBY else found
        after = ticket.put_first(present, tx.now)
        if after != found:
            await _commit_overtaking(locked, found, after, "placed", principal, reason="host", why=reason)
    logger.info("ticket_placed", extra={"ticket": after.id})
    return after


async def _commit_overtaking(
    locked: LockedLines,
    found: Ticket,
    after: Ticket,
    action: str,
    principal: Principal,
    *,
    reason: str,
    **details: str,
) -> None:
    """Commit the change, and tell whoever has a worse place by it why."""
    line = locked.lines[found.line_id]
    changed = line.with_tickets(after)
    passed = [one for one in overtaken_tickets(line, changed, reason, locked.tx.now) if one.id != after.id]
    actor = f"staff:{principal.id}"
    await commit_lines(
        locked, [changed.with_tickets(*passed)], action, actor, priority=str(after.priority), **details
    )


async def clear_help_request(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Somebody looks after the person who asked for help; twice is once. Raises NotFound, NotAllowed."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_host(tx, principal, ticket_id)
        after = replace(found, help=False)
        await commit_ticket_change(locked, found, after, "help_given", f"staff:{principal.id}")
        return after


async def leave_line_for_citizen(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """The person goes, and has asked the host to give the turn up. Raises NotFound, NotAllowed, Refused."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_for_host(tx, principal, ticket_id)
        if found.state is TicketState.LEFT:
            return found
        after = ticket.end_as_left(found, tx.now)
        await commit_ticket_change(locked, found, after, "left", f"staff:{principal.id}")
        if after.appointment_id is not None:
            await undo_check_in(tx, after.appointment_id)
        return after


def _check_not_ended(found: Ticket, to: str) -> None:
    if found.state in ENDED_STATES:
        raise Refused("illegal_transition", state=str(found.state), to=to)


async def _lock_for_host(tx: Transaction, principal: Principal, ticket_id: str) -> tuple[LockedLines, Ticket]:
    record = await ticket_rows.ticket_record_by_id(tx.session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(tx.session, record.office_id)
    require_role(principal, StaffRole.HOST, office.slug)
    return await lock_ticket(tx, office, record.ticket)
