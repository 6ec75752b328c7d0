"""Actions of a citizen on their own ticket, and reactions to appointment events. No SQL."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ...appointments.service import (
    Appointment,
    AppointmentCancelled,
    AppointmentRescheduled,
    first_service_now,
    undo_check_in,
)
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain import ticket
from ..domain.actors import APPOINTMENT_ACTOR, CITIZEN_ACTOR
from ..domain.line import Line
from ..domain.ticket import ACTIVE_STATES, Ticket, TicketState
from ..queries import office_state
from ..storage import ticket_rows
from .line_transaction import (
    LockedLines,
    commit_lines,
    commit_ticket_change,
    lock_ticket_by_token,
    lock_ticket_of_record,
)
from .ticket_timers import schedule_standby_check

logger = logging.getLogger(__name__)

CitizenUseCase = Callable[[Runtime, str], Awaitable[Ticket]]


async def leave_line(runtime: Runtime, token: str) -> Ticket:
    """End the ticket behind this token. Idempotent.

    Raises NotFound, Refused("illegal_transition").
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_by_token(tx, token)
        if found.state is TicketState.LEFT:
            return found
        after = ticket.end_as_left(found, tx.now)
        await commit_ticket_change(locked, found, after, "left", CITIZEN_ACTOR)
        if after.appointment_id is not None:
            await undo_check_in(tx, after.appointment_id)
        return after


async def rejoin_line(runtime: Runtime, token: str) -> Ticket:
    """Put a missed ticket back into its line.

    Raises NotFound, Refused("illegal_transition" | "rejoin_used" | "rejoin_too_late").
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_by_token(tx, token)
        line = locked.lines[found.line_id]
        after = ticket.rejoin_after_miss(found, line.settings, tx.now, is_paused=locked.office.paused)
        changed = line.with_tickets(after, *_overtaken_by_return(line, after))
        await commit_lines(locked, [changed], "rejoined", CITIZEN_ACTOR)
        return after


def _overtaken_by_return(line: Line, returned: Ticket) -> list[Ticket]:
    """Return the tickets that lose one position, with the reason that their phones show."""
    return [
        replace(waiting, reason="returned")
        for waiting in line.tickets
        if waiting.state is TicketState.WAITING and waiting.issue_order > returned.issue_order
    ]


async def postpone_call(runtime: Runtime, token: str) -> Ticket:
    """Postpone the call of a ticket by `postpone_by`, from the start of its forecast range.

    Raises NotFound, Refused("illegal_transition" | "postpone_used").
    """
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_by_token(tx, token)
        line, earliest = locked.lines[found.line_id], None
        if found.state is TicketState.WAITING:
            lines = locked.lines.values()
            state = await office_state.load_office_state(tx.session, locked.office, tx.now, lines, locked.sessions)
            shown = state.call_schedule(line.id).ranges.get(found.id)
            earliest = shown.earliest if shown else None
        after = ticket.postpone_ticket(found, line.settings, tx.now, earliest)
        await commit_ticket_change(locked, found, after, "postponed", CITIZEN_ACTOR)
        return after


async def ask_for_help(runtime: Runtime, token: str) -> Ticket:
    """Ask a host to help the citizen of this ticket.

    Raises NotFound, Refused("illegal_transition").
    """
    return await _apply_to_own_ticket(runtime, token, "help_asked", lambda _, found: ticket.ask_for_help(found))


async def _apply_to_own_ticket(
    runtime: Runtime, token: str, action: str, rule: Callable[[LockedLines, Ticket], Ticket]
) -> Ticket:
    async with runtime.transaction() as tx:
        locked, found = await lock_ticket_by_token(tx, token)
        after = rule(locked, found)
        await commit_ticket_change(locked, found, after, action, CITIZEN_ACTOR)
        return after


# Reactions to appointment events


async def leave_on_cancellation(tx: Transaction, event: AppointmentCancelled) -> None:
    """End the ticket of a cancelled appointment."""
    await _end_ticket_of_appointment(tx, event.appointment.id)
    await _schedule_standby_check_for(tx, event.appointment)


async def leave_on_reschedule(tx: Transaction, event: AppointmentRescheduled) -> None:
    """End the ticket of a rescheduled appointment."""
    await _end_ticket_of_appointment(tx, event.old.id)
    await _schedule_standby_check_for(tx, event.old)


async def _schedule_standby_check_for(tx: Transaction, appointment: Appointment) -> None:
    """Check whether a standby ticket fits into the time of a dropped appointment."""
    if appointment.mode != "in_person":
        return
    office = await office_by_id(tx.session, appointment.office_id)
    service = first_service_now(office, appointment)
    if service is not None:
        await schedule_standby_check(tx, service.line_id)


async def _end_ticket_of_appointment(tx: Transaction, appointment_id: str) -> None:
    record = await ticket_rows.active_ticket_for_appointment(tx.session, appointment_id)
    if record is None:
        return
    locked, found = await lock_ticket_of_record(tx, record)
    if found.state in ACTIVE_STATES and TicketState.LEFT in ticket.ALLOWED_TRANSITIONS[found.state]:
        after = ticket.end_as_left(found, tx.now)
        await commit_ticket_change(locked, found, after, "left", APPOINTMENT_ACTOR)
