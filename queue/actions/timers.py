"""Handlers of the timers of tickets and lines. No SQL.

Each handler locks the ticket, and does nothing if the ticket has changed since the timer was scheduled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ...appointments.service import mark_no_show, mark_served
from ...core.db.timers import TimerHandler
from ...core.errors import Conflict, NotFound
from ...core.runtime import Transaction
from ...offices.service import office_by_line_id
from ..domain import ticket
from ..domain.actors import TIMER_ACTOR
from ..domain.ticket import Ticket, TicketState
from ..storage import ticket_rows
from .desks import publish_activity
from .line_transaction import (
    LockedLines,
    commit_lines,
    commit_ticket_change,
    lock_office_lines,
    lock_ticket_of_record,
    publish_lines,
)
from .pause import announce_evacuation_to_agents, take_back_calls
from .standby import admit_standby_tickets
from .ticket_timers import (
    ACTIVITY_TIMER,
    DUE_TIMER,
    EVACUATION_TIMER,
    EXPIRE_TIMER,
    HOLD_TIMER,
    MISSED_TIMER,
    NO_SHOW_TIMER,
    RECALL_TIMER,
    STANDBY_TIMER,
    TAKE_BACK_TIMER,
    id_in_subject,
    schedule_ticket_timers,
    timer_subject,
)

logger = logging.getLogger(__name__)


async def _lock_if_current(tx: Transaction, subject: str, state: TicketState) -> tuple[LockedLines, Ticket] | None:
    """Lock the ticket of a timer. Return None if its state has changed since."""
    result = await _lock_subject_ticket(tx, subject)
    if result is None:
        return None
    found = result[1]
    return result if found.state is state and timer_subject(found.id, found.since) == subject else None


async def _lock_subject_ticket(tx: Transaction, subject: str) -> tuple[LockedLines, Ticket] | None:
    record = await ticket_rows.ticket_record_by_id(tx.session, id_in_subject(subject))
    if record is None:
        return None
    try:
        return await lock_ticket_of_record(tx, record)
    except Conflict:  # transferred meanwhile: the ticket has new timers
        return None


async def recall_unanswered(tx: Transaction, subject: str) -> None:
    """Repeat a call without an answer, unless the agent has repeated it already."""
    if (result := await _lock_if_current(tx, subject, TicketState.CALLED)) is None:
        return
    locked, found = result
    if not found.recalls:
        await commit_ticket_change(locked, found, ticket.repeat_call(found), "recalled", TIMER_ACTOR)


async def miss_unanswered(tx: Transaction, subject: str) -> None:
    """Mark a call without an answer as missed, so that the desk is free again.

    The agent ends the call of a citizen who asked for help.
    """
    if (result := await _lock_if_current(tx, subject, TicketState.CALLED)) is None:
        return
    locked, found = result
    if found.is_call_open_ended:
        return
    await commit_ticket_change(locked, found, ticket.miss_call(found, tx.now), "missed", TIMER_ACTOR)


async def end_missed_ticket(tx: Transaction, subject: str) -> None:
    """End a missed ticket that did not rejoin in time, or may not.

    In a paused office the time does not run.
    """
    if (result := await _lock_if_current(tx, subject, TicketState.MISSED)) is None:
        return
    locked, found = result
    if locked.office.paused:
        return
    await commit_ticket_change(locked, found, ticket.end_as_no_show(found, tx.now), "no_show", TIMER_ACTOR)
    if found.appointment_id is not None:
        await mark_no_show(tx, found.appointment_id)


async def end_expired_hold(tx: Transaction, subject: str) -> None:
    """Put a ticket back into the line when its hold ends. Its desk calls it first."""
    if (result := await _lock_if_current(tx, subject, TicketState.ON_HOLD)) is None:
        return
    locked, found = result
    await commit_ticket_change(locked, found, ticket.end_hold(found, tx.now), "hold_ended", TIMER_ACTOR)


async def publish_due_ticket(tx: Transaction, subject: str) -> None:
    """Publish a line whose order changes with the clock.

    An appointment is due, or a postponement ends.
    """
    result = await _lock_subject_ticket(tx, subject)
    if result is None:
        return
    locked, found = result
    if found.state is TicketState.WAITING:
        schedule_ticket_timers(tx, found, locked.lines[found.line_id].settings)
        await publish_lines(locked, [locked.lines[found.line_id]])


async def expire_line_tickets(tx: Transaction, subject: str) -> None:
    """End the tickets of a line that are still active some time after closing."""
    line_id = id_in_subject(subject)
    try:
        office = await office_by_line_id(tx.session, line_id)
    except NotFound:  # the line was deleted
        return
    locked = await lock_office_lines(tx, office, [line_id])
    records = await ticket_rows.overdue_ticket_records(tx.session, line_id, tx.now)
    expired = [ticket.expire_ticket(record.ticket, tx.now) for record in records]
    if expired:
        await commit_lines(locked, [locked.lines[line_id].with_tickets(*expired)], "expired", TIMER_ACTOR)
    for after in expired:
        if after.appointment_id is not None:
            mark = mark_served if after.state is TicketState.FINISHED else mark_no_show
            await mark(tx, after.appointment_id)
    logger.info("line_expired", extra={"line": line_id, "tickets": len(expired)})


TIMERS: Mapping[str, TimerHandler] = {
    RECALL_TIMER: recall_unanswered,
    MISSED_TIMER: miss_unanswered,
    NO_SHOW_TIMER: end_missed_ticket,
    HOLD_TIMER: end_expired_hold,
    DUE_TIMER: publish_due_ticket,
    EXPIRE_TIMER: expire_line_tickets,
    STANDBY_TIMER: admit_standby_tickets,
    EVACUATION_TIMER: announce_evacuation_to_agents,
    TAKE_BACK_TIMER: take_back_calls,
    ACTIVITY_TIMER: publish_activity,
}
