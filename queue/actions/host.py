"""Actions of a host on one person: tickets, check-in, priority, order, help. No SQL."""

from __future__ import annotations

import logging
from dataclasses import replace

from ...appointments.service import VisitNoteKind, appointment_by_id, mark_no_show, undo_check_in
from ...core.auth import Principal, StaffRole, require_role
from ...core.contact.channel_offers import ChannelOffer
from ...core.db.audit_entries import AuditActor
from ...core.errors import Refused
from ...core.runtime import Runtime
from ..domain import ticket
from ..domain.actors import staff_actor
from ..domain.call_order import overtaken_tickets
from ..domain.ticket import ENDED_STATES, Ticket, TicketPriority, TicketState
from ..storage import contact_rows
from .line_transaction import (
    LockedLines,
    add_ticket_note,
    commit_lines,
    commit_ticket_change,
    lock_ticket_for_staff,
)
from .standby import admit_ticket
from .take_ticket import take_ticket
from .ticket_request import AppointmentById, IssuedTicket, TicketRequest

logger = logging.getLogger(__name__)

HOST_CHECK_IN_REASON = "checked in by the host"  # in the audit, why a check-in at any time was accepted


async def give_ticket(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    request: TicketRequest,
    *,
    preferential: bool = False,
) -> IssuedTicket:
    """Issue a ticket to a person at the entrance, with `override` also if the rules refuse it.

    `preferential`: the host confirms the priority at once. Raises as `take_ticket`, and NotAllowed.
    """
    require_role(principal, StaffRole.HOST, office_slug)
    # The device is the host's, not the citizen's.
    staff = AuditActor.from_principal(principal)
    asked = replace(request, device=None, actor=staff_actor(principal.id), staff=staff)
    issued = await take_ticket(runtime, office_slug, asked)
    if preferential and issued.ticket.priority is not TicketPriority.PREFERENTIAL:
        after = await set_priority(runtime, principal, issued.ticket.id, TicketPriority.PREFERENTIAL)
        return replace(issued, ticket=after)
    return issued


async def check_in_appointment(
    runtime: Runtime, principal: Principal, appointment_id: str, *, offers: tuple[ChannelOffer, ...] = ()
) -> IssuedTicket:
    """Issue the ticket of an appointment. Idempotent.

    A host may check in also too early or too late for the citizen. `offers`: see `TicketRequest`.
    Raises NotFound, NotAllowed, Refused("appointment_over" | "appointment_is_video").
    """
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, appointment_id)
    require_role(principal, StaffRole.HOST, appointment.office_slug)
    request = TicketRequest(
        appointment=AppointmentById(appointment_id),
        language=appointment.language,
        email=appointment.email,
        actor=staff_actor(principal.id),
        staff=AuditActor.from_principal(principal),
        override=HOST_CHECK_IN_REASON,
        offers=offers,
    )
    return await take_ticket(runtime, appointment.office_slug, request)


async def set_priority(runtime: Runtime, principal: Principal, ticket_id: str, priority: TicketPriority) -> Ticket:
    """Confirm or deny preferential attention. Overtaken tickets get the reason.

    Raises NotFound, NotAllowed, Refused("illegal_transition") if the ticket has ended.
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.HOST, ticket_id)
        if found.state in ENDED_STATES:
            raise Refused("illegal_transition", state=str(found.state), to=str(priority))
        if priority is TicketPriority.NORMAL:
            await contact_rows.clear_priority_request(tx.session, found.id)
        after = replace(found, priority=priority)
        await _commit_overtaking(locked, found, after, "priority_set", principal, reason=str(priority))
    logger.info("ticket_priority", extra={"ticket": after.id, "priority": str(priority)})
    return after


async def put_ticket_first(runtime: Runtime, principal: Principal, ticket_id: str, reason: str) -> Ticket:
    """Put a ticket before all others of its line. Idempotent.

    Tickets that return to a desk, and those put first earlier, stay before it.
    A ticket on standby is admitted, with or without capacity. A missed ticket rejoins, also when it is too late
    for the citizen to rejoin. `reason` is for the audit.
    Raises NotFound, NotAllowed, Refused("illegal_transition").
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.HOST, ticket_id)
        present = await admit_ticket(locked, found) if found.state is TicketState.STANDBY else found
        after = ticket.put_first(present, tx.now)
        if after != found:
            await _commit_overtaking(locked, found, after, "placed", principal, reason="host", why=reason)
            await add_ticket_note(locked, principal, found, VisitNoteKind.PLACED, reason)
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
    """Commit the change, and give the reason to each ticket that it overtakes."""
    line = locked.lines[found.line_id]
    changed = line.with_tickets(after)
    overtaken = [
        passed for passed in overtaken_tickets(line, changed, reason, locked.tx.now) if passed.id != after.id
    ]
    actor, priority = staff_actor(principal.id), str(after.priority)
    await commit_lines(locked, [changed.with_tickets(*overtaken)], action, actor, priority=priority, **details)


async def clear_help_request(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """Mark a request for help as answered. Idempotent. Raises NotFound, NotAllowed."""
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.HOST, ticket_id)
        after = ticket.answer_help_request(found)
        await commit_ticket_change(locked, found, after, "help_given", staff_actor(principal.id))
        return after


async def end_missed_ticket(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """End a missed ticket as a no-show, with its appointment. Idempotent.

    Raises NotFound, NotAllowed, Refused.
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.HOST, ticket_id)
        if found.state is TicketState.NO_SHOW:
            return found
        after = ticket.end_as_no_show(found, tx.now)
        await commit_ticket_change(locked, found, after, "no_show", staff_actor(principal.id))
        if after.appointment_id is not None:
            await mark_no_show(tx, after.appointment_id, staff=AuditActor.from_principal(principal))
        return after


async def leave_line_for_citizen(runtime: Runtime, principal: Principal, ticket_id: str) -> Ticket:
    """End a ticket because its citizen asked the host to. Idempotent.

    Raises NotFound, NotAllowed, Refused.
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_for_staff(tx, principal, StaffRole.HOST, ticket_id)
        if found.state is TicketState.LEFT:
            return found
        after = ticket.end_as_left(found, tx.now)
        await commit_ticket_change(locked, found, after, "left", staff_actor(principal.id))
        if after.appointment_id is not None:
            await undo_check_in(tx, after.appointment_id, staff=AuditActor.from_principal(principal))
        return after
