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
    present_service,
    undo_check_in,
)
from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import office_by_id, office_of_line
from ..domain import ticket
from ..domain.line import Line
from ..domain.ticket import ACTIVE, OVER, State, Ticket
from ..queries import office_state
from ..queries.ticket_json import ticket_object
from ..storage import store
from ..storage.store import Record
from .line_transaction import Locked, change_ticket, commit, lock_ticket, look_at_standby

logger = logging.getLogger(__name__)


async def record_by_token(session: AsyncSession, token: str) -> Record:
    """Raises NotFound."""
    record = await store.by_token_hash(session, hash_token(token))
    if record is None:
        raise NotFound
    return record


async def ticket_by_token(session: AsyncSession, token: str) -> Ticket:
    """Raises NotFound."""
    return (await record_by_token(session, token)).ticket


async def ticket_of_device(session: AsyncSession, office_id: str, device: str | None) -> Record | None:
    """The active ticket that this device took in this office."""
    return await store.active_of_device(session, office_id, hash_token(device)) if device else None


async def describe(session: AsyncSession, runtime: Runtime, ticket_id: str, language: str) -> dict[str, Any]:
    """The contract's ticket as it is now, without token and links. Raises NotFound."""
    record = await store.by_id(session, ticket_id)
    if record is None:
        raise NotFound
    return await describe_ticket(session, runtime, record.ticket, language)


async def describe_ticket(
    session: AsyncSession, runtime: Runtime, ticket: Ticket, language: str
) -> dict[str, Any]:
    """The same of a ticket as it was a moment ago."""
    office = await office_of_line(session, ticket.line_id)
    shown = ticket_object(
        await office_state.read_ticket(session, office, ticket, runtime.now()), ticket.id, language
    )
    assert shown is not None
    return {"id": ticket.id, **shown}


async def leave(runtime: Runtime, token: str) -> Ticket:
    """Give the place up; leaving twice is no fault. Raises NotFound, Refused("illegal_transition")."""
    async with runtime.transaction() as tx:
        locked, found = await _locked(tx, token)
        if found.state is State.LEFT:
            return found
        after = ticket.leave(found, tx.now)
        await change_ticket(locked, found, after, "left", "citizen")
        if after.appointment_id is not None:
            await undo_check_in(tx, after.appointment_id)
        return after


async def rejoin(runtime: Runtime, token: str) -> Ticket:
    """Back into the line after a missed call.

    Raises NotFound, Refused("illegal_transition" | "rejoin_used" | "rejoin_too_late").
    """
    async with runtime.transaction() as tx:
        locked, found = await _locked(tx, token)
        line = locked.lines[found.line_id]
        after = ticket.rejoin(found, line.rules, tx.now, unhurried=locked.office.paused)
        await commit(locked, [line.with_tickets(after, *_behind(line, after))], "rejoined", "citizen")
        return after


def _behind(line: Line, returned: Ticket) -> list[Ticket]:
    """Those who go one place back, with the reason that they are told."""
    later = (one for one in line.tickets if one.state is State.WAITING and one.issue > returned.issue)
    return [replace(one, reason="returned") for one in later]


async def postpone(runtime: Runtime, token: str) -> Ticket:
    """ "I need 10 more minutes". Raises NotFound, Refused("illegal_transition" | "postpone_used")."""

    def rule(locked: Locked, found: Ticket) -> Ticket:
        return ticket.postpone(found, locked.lines[found.line_id].rules, locked.tx.now)

    return await _act(runtime, token, "postponed", rule)


async def ask_help(runtime: Runtime, token: str) -> Ticket:
    """Somebody of the office is to look after this person. Raises NotFound, Refused("illegal_transition")."""

    def rule(locked: Locked, found: Ticket) -> Ticket:
        if found.state in OVER:
            raise Refused("illegal_transition", state=str(found.state), to="help")
        return replace(found, help=True)

    return await _act(runtime, token, "help_asked", rule)


async def _act(runtime: Runtime, token: str, action: str, rule: Callable[[Locked, Ticket], Ticket]) -> Ticket:
    async with runtime.transaction() as tx:
        locked, found = await _locked(tx, token)
        after = rule(locked, found)
        await change_ticket(locked, found, after, action, "citizen")
        return after


async def _locked(tx: Transaction, token: str) -> tuple[Locked, Ticket]:
    record = await record_by_token(tx.session, token)
    office = await office_by_id(tx.session, record.office_id)
    return await lock_ticket(tx, office, record.ticket)


# What happens to an appointment happens to its ticket


async def on_appointment_cancelled(tx: Transaction, event: AppointmentCancelled) -> None:
    await _end_ticket_of(tx, event.appointment.id)
    await _free_place_of(tx, event.appointment)


async def on_appointment_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    await _end_ticket_of(tx, event.old.id)
    await _free_place_of(tx, event.old)


async def _free_place_of(tx: Transaction, appointment: Appointment) -> None:
    """Somebody on standby may get in where an appointment is given up."""
    if appointment.mode != "in_person":
        return
    office = await office_by_id(tx.session, appointment.office_id)
    service = present_service(office, appointment)
    if service is not None:
        await look_at_standby(tx, service.line_id)


async def _end_ticket_of(tx: Transaction, appointment_id: str) -> None:
    record = await store.active_of_appointment(tx.session, appointment_id)
    if record is None:
        return
    office = await office_by_id(tx.session, record.office_id)
    locked, found = await lock_ticket(tx, office, record.ticket)
    if found.state in ACTIVE and State.LEFT in ticket.NEXT[found.state]:
        await change_ticket(locked, found, ticket.leave(found, tx.now), "left", "appointment")
