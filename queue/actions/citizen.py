"""What a person does with their own ticket, by its token: look, leave, rejoin, ask for time or help."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    Appointment,
    AppointmentCancelled,
    AppointmentRescheduled,
    first_service_now,
    undo_check_in,
)
from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import office_by_id, office_by_line_id
from ..domain import ticket
from ..domain.line import Line
from ..domain.ticket import ACTIVE_STATES, ENDED_STATES, Ticket, TicketState
from ..queries.line_view import load_ticket_view
from ..queries.ticket_json import ticket_object
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord
from .line_transaction import LockedLines, commit_lines, commit_ticket_change, lock_ticket, schedule_standby_check

logger = logging.getLogger(__name__)


async def ticket_record_by_token(session: AsyncSession, token: str) -> TicketRecord:
    """Raises NotFound."""
    record = await ticket_rows.ticket_record_by_token_hash(session, hash_token(token))
    if record is None:
        raise NotFound
    return record


async def ticket_by_token(session: AsyncSession, token: str) -> Ticket:
    """Raises NotFound."""
    return (await ticket_record_by_token(session, token)).ticket


async def active_ticket_by_device(
    session: AsyncSession, office_id: str, device: str | None
) -> TicketRecord | None:
    """The active ticket that this device took in this office."""
    return await ticket_rows.active_ticket_for_device(session, office_id, hash_token(device)) if device else None


async def describe_ticket_by_id(
    session: AsyncSession, runtime: Runtime, ticket_id: str, language: str
) -> dict[str, Any]:
    """The contract's ticket as it is now, without token and links. Raises NotFound."""
    record = await ticket_rows.ticket_record_by_id(session, ticket_id)
    if record is None:
        raise NotFound
    return await describe_ticket(session, runtime, record.ticket, language)


async def describe_ticket(
    session: AsyncSession, runtime: Runtime, ticket: Ticket, language: str
) -> dict[str, Any]:
    """The same of a ticket as it was a moment ago."""
    office = await office_by_line_id(session, ticket.line_id)
    shown = ticket_object(await load_ticket_view(session, office, ticket, runtime.now()), ticket.id, language)
    assert shown is not None
    return {"id": ticket.id, **shown}


async def leave_line(runtime: Runtime, token: str) -> Ticket:
    """Give the place up; leaving twice is no fault. Raises NotFound, Refused("illegal_transition")."""
    async with runtime.transaction() as tx:
        locked, found = await _lock_by_token(tx, token)
        if found.state is TicketState.LEFT:
            return found
        after = ticket.end_as_left(found, tx.now)
        await commit_ticket_change(locked, found, after, "left", "citizen")
        if after.appointment_id is not None:
            await undo_check_in(tx, after.appointment_id)
        return after


async def rejoin_line(runtime: Runtime, token: str) -> Ticket:
    """Back into the line after a missed call.

    Raises NotFound, Refused("illegal_transition" | "rejoin_used" | "rejoin_too_late").
    """
    async with runtime.transaction() as tx:
        locked, found = await _lock_by_token(tx, token)
        line = locked.lines[found.line_id]
        after = ticket.rejoin_after_miss(found, line.settings, tx.now, is_paused=locked.office.paused)
        await commit_lines(
            locked, [line.with_tickets(after, *_overtaken_by_return(line, after))], "rejoined", "citizen"
        )
        return after


def _overtaken_by_return(line: Line, returned: Ticket) -> list[Ticket]:
    """Those who go one place back, with the reason that they are told."""
    later = (
        one for one in line.tickets if one.state is TicketState.WAITING and one.issue_order > returned.issue_order
    )
    return [replace(one, reason="returned") for one in later]


async def postpone_call(runtime: Runtime, token: str) -> Ticket:
    """ "I need 10 more minutes". Raises NotFound, Refused("illegal_transition" | "postpone_used")."""

    def rule(locked: LockedLines, found: Ticket) -> Ticket:
        return ticket.postpone_ticket(found, locked.lines[found.line_id].settings, locked.tx.now)

    return await _apply_to_own_ticket(runtime, token, "postponed", rule)


async def ask_for_help(runtime: Runtime, token: str) -> Ticket:
    """Somebody of the office is to look after this person. Raises NotFound, Refused("illegal_transition")."""

    def rule(locked: LockedLines, found: Ticket) -> Ticket:
        if found.state in ENDED_STATES:
            raise Refused("illegal_transition", state=str(found.state), to="help")
        return replace(found, help=True)

    return await _apply_to_own_ticket(runtime, token, "help_asked", rule)


async def _apply_to_own_ticket(
    runtime: Runtime, token: str, action: str, rule: Callable[[LockedLines, Ticket], Ticket]
) -> Ticket:
    async with runtime.transaction() as tx:
        locked, found = await _lock_by_token(tx, token)
        after = rule(locked, found)
        await commit_ticket_change(locked, found, after, action, "citizen")
        return after


async def _lock_by_token(tx: Transaction, token: str) -> tuple[LockedLines, Ticket]:
    record = await ticket_record_by_token(tx.session, token)
    office = await office_by_id(tx.session, record.office_id)
    return await lock_ticket(tx, office, record.ticket)


# What happens to an appointment happens to its ticket


async def leave_on_cancellation(tx: Transaction, event: AppointmentCancelled) -> None:
    await _end_ticket_of_appointment(tx, event.appointment.id)
    await _schedule_standby_check_for(tx, event.appointment)


async def leave_on_reschedule(tx: Transaction, event: AppointmentRescheduled) -> None:
    await _end_ticket_of_appointment(tx, event.old.id)
    await _schedule_standby_check_for(tx, event.old)


async def _schedule_standby_check_for(tx: Transaction, appointment: Appointment) -> None:
    """Somebody on standby may get in where an appointment is given up."""
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
    office = await office_by_id(tx.session, record.office_id)
    locked, found = await lock_ticket(tx, office, record.ticket)
    if found.state in ACTIVE_STATES and TicketState.LEFT in ticket.ALLOWED_TRANSITIONS[found.state]:
        await commit_ticket_change(locked, found, ticket.end_as_left(found, tx.now), "left", "appointment")
