"""The call order of a line, updated from change to change.

Pure: no clock, no SQL, no sockets.
`call_order.call_order` simulates all calls, which is slow for 2,000 tickets. Most changes only remove the first
ticket or append a new ticket. The updated order always equals the simulated order
(tests/queue/domain/test_incremental_order.py).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, count
from operator import attrgetter, is_not

from .call_order import call_order
from .line import (
    Line,
    due_at,
    guard_starts_at,
    is_late,
    is_plain_walk_in,
    should_guard_walk_ins,
    virtual_time,
)
from .line_settings import LineSettings
from .ticket import Ticket, TicketKind, TicketState

# The fields of a waiting ticket that decide its position, besides `overtakings_left`.
_ranking_fields = attrgetter(
    "kind",
    "priority",
    "number",
    "issued_at",
    "arrived_at",
    "appointment_at",
    "told_at",
    "not_before",
    "returns_to",
    "placed_at",
)


@dataclass(frozen=True, slots=True)
class LineOrder:
    """The waiting tickets of a line, by id and in call order.

    `valid_until`: when time alone may change the order.
    `is_plain`: all tickets are plain walk-ins, and the guard is off.
    `appends_walk_ins`: a new walk-in is last, because no ticket is early or postponed.
    `last_virtual_time`: the latest virtual arrival time; None if no ticket has such a time.
    """

    line: Line
    waiting: Mapping[str, Ticket]
    ids: Sequence[str]
    valid_until: datetime | None
    is_plain: bool
    appends_walk_ins: bool
    last_virtual_time: datetime | None


def update_line_order(line: Line, now: datetime, previous: LineOrder | None = None) -> LineOrder:
    """Return the order as of now, reusing `previous`, an earlier order of the same line."""
    if previous is not None and previous.line.settings == line.settings and not _is_outdated(previous, now):
        found = _advance_order(previous, line, now)
        if found is not None:
            return found
    return _simulate_order(line, now)


def _is_outdated(before: LineOrder, now: datetime) -> bool:
    return before.valid_until is not None and now >= before.valid_until


def _waiting_by_id(line: Line) -> dict[str, Ticket]:
    return {ticket.id: ticket for ticket in line.tickets if ticket.state is TicketState.WAITING}


def _simulate_order(line: Line, now: datetime) -> LineOrder:
    waiting, settings = _waiting_by_id(line), line.settings
    tickets = waiting.values()
    plain = not should_guard_walk_ins(line.last_calls, settings) and all(map(is_plain_walk_in, tickets))
    return LineOrder(
        line=line,
        waiting=waiting,
        ids=[call.ticket.id for call in call_order(line, now)],
        valid_until=_next_time_change(tickets, settings, plain, now),
        is_plain=plain,
        appends_walk_ins=not any(_is_not_due_yet(ticket, settings, now) for ticket in tickets),
        last_virtual_time=max(
            (virtual_time(ticket, settings) for ticket in tickets if _has_virtual_time_rank(ticket, settings)),
            default=None,
        ),
    )


def _next_time_change(
    tickets: Iterable[Ticket], settings: LineSettings, plain: bool, now: datetime
) -> datetime | None:
    """Return when time alone may next change a position.

    The guard changes nothing among plain walk-ins.
    """
    # a postponement that ends, an appointment that becomes due, and the guard: nothing else depends on the time
    moments = [moment for ticket in tickets for moment in (ticket.not_before, due_at(ticket, settings))]
    if not plain:
        moments += [guard_starts_at(ticket, settings) for ticket in tickets if ticket.kind is TicketKind.WALK_IN]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _is_not_due_yet(ticket: Ticket, settings: LineSettings, now: datetime) -> bool:
    """Return whether a new walk-in would be called before this postponed or early ticket."""
    due = due_at(ticket, settings)
    return (ticket.not_before is not None and ticket.not_before > now) or (due is not None and due > now)


def _has_virtual_time_rank(ticket: Ticket, settings: LineSettings) -> bool:
    return ticket.appointment_at is None or is_late(ticket, settings)


def _advance_order(before: LineOrder, line: Line, now: datetime) -> LineOrder | None:
    """Return the order after a change of the line; None if it takes a simulation."""
    earlier, later = _differing_slices(before.line.tickets, line.tickets)
    old = {ticket.id: ticket for ticket in earlier if ticket.state is TicketState.WAITING}
    present = {ticket.id: ticket for ticket in later if ticket.state is TicketState.WAITING}
    removed = [old[ticket_id] for ticket_id in old.keys() - present.keys()]
    new = [present[ticket_id] for ticket_id in present.keys() - old.keys()]
    # the limits are compared later, because a call lowers those of the tickets that it overtakes
    if any(
        _ranking_fields(old[ticket_id]) != _ranking_fields(present[ticket_id])
        for ticket_id in old.keys() & present.keys()
    ):
        return None
    waiting = {**before.waiting, **present}
    for ticket in removed:
        del waiting[ticket.id]
    if before.is_plain and should_guard_walk_ins(line.last_calls, line.settings):
        return None
    # in a plain line any ticket may leave: no other ticket moves
    if not before.is_plain and not _left_in_call_order(before, waiting, removed, line):
        return None
    shortened = replace(before, line=line, waiting=waiting, ids=_without_ids(before.ids, removed))
    if not new:
        return shortened
    if before.is_plain and before.appends_walk_ins:
        return _insert_plain_tickets(shortened, new)
    return _append_new_tickets(shortened, new, now)


def _without_ids(ids: Sequence[str], removed: Sequence[Ticket]) -> Sequence[str]:
    missing = {ticket.id for ticket in removed}
    # mostly the first was called: a slice is faster than a search
    if missing.issuperset(ids[: len(missing)]):
        return ids[len(missing) :]
    return [ticket_id for ticket_id in ids if ticket_id not in missing]


def _differing_slices(
    before: Sequence[Ticket], after: Sequence[Ticket]
) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """Return the slices in which two sequences differ.

    An unchanged ticket is the same object in both.
    """
    shorter = min(len(before), len(after))
    head = next(compress(count(), map(is_not, before, after)), shorter)
    tail = next(compress(count(), map(is_not, reversed(before), reversed(after))), shorter)
    tail = min(tail, shorter - head)
    return before[head : len(before) - tail], after[head : len(after) - tail]


@dataclass(frozen=True, slots=True)
class LineMoves:
    """The effect of a change of a line on the lines that share its desks.

    `left`: the tickets that wait no longer. `returned`: those that wait again. `calls`: the desk and the time of
    each call.
    """

    left: Collection[str]
    returned: Collection[str]
    calls: Sequence[tuple[str | None, datetime | None]]


def line_moves(before: Line, after: Line) -> LineMoves | None:
    """Return the tickets that a change moves; None if only plain walk-ins are new.

    Those come last everywhere.
    """
    earlier, later = _differing_slices(before.tickets, after.tickets)
    old = {ticket.id: ticket for ticket in earlier}
    waited = {ticket.id for ticket in earlier if ticket.state is TicketState.WAITING}
    present = {ticket.id: ticket for ticket in later if ticket.state is TicketState.WAITING}
    has_moved = not waited <= present.keys() or any(
        not is_plain_walk_in(ticket)
        if ticket_id not in old
        else ticket_id not in waited or _ranking_fields(old[ticket_id]) != _ranking_fields(ticket)
        for ticket_id, ticket in present.items()
    )
    if not has_moved:
        return None
    called = [ticket for ticket in later if ticket.id in waited and ticket.state is TicketState.CALLED]
    calls = [(ticket.desk_id, ticket.called_at) for ticket in called]
    return LineMoves(waited - present.keys(), present.keys() - waited, calls)


def _left_in_call_order(
    before: LineOrder, waiting: Mapping[str, Ticket], removed: Sequence[Ticket], line: Line
) -> bool:
    """Return whether exactly the first tickets left, with the effects of their calls."""
    guard_calls = line.settings.guard_calls
    first = [before.waiting[ticket_id] for ticket_id in before.ids[: len(removed)]]
    if {ticket.id for ticket in first} != {ticket.id for ticket in removed}:
        return False
    last_calls = (*before.line.last_calls, *(ticket.kind for ticket in first))
    if last_calls[-guard_calls:] != line.last_calls[-guard_calls:]:
        return False
    if any(ticket.returns_to is not None or ticket.placed_at is not None for ticket in first):
        return False
    newest = max((ticket.issue_order for ticket in first), default=None)
    # a ticket that left without a call overtook no other; the simulated order counted it as a call
    return all(
        _overtakings_left_after(earlier, first) == waiting[ticket_id].overtakings_left
        for ticket_id, earlier in before.waiting.items()
        if ticket_id in waiting
        and (earlier is not waiting[ticket_id] or (newest is not None and earlier.issue_order < newest))
    )


def _overtakings_left_after(ticket: Ticket, called: Sequence[Ticket]) -> int:
    overtakings = sum(1 for other in called if other.issue_order > ticket.issue_order)
    return max(0, ticket.overtakings_left - overtakings)


def _insert_plain_tickets(order: LineOrder, new: Sequence[Ticket]) -> LineOrder | None:
    """Insert new or returned plain walk-ins by arrival; None if a ticket is not plain."""
    if not all(is_plain_walk_in(ticket) and ticket.not_before is None for ticket in new):
        return None
    ids = list(order.ids)
    for ticket in new:
        insort(ids, ticket.id, key=lambda ticket_id: _arrival_key(order.waiting[ticket_id]))
    latest = max(ticket.arrived_at for ticket in new)
    if order.last_virtual_time is not None:
        latest = max(latest, order.last_virtual_time)
    return replace(order, ids=ids, last_virtual_time=latest)


_arrival_key = attrgetter("arrived_at", "number", "id")


def _append_new_tickets(order: LineOrder, new: Sequence[Ticket], now: datetime) -> LineOrder | None:
    """Append new plain walk-ins; None unless they were just issued and are last."""
    added = sorted(new, key=attrgetter("issue_order"))
    if not order.appends_walk_ins or not all(
        is_plain_walk_in(ticket) and ticket.not_before is None for ticket in added
    ):
        return None
    ids = {ticket.id for ticket in added}
    first = added[0]
    # a ticket that returned to the line is older than others, and its position takes a simulation
    if any(ticket.issue_order >= first.issue_order for ticket in order.waiting.values() if ticket.id not in ids):
        return None
    if order.last_virtual_time is not None and first.arrived_at <= order.last_virtual_time:
        return None
    changes_at = (_next_time_change(added, order.line.settings, order.is_plain, now), order.valid_until)
    return replace(
        order,
        ids=[*order.ids, *(ticket.id for ticket in added)],
        valid_until=min((moment for moment in changes_at if moment is not None), default=None),
        last_virtual_time=added[-1].arrived_at,
    )
