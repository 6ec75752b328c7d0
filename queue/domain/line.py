"""A waiting line and the choice of its next ticket. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .line_settings import LineSettings
from .ticket import Ticket, TicketKind, TicketPriority, TicketState, begin_call


class CallReason(StrEnum):
    """The reason for a call; the console shows it in words."""

    RETURNED = "returned"
    HOST = "host"
    LONGEST_WAIT = "longest_wait"
    APPOINTMENT_DUE = "appointment_due"
    LATE_APPOINTMENT = "late_appointment"
    PREFERENTIAL = "preferential"
    ARRIVAL = "arrival"
    EARLY_APPOINTMENT = "early_appointment"


# The reason that an overtaken citizen is shown. The other reasons overtake no ticket, or need no explanation.
OVERTAKING_REASONS: Mapping[CallReason, str] = {
    CallReason.RETURNED: "returned",
    CallReason.HOST: "host",
    CallReason.APPOINTMENT_DUE: "appointment_due",
    CallReason.LATE_APPOINTMENT: "appointment_due",
    CallReason.PREFERENTIAL: "preferential",
}
TRANSFERRED = "transfer"  # another reason to be overtaken


@dataclass(frozen=True, slots=True)
class Line:
    """The state of a line: active tickets, and the kinds of its last calls, newest last."""

    id: str
    tickets: tuple[Ticket, ...] = ()
    last_calls: tuple[TicketKind, ...] = ()
    settings: LineSettings = field(default_factory=LineSettings)

    def ticket(self, ticket_id: str) -> Ticket:
        """Return a ticket of the line. Raises KeyError."""
        for ticket in self.tickets:
            if ticket.id == ticket_id:
                return ticket
        raise KeyError(ticket_id)

    def with_tickets(self, *changed: Ticket) -> Line:
        """Return the line with these tickets replaced or added."""
        by_id = {ticket.id: ticket for ticket in self.tickets} | {ticket.id: ticket for ticket in changed}
        return replace(self, tickets=tuple(by_id.values()))

    def without_ticket(self, ticket_id: str) -> Line:
        """Return the line without a ticket that moved to another line."""
        return replace(self, tickets=tuple(ticket for ticket in self.tickets if ticket.id != ticket_id))


@dataclass(frozen=True, slots=True)
class NextCall:
    """The next ticket of a desk, and the reason."""

    ticket: Ticket
    why: CallReason


def overtaking_limit_at_issue(booked: int, settings: LineSettings) -> int:
    """Return how many later tickets may be called before a new ticket: its overtaking limit.

    `booked`: the booked appointments that have not arrived and could overtake it.
    """
    return booked + settings.overtaking_slack


def is_late(ticket: Ticket, settings: LineSettings) -> bool:
    """Return whether an appointment checked in after its tolerance.

    The tolerance counts from the later time of a delay notice, if a notice was sent.
    """
    if ticket.appointment_at is None:
        return False
    return ticket.arrived_at > (ticket.told_at or ticket.appointment_at) + settings.on_time_until


def due_at(ticket: Ticket, settings: LineSettings) -> datetime | None:
    """Return from when a punctual appointment has priority.

    None for a walk-in and for a late appointment.
    """
    if ticket.appointment_at is None or is_late(ticket, settings):
        return None
    return ticket.appointment_at - settings.due_before


def guard_starts_at(ticket: Ticket, settings: LineSettings) -> datetime:
    """Return from when the guard may put a walk-in before appointments that are due."""
    is_preferential = ticket.priority is TicketPriority.PREFERENTIAL
    return ticket.issued_at + (settings.guard_wait_preferential if is_preferential else settings.guard_wait)


def is_plain_walk_in(ticket: Ticket) -> bool:
    """Return whether a ticket has neither an appointment nor any right to overtake others."""
    return (
        ticket.kind is TicketKind.WALK_IN
        and ticket.priority is TicketPriority.NORMAL
        and ticket.returns_to is None
        and ticket.placed_at is None
        # overtakings are counted in the order of issue: equal times make it the order of arrival
        and ticket.arrived_at == ticket.issued_at
    )


def virtual_time(ticket: Ticket, settings: LineSettings) -> datetime:
    """Return the virtual arrival time: the arrival less the lead of its priority."""
    lead = timedelta()
    if ticket.priority is TicketPriority.PREFERENTIAL:
        lead = settings.preferential_lead
    if is_late(ticket, settings):
        lead = max(lead, settings.late_lead)
    return ticket.arrived_at - lead


def choose_next(lines: Sequence[Line], desk_id: str, now: datetime) -> NextCall | None:
    """Choose the next ticket of a desk; `lines` in its order of preference.

    None if no ticket is callable.
    """
    found = _find_next(lines, desk_id, now)
    return found[1] if found else None


def choose_and_call_next(
    lines: Sequence[Line], desk_id: str, agent_id: str, now: datetime
) -> tuple[tuple[Line, ...], NextCall | None]:
    """Choose the next ticket and call it. Return the changed lines and the called ticket."""
    found = _find_next(lines, desk_id, now)
    if found is None:
        return tuple(lines), None
    line, choice = found
    called = begin_call(choice.ticket, desk_id, agent_id, now)
    # the limit holds in each line: tickets of the desk's other lines are not overtaken
    overtaken = [
        _overtake(ticket, choice.why)
        for ticket in line.tickets
        if can_be_overtaken(ticket, now) and ticket.issue_order < called.issue_order
    ]
    last_calls = (*line.last_calls, called.kind)[-line.settings.guard_calls :]
    after = replace(line.with_tickets(called, *overtaken), last_calls=last_calls)
    return tuple(after if other is line else other for other in lines), NextCall(called, choice.why)


def is_callable_now(ticket: Ticket, desk_id: str | None, now: datetime) -> bool:
    """Return whether a desk may call the ticket now: not postponed, not bound to another desk."""
    return is_callable(ticket, desk_id) and (ticket.not_before is None or ticket.not_before <= now)


def can_be_overtaken(ticket: Ticket, now: datetime) -> bool:
    """Return whether the call of a later ticket counts as an overtaking of this ticket."""
    # postponed tickets, and tickets that are bound to a desk, could not be called at that moment
    awake = ticket.not_before is None or ticket.not_before <= now
    return ticket.state is TicketState.WAITING and awake and ticket.returns_to is None


def priority_key(
    ticket: Ticket, settings: LineSettings, is_guard_active: bool, now: datetime
) -> tuple[int, datetime]:
    """Return the priority class of a ticket, and the time that sorts it.

    The class is an index of PRIORITY_CLASSES.
    `is_guard_active`: the last calls of the line were appointments only, see `should_guard_walk_ins`.
    """
    if ticket.returns_to is not None:
        return _RETURNED, ticket.not_before or ticket.since
    if ticket.placed_at is not None:
        return _PLACED, ticket.placed_at
    if is_guard_active and ticket.kind is TicketKind.WALK_IN and guard_starts_at(ticket, settings) <= now:
        return _GUARD, ticket.issued_at
    if ticket.appointment_at is None or is_late(ticket, settings):
        return _ARRIVAL, virtual_time(ticket, settings)
    is_due = ticket.appointment_at - settings.due_before <= now
    return _DUE if is_due else _EARLY, ticket.appointment_at


def should_guard_walk_ins(last_calls: Sequence[TicketKind], settings: LineSettings) -> bool:
    """Return whether the last calls were appointments only.

    Then a walk-in that has waited too long goes first.
    """
    recent = last_calls[-settings.guard_calls :]
    return len(recent) == settings.guard_calls and TicketKind.WALK_IN not in recent


_CallKey = tuple[int, datetime, int, int, str]
# in the order of docs/queue_settings.md#who-is-next: a host's decision goes before the guard
PRIORITY_CLASSES = ("returned", "placed", "guard", "due", "arrival", "early")
_RETURNED, _PLACED, _GUARD, _DUE, _ARRIVAL, _EARLY = range(len(PRIORITY_CLASSES))
_REASON_OF_CLASS = {
    "returned": CallReason.RETURNED,
    "placed": CallReason.HOST,
    "guard": CallReason.LONGEST_WAIT,
    "due": CallReason.APPOINTMENT_DUE,
    "early": CallReason.EARLY_APPOINTMENT,
}


def _find_next(lines: Sequence[Line], desk_id: str, now: datetime) -> tuple[Line, NextCall] | None:
    """Find the smallest ticket by class, time, preference of the desk and number.

    A pass without sorting, because every call does it.
    """
    best: tuple[_CallKey, Line, Ticket] | None = None
    for preference, line in enumerate(lines):
        tickets = [ticket for ticket in line.tickets if is_callable_now(ticket, desk_id, now)]
        limit, settings = _overtaking_limit(tickets), line.settings
        is_guard_active = should_guard_walk_ins(line.last_calls, settings)
        for ticket in tickets:
            priority_class, by = priority_key(ticket, settings, is_guard_active, now)
            # the promise binds every rule but a host's decision, which has a reason
            if limit is not None and priority_class != _PLACED and ticket.issue_order > limit:
                continue
            if best is None or (priority_class, by) <= best[0][:2]:
                key = (priority_class, by, preference, ticket.number, ticket.id)
                if best is None or key < best[0]:
                    best = key, line, ticket
    if best is None:
        return None
    key, line, ticket = best
    return line, NextCall(ticket, call_reason(PRIORITY_CLASSES[key[0]], ticket, line.settings))


def _overtaking_limit(tickets: Iterable[Ticket]) -> tuple[datetime, int] | None:
    """Return the issue order of the first ticket at its overtaking limit.

    No ticket issued later may be called.
    """
    exhausted = (
        ticket.issue_order for ticket in tickets if ticket.overtakings_left <= 0 and ticket.returns_to is None
    )
    return min(exhausted, default=None)


def call_reason(priority_class: str, ticket: Ticket, settings: LineSettings) -> CallReason:
    """Return the reason for a call of this priority class."""
    if priority_class != "arrival":
        return _REASON_OF_CLASS[priority_class]
    if is_late(ticket, settings):
        return CallReason.LATE_APPOINTMENT
    return CallReason.PREFERENTIAL if ticket.priority is TicketPriority.PREFERENTIAL else CallReason.ARRIVAL


def _overtake(ticket: Ticket, why: CallReason) -> Ticket:
    """Count an overtaking and set the reason.

    A host's decision does not count against the limit.
    """
    left = ticket.overtakings_left if why is CallReason.HOST else max(0, ticket.overtakings_left - 1)
    return replace(ticket, overtakings_left=left, reason=OVERTAKING_REASONS.get(why, ticket.reason))


def is_callable(ticket: Ticket, desk_id: str | None) -> bool:
    """Return whether a desk may call the ticket, now or later.

    The ticket waits for any desk or for this desk, or this desk put it on hold.
    `desk_id` None: whether any desk may call it.
    """
    if ticket.state is TicketState.WAITING:
        return desk_id is None or ticket.returns_to in (None, desk_id)
    return ticket.state is TicketState.ON_HOLD and desk_id is not None and ticket.returns_to == desk_id
