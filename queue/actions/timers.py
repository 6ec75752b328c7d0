"""What happens by itself: call again, missed, no-show, holds that run out, places that come up, the day's end.

Each handler looks at the ticket under its lock, and does nothing when it has moved on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ...appointments.service import mark_no_show, mark_served
from ...core.db.timers import TimerHandler
from ...core.errors import Conflict
from ...core.runtime import Transaction
from ...offices.service import all_offices, office_by_id
from ..domain import ticket
from ..domain.ticket import Ticket, TicketState
from ..storage import ticket_rows
from .line_transaction import (
    STANDBY_TIMER,
    LockedLines,
    commit_lines,
    commit_ticket_change,
    id_in_subject,
    lock_office_lines,
    lock_ticket,
    publish_lines,
    schedule_ticket_timers,
    timer_subject,
)
from .standby import admit_standby_tickets

logger = logging.getLogger(__name__)


async def _lock_if_current(tx: Transaction, subject: str) -> tuple[LockedLines, Ticket] | None:
    """The ticket under its lock, if this timer is about its present state."""
    at = await _lock_subject_ticket(tx, subject)
    return at if at is not None and timer_subject(at[1].id, at[1].since) == subject else None


async def _lock_subject_ticket(tx: Transaction, subject: str) -> tuple[LockedLines, Ticket] | None:
    record = await ticket_rows.ticket_record_by_id(tx.session, id_in_subject(subject))
    if record is None:
        return None
    office = await office_by_id(tx.session, record.office_id)
    try:
        return await lock_ticket(tx, office, record.ticket)
    except Conflict:  # sent to another line in this moment, where it has timers of its own
        return None


async def recall_unanswered(tx: Transaction, subject: str) -> None:
    """One minute without an answer: once more, unless the agent has done so."""
    at = await _lock_if_current(tx, subject)
    if at is None or at[1].state is not TicketState.CALLED or at[1].recalls:
        return
    await commit_ticket_change(*at, ticket.repeat_call(at[1]), "recalled", "timer")


async def miss_unanswered(tx: Transaction, subject: str) -> None:
    """Three minutes without an answer: the desk is free again."""
    at = await _lock_if_current(tx, subject)
    if at is None or at[1].state is not TicketState.CALLED:
        return
    locked, found = at
    after = ticket.miss_call(found, locked.lines[found.line_id].settings, tx.now)
    await commit_ticket_change(locked, found, after, "missed", "timer")
    if after.state is TicketState.NO_SHOW and after.appointment_id is not None:
        await mark_no_show(tx, after.appointment_id)


async def end_missed_ticket(tx: Transaction, subject: str) -> None:
    """Nobody rejoined in time. In a paused office nobody could know; the time begins anew when it goes on."""
    at = await _lock_if_current(tx, subject)
    if at is None or at[1].state is not TicketState.MISSED or at[0].office.paused:
        return
    await commit_ticket_change(*at, ticket.end_as_no_show(at[1], tx.now), "no_show", "timer")
    if at[1].appointment_id is not None:
        await mark_no_show(tx, at[1].appointment_id)


async def end_expired_hold(tx: Transaction, subject: str) -> None:
    """The hold ran out: back into the line, for the same desk first."""
    at = await _lock_if_current(tx, subject)
    if at is None or at[1].state is not TicketState.ON_HOLD:
        return
    await commit_ticket_change(*at, ticket.end_hold(at[1], tx.now), "hold_ended", "timer")


async def publish_due_ticket(tx: Transaction, subject: str) -> None:
    """An appointment is due, or ten minutes are over: the order changes though nobody did anything."""
    at = await _lock_subject_ticket(tx, subject)
    if at is None:
        return
    locked, found = at
    if found.state is TicketState.WAITING:
        await schedule_ticket_timers(tx, found, locked.lines[found.line_id].settings)
        await publish_lines(locked, [locked.lines[found.line_id]])


async def expire_line_tickets(tx: Transaction, subject: str) -> None:
    """Half an hour after closing: the line's tickets of that opening are over."""
    line_id = id_in_subject(subject)
    offices = [one for one in await all_offices(tx.session) if line_id in {line.id for line in one.lines}]
    if not offices:
        return
    locked = await lock_office_lines(tx, offices[0], [line_id])
    records = await ticket_rows.overdue_ticket_records(tx.session, line_id, tx.now)
    over = [ticket.expire_ticket(record.ticket, tx.now) for record in records]
    if over:
        await commit_lines(locked, [locked.lines[line_id].with_tickets(*over)], "expired", "timer")
    for one in over:
        if one.appointment_id is not None:
            mark = mark_served if one.state is TicketState.FINISHED else mark_no_show
            await mark(tx, one.appointment_id)
    logger.info("line_expired", extra={"line": line_id, "tickets": len(over)})


TIMERS: Mapping[str, TimerHandler] = {
    "ticket.recall": recall_unanswered,
    "ticket.missed": miss_unanswered,
    "ticket.no_show": end_missed_ticket,
    "ticket.hold": end_expired_hold,
    "ticket.due": publish_due_ticket,
    "ticket.expire": expire_line_tickets,
    STANDBY_TIMER: admit_standby_tickets,
}
