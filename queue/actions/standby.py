"""Standby: tickets that wait for room in a line, admitted in order. No SQL.

Every change of a line with tickets on standby schedules a check at once. While tickets are on standby the check
repeats every minute, because the passing of time frees capacity too.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_line_id
from ..domain import admission, ticket
from ..domain.actors import STANDBY_ACTOR
from ..domain.line import Line
from ..domain.ticket import Ticket
from ..notify import ticket_messages
from ..queries import office_state
from ..storage import contact_rows, desk_rows, ticket_rows
from .assess_walk_in import assess_walk_in, overtaking_limit_now
from .line_transaction import LockedLines, commit_lines, lock_office_lines
from .take_ticket import take_ticket
from .ticket_request import IssuedTicket, TicketRequest
from .ticket_timers import STANDBY_TIMER

logger = logging.getLogger(__name__)

STANDBY_CHECK_EVERY = timedelta(minutes=1)


async def join_standby(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """Issue a ticket on standby. It is admitted at once if the line has room.

    Raises as `take_ticket`; Refused only for what cannot change today: "closed" | "paused" | "appointment_only" |
    "already_waiting".
    """
    return await take_ticket(runtime, office_slug, replace(request, standby=True))


async def admit_standby_tickets(tx: Transaction, line_id: str) -> None:
    """Admit the tickets on standby that fit into a line; the handler of the standby timer."""
    if not await ticket_rows.has_standby_tickets(tx.session, line_id):
        return
    locked = await lock_office_lines(tx, await office_by_line_id(tx.session, line_id), [line_id])
    line, admitted = await _admit_while_room(locked)
    if admitted:
        await commit_lines(locked, [line], "admitted", STANDBY_ACTOR)
        await _send_admitted_emails(locked, line, admitted)
    if admission.first_standby_ticket(line.tickets) is not None:
        await tx.schedule_timer(STANDBY_TIMER, subject=line_id, due_at=tx.now + STANDBY_CHECK_EVERY)


async def _admit_while_room(locked: LockedLines) -> tuple[Line, list[Ticket]]:
    """Admit tickets until the line is full. Return the line and the admitted tickets."""
    (line,) = locked.lines.values()
    admitted: list[Ticket] = []
    while (first := admission.first_standby_ticket(line.tickets)) is not None:
        present = replace(locked, lines={line.id: line})
        if (await assess_walk_in(present, locked.office.service(first.service))).refusal is not None:
            break
        admitted.append(await admit_ticket(present, first))
        line = line.with_tickets(admitted[-1])
    return line, admitted


async def admit_ticket(locked: LockedLines, found: Ticket) -> Ticket:
    """Put a ticket from standby into its line, like one issued now.

    It counts as a walk-in of the day.
    """
    assessment = await assess_walk_in(locked, locked.office.service(found.service))
    limit = overtaking_limit_now(locked, found.line_id, assessment)
    after = ticket.admit_from_standby(found, limit, locked.tx.now)
    counted = replace(locked.line_days[found.line_id], walk_ins=locked.line_days[found.line_id].walk_ins + 1)
    locked.line_days[found.line_id] = counted
    desk_rows.save_line_day(locked.tx.writes, found.line_id, locked.day, counted)
    logger.info("ticket_admitted", extra={"ticket": found.id})
    return after


async def _send_admitted_emails(locked: LockedLines, line: Line, admitted: list[Ticket]) -> None:
    """Save the call range of each admitted ticket, and enqueue its e-mail.

    Statistics compare the call with the range shown at admission. Notifications are part of the commit.
    """
    tx, office = locked.tx, locked.office
    state = await office_state.load_office_state(tx.session, office, tx.now, [line], locked.sessions)
    schedule = state.call_schedule(line.id)
    for ticket_now in admitted:
        record = await ticket_rows.ticket_record_by_id(tx.session, ticket_now.id)
        shown = schedule.ranges.get(ticket_now.id)
        if shown is not None:
            await contact_rows.save_shown_range(tx.session, ticket_now.id, shown.earliest, shown.latest)
        if record is not None and record.email is not None:
            present = replace(record, ticket=ticket_now)
            ticket_messages.enqueue_ticket_email(tx, office, present, record.email, shown)
