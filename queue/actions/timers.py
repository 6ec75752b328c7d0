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
from ..domain.ticket import State, Ticket
from ..storage import store
from .line_transaction import (
    STANDBY_TIMER,
    Locked,
    change_ticket,
    commit,
    lock,
    lock_ticket,
    set_timers,
    tell,
    ticket_of_subject,
    timer_subject,
)
from .standby import look

logger = logging.getLogger(__name__)


async def _found(tx: Transaction, subject: str) -> tuple[Locked, Ticket] | None:
    """The ticket under its lock, if this timer is about its present state."""
    at = await _locked(tx, subject)
    return at if at is not None and timer_subject(at[1].id, at[1].since) == subject else None


async def _locked(tx: Transaction, subject: str) -> tuple[Locked, Ticket] | None:
    record = await store.by_id(tx.session, ticket_of_subject(subject))
    if record is None:
        return None
    office = await office_by_id(tx.session, record.office_id)
    try:
        return await lock_ticket(tx, office, record.ticket)
    except Conflict:  # sent to another line in this moment, where it has timers of its own
        return None


async def call_again(tx: Transaction, subject: str) -> None:
    """One minute without an answer: once more, unless the agent has done so."""
    at = await _found(tx, subject)
    if at is None or at[1].state is not State.CALLED or at[1].recalls:
        return
    await change_ticket(*at, ticket.recall(at[1]), "recalled", "timer")


async def miss(tx: Transaction, subject: str) -> None:
    """Three minutes without an answer: the desk is free again."""
    at = await _found(tx, subject)
    if at is None or at[1].state is not State.CALLED:
        return
    locked, found = at
    after = ticket.miss(found, locked.lines[found.line_id].rules, tx.now)
    await change_ticket(locked, found, after, "missed", "timer")
    if after.state is State.NO_SHOW and after.appointment_id is not None:
        await mark_no_show(tx, after.appointment_id)


async def give_up(tx: Transaction, subject: str) -> None:
    """Nobody rejoined in time. In a paused office nobody could know; the time begins anew when it goes on."""
    at = await _found(tx, subject)
    if at is None or at[1].state is not State.MISSED or at[0].office.paused:
        return
    await change_ticket(*at, ticket.no_show(at[1], tx.now), "no_show", "timer")
    if at[1].appointment_id is not None:
        await mark_no_show(tx, at[1].appointment_id)


async def end_hold(tx: Transaction, subject: str) -> None:
    """The hold ran out: back into the line, for the same desk first."""
    at = await _found(tx, subject)
    if at is None or at[1].state is not State.ON_HOLD:
        return
    await change_ticket(*at, ticket.end_hold(at[1], tx.now), "hold_ended", "timer")


async def come_up(tx: Transaction, subject: str) -> None:
    """An appointment is due, or ten minutes are over: the order changes though nobody did anything."""
    at = await _locked(tx, subject)
    if at is None:
        return
    locked, found = at
    if found.state is State.WAITING:
        await set_timers(tx, found, locked.lines[found.line_id].rules)
        await tell(locked, [locked.lines[found.line_id]])


async def expire(tx: Transaction, subject: str) -> None:
    """Half an hour after closing: the line's tickets of that opening are over."""
    line_id = ticket_of_subject(subject)
    offices = [one for one in await all_offices(tx.session) if line_id in {line.id for line in one.lines}]
    if not offices:
        return
    locked = await lock(tx, offices[0], [line_id])
    records = await store.expired(tx.session, line_id, tx.now)
    over = [ticket.expire(record.ticket, tx.now) for record in records]
    if over:
        await commit(locked, [locked.lines[line_id].with_tickets(*over)], "expired", "timer")
    for one in over:
        if one.appointment_id is not None:
            mark = mark_served if one.state is State.FINISHED else mark_no_show
            await mark(tx, one.appointment_id)
    logger.info("line_expired", extra={"line": line_id, "tickets": len(over)})


TIMERS: Mapping[str, TimerHandler] = {
    "ticket.recall": call_again,
    "ticket.missed": miss,
    "ticket.no_show": give_up,
    "ticket.hold": end_hold,
    "ticket.due": come_up,
    "ticket.expire": expire,
    STANDBY_TIMER: look,
}
