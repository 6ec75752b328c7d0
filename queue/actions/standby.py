"""Standby: whoever found no room waits for some. In the order in which they came, and never beyond capacity.

Who frees a place need not know: every change of a line with people on standby sets a timer that looks at once,
and while somebody is there it looks again each minute, for time alone frees places too.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, all_offices
from ..domain import admission, ticket
from ..domain.line import Line
from ..domain.ticket import Ticket
from ..notify import ticket_messages
from ..queries import office_state
from ..storage import contact_rows, desk_rows, ticket_rows
from .judging import assess_walk_in, overtaking_limit_now
from .line_transaction import STANDBY_TIMER, LockedLines, commit_lines, lock_office_lines
from .take_ticket import take_ticket
from .ticket_request import IssuedTicket, TicketRequest

logger = logging.getLogger(__name__)

STANDBY_CHECK_EVERY = timedelta(minutes=1)
STANDBY_ACTOR = "standby"


async def join_standby(runtime: Runtime, office_slug: str, request: TicketRequest) -> IssuedTicket:
    """A ticket that becomes one of the line as soon as there is room. Whoever has room already gets it at once.

    Raises as `take_ticket`; Refused only for what cannot change today: "closed" | "paused" | "appointment_only" |
    "already_waiting".
    """
    return await take_ticket(runtime, office_slug, replace(request, standby=True))


async def admit_standby_tickets(tx: Transaction, line_id: str) -> None:
    """The timer: let in whoever there is room for."""
    if not await ticket_rows.has_standby_tickets(tx.session, line_id):
        return
    locked = await lock_office_lines(tx, await _office_with_line(tx.session, line_id), [line_id])
    line, admitted = await _admit_while_room(locked)
    if admitted:
        await commit_lines(locked, [line], "admitted", STANDBY_ACTOR)
        await _send_admitted_emails(locked, line, admitted)
    if admission.first_standby_ticket(line.tickets) is not None:
        await tx.schedule_timer(STANDBY_TIMER, subject=line_id, due_at=tx.now + STANDBY_CHECK_EVERY)


async def _admit_while_room(locked: LockedLines) -> tuple[Line, list[Ticket]]:
    """The line with everybody who is let in, and who they are. Their number is counted."""
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
    """The ticket in the line, as one that was issued now; counted as a walk-in of the day."""
    judged = await assess_walk_in(locked, locked.office.service(found.service))
    after = ticket.admit_from_standby(found, overtaking_limit_now(locked, found.line_id, judged), locked.tx.now)
    counted = replace(locked.line_days[found.line_id], walk_ins=locked.line_days[found.line_id].walk_ins + 1)
    locked.line_days[found.line_id] = counted
    await desk_rows.save_line_day(locked.tx.session, found.line_id, locked.day, counted)
    logger.info("ticket_admitted", extra={"ticket": found.id})
    return after


async def _send_admitted_emails(locked: LockedLines, line: Line, admitted: list[Ticket]) -> None:
    """The letter of a ticket to whoever gave an address; notices are written with the change itself.

    What the estimates are judged by is what was shown now, when the ticket became one of the line.
    """
    tx, office = locked.tx, locked.office
    outlook = (
        await office_state.load_office_state(tx.session, office, tx.now, [line], locked.sessions)
    ).call_schedule(line.id)
    for one in admitted:
        record = await ticket_rows.ticket_record_by_id(tx.session, one.id)
        shown = outlook.ranges.get(one.id)
        if shown is not None:
            await contact_rows.save_shown_range(tx.session, one.id, shown.earliest, shown.latest)
        if record is not None and record.email is not None:
            ticket_messages.enqueue_ticket_email(tx, office, replace(record, ticket=one), record.email, shown)


async def _office_with_line(session: AsyncSession, line_id: str) -> Office:
    for office in await all_offices(session):
        if any(line.id == line_id for line in office.lines):
            return office
    raise NotFound
