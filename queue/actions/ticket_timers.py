"""Kinds, subjects and due times of the timers. Their handlers are in timers.py.

The subject of a ticket's timer holds the start of the state that the timer is about. A timer that fires after the
ticket has changed finds another start and does nothing. So no timer is ever cancelled: that could deadlock.
"""

from __future__ import annotations

from datetime import datetime

from ...core.runtime import Transaction
from ..domain.line import due_at
from ..domain.line_settings import LineSettings
from ..domain.ticket import Ticket, TicketState, missed_until

RECALL_TIMER = "ticket.recall"
MISSED_TIMER = "ticket.missed"
NO_SHOW_TIMER = "ticket.no_show"
HOLD_TIMER = "ticket.hold"
DUE_TIMER = "ticket.due"
EXPIRE_TIMER = "ticket.expire"  # its subject is a line and a moment
STANDBY_TIMER = "ticket.standby"  # its subject is a line
EVACUATION_TIMER = "calls.evacuation"  # its subject, and that of the next, is an office
TAKE_BACK_TIMER = "calls.take_back"
ACTIVITY_TIMER = "calls.desk_activity"  # its subject is an agent


def schedule_ticket_timers(tx: Transaction, ticket: Ticket, settings: LineSettings) -> None:
    """Schedule the timers of a ticket's present state, with the next flush."""
    tx.batch_timers(future_ticket_timers(tx, ticket, settings))


def future_ticket_timers(
    tx: Transaction, ticket: Ticket, settings: LineSettings
) -> list[tuple[str, str, datetime]]:
    """Return kind, subject and due time of the timers of a ticket's present state."""
    return [
        (kind, timer_subject(ticket.id, stamp), due)
        for kind, stamp, due in _timers_for_state(ticket, settings)
        if due > tx.now
    ]


def _timers_for_state(ticket: Ticket, settings: LineSettings) -> list[tuple[str, datetime, datetime]]:
    """Return kind, the moment in the subject, and due time of each timer."""
    since = ticket.since
    if ticket.state is TicketState.CALLED:
        return [
            (RECALL_TIMER, since, since + settings.recall_after),
            (MISSED_TIMER, since, since + settings.missed_after),
        ]
    if ticket.state is TicketState.MISSED:
        return [(NO_SHOW_TIMER, since, missed_until(ticket, settings))]
    if ticket.state is TicketState.ON_HOLD and ticket.not_before is not None:
        return [(HOLD_TIMER, since, ticket.not_before)]
    if ticket.state is TicketState.WAITING:
        return [(DUE_TIMER, due, due) for due in (due_at(ticket, settings), ticket.not_before) if due is not None]
    return []


def schedule_expiry(tx: Transaction, line_id: str, expires_at: datetime) -> None:
    """Schedule, with the next flush, the end of all tickets of a line that expire then."""
    tx.batch_timers([(EXPIRE_TIMER, f"{line_id}@{int(expires_at.timestamp())}", expires_at)])


async def schedule_standby_check(tx: Transaction, line_id: str) -> None:
    """Check at once whether the line has room for a standby ticket."""
    await tx.schedule_timer(STANDBY_TIMER, subject=line_id, due_at=tx.now)


def timer_subject(ticket_id: str, since: datetime) -> str:
    return f"{ticket_id}@{round(since.timestamp() * 1000)}"


def id_in_subject(subject: str) -> str:
    return subject.partition("@")[0]
