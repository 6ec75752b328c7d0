"""The order of a line, kept from change to change. Pure: no clock, no SQL, no sockets.

`line.order` plays all calls through, which is long for two thousand people; most changes only take the first away
or add one at the end. What is kept here equals `line.order` at every moment
(tests/queue/domain/test_incremental_order.py).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, count
from operator import attrgetter, is_not

from .call_order import call_order
from .line import Line, due_at, is_late, should_guard_walk_ins, virtual_time
from .line_settings import LineSettings
from .ticket import Ticket, TicketKind, TicketPriority, TicketState

# What the rules look at in somebody who waits, besides the passes that are left.
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
    """Who waits in a line, and in which order they would be called as of now.

    `until`: from then on the clock alone may have changed it. `open_end`: whoever comes now without an appointment
    is last, for nobody waits for a time of their own; `last_v` is the latest V among them.
    """

    line: Line
    waiting: Mapping[str, Ticket]
    ids: Sequence[str]
    valid_until: datetime | None
    is_plain: bool
    appends_walk_ins: bool
    last_virtual_time: datetime | None


def update_line_order(line: Line, now: datetime, previous: LineOrder | None = None) -> LineOrder:
    """The order as of now. `before`: of the same line a moment ago; what has not changed is taken from it."""
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
    waiting, rules = _waiting_by_id(line), line.settings
    people = waiting.values()
    plain = not should_guard_walk_ins(line.last_calls, rules) and all(_is_plain_walk_in(one) for one in people)
    return LineOrder(
        line=line,
        waiting=waiting,
        ids=[place.ticket.id for place in call_order(line, now)],
        valid_until=_next_clock_change(people, rules, plain, now),
        is_plain=plain,
        appends_walk_ins=not any(_is_not_due_yet(one, rules, now) for one in people),
        last_virtual_time=max(
            (virtual_time(one, rules) for one in people if _has_virtual_time_rank(one, rules)), default=None
        ),
    )


def _next_clock_change(
    people: Iterable[Ticket], settings: LineSettings, plain: bool, now: datetime
) -> datetime | None:
    """When the clock alone may next change somebody's place. Among plain ones the guard has nobody to prefer."""
    moments = [moment for one in people for moment in (one.not_before, due_at(one, settings))]
    if not plain:
        moments += [_guard_starts_at(one, settings) for one in people if one.kind is TicketKind.WALK_IN]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _guard_starts_at(ticket: Ticket, settings: LineSettings) -> datetime:
    preferential = ticket.priority is TicketPriority.PREFERENTIAL
    return ticket.issued_at + (settings.guard_wait_preferential if preferential else settings.guard_wait)


def _is_plain_walk_in(ticket: Ticket) -> bool:
    """Without an appointment or any right to pass others: stands where it was issued."""
    return (
        ticket.kind is TicketKind.WALK_IN
        and ticket.priority is TicketPriority.NORMAL
        and ticket.returns_to is None
        and ticket.placed_at is None
        and ticket.arrived_at == ticket.issued_at
    )


def _is_not_due_yet(ticket: Ticket, settings: LineSettings, now: datetime) -> bool:
    """Behind whoever comes now: stepped aside, or with an appointment that is not due."""
    due = due_at(ticket, settings)
    return (ticket.not_before is not None and ticket.not_before > now) or (due is not None and due > now)


def _has_virtual_time_rank(ticket: Ticket, settings: LineSettings) -> bool:
    return ticket.appointment_at is None or is_late(ticket, settings)


def _advance_order(before: LineOrder, line: Line, now: datetime) -> LineOrder | None:
    """What has become of an order, if that can be told without playing it through."""
    earlier, later = _differing_slices(before.line.tickets, line.tickets)
    were = {one.id: one for one in earlier if one.state is TicketState.WAITING}
    are = {one.id: one for one in later if one.state is TicketState.WAITING}
    gone = [were[ticket_id] for ticket_id in were.keys() - are.keys()]
    new = [are[ticket_id] for ticket_id in are.keys() - were.keys()]
    if any(
        _ranking_fields(were[ticket_id]) != _ranking_fields(are[ticket_id])
        for ticket_id in were.keys() & are.keys()
    ):
        return None
    waiting = {**before.waiting, **are}
    for ticket in gone:
        del waiting[ticket.id]
    if (
        should_guard_walk_ins(line.last_calls, line.settings)
        if before.is_plain
        else not _left_in_call_order(before, waiting, gone, line)
    ):
        return None
    missing = {ticket.id for ticket in gone}
    heads = len(missing.intersection(before.ids[: len(missing)]))
    ids = before.ids[heads:] if heads == len(missing) else [one for one in before.ids if one not in missing]
    cut = replace(before, line=line, waiting=waiting, ids=ids)
    if not new:
        return cut
    return (
        _insert_plain_tickets(cut, new)
        if before.is_plain and before.appends_walk_ins
        else _append_new_tickets(cut, new, now)
    )


def _differing_slices(
    before: Sequence[Ticket], after: Sequence[Ticket]
) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """The part of either in which they differ: what a change leaves alone is the very same object."""
    shorter = min(len(before), len(after))
    head = next(compress(count(), map(is_not, before, after)), shorter)
    tail = next(compress(count(), map(is_not, reversed(before), reversed(after))), shorter)
    tail = min(tail, shorter - head)
    return before[head : len(before) - tail], after[head : len(after) - tail]


def _left_in_call_order(
    before: LineOrder, waiting: Mapping[str, Ticket], gone: Sequence[Ticket], line: Line
) -> bool:
    """Whether those who are gone were the first, and their calls have left what playing them leaves."""
    kept = line.settings.guard_calls
    first = [before.waiting[ticket_id] for ticket_id in before.ids[: len(gone)]]
    calls = (*before.line.last_calls, *(ticket.kind for ticket in first))[-kept:] if kept else ()
    if {ticket.id for ticket in first} != {ticket.id for ticket in gone} or calls != line.last_calls[-kept:]:
        return False
    if any(ticket.returns_to is not None or ticket.placed_at is not None for ticket in first):
        return False
    newest = max((ticket.issue_order for ticket in first), default=None)
    return all(
        _passes_left_after(earlier, first) == waiting[ticket_id].passes_left
        for ticket_id, earlier in before.waiting.items()
        if ticket_id in waiting
        and (earlier is not waiting[ticket_id] or (newest is not None and earlier.issue_order < newest))
    )


def _passes_left_after(ticket: Ticket, called: Sequence[Ticket]) -> int:
    return max(0, ticket.passes_left - sum(1 for one in called if one.issue_order > ticket.issue_order))


def _insert_plain_tickets(cut: LineOrder, new: Sequence[Ticket]) -> LineOrder | None:
    """Everybody stands where they arrived: whoever comes, or comes back, has a place to be found."""
    if not all(_is_plain_walk_in(one) and one.not_before is None for one in new):
        return None
    ids = list(cut.ids)
    for ticket in new:
        insort(ids, ticket.id, key=lambda ticket_id: _arrival_key(cut.waiting[ticket_id]))
    latest = max(ticket.arrived_at for ticket in new)
    return replace(
        cut, ids=ids, last_virtual_time=max(latest, cut.last_virtual_time) if cut.last_virtual_time else latest
    )


_arrival_key = attrgetter("arrived_at", "number", "id")


def _append_new_tickets(cut: LineOrder, new: Sequence[Ticket], now: datetime) -> LineOrder | None:
    """The order with these at its end; None unless they just came and belong there."""
    came = sorted(new, key=attrgetter("issue_order"))
    if not cut.appends_walk_ins or not all(_is_plain_walk_in(one) and one.not_before is None for one in came):
        return None
    names = {one.id for one in came}
    if any(one.issue_order >= came[0].issue_order for one in cut.waiting.values() if one.id not in names):
        return None
    if cut.last_virtual_time is not None and came[0].arrived_at <= cut.last_virtual_time:
        return None
    until = _next_clock_change(came, cut.line.settings, cut.is_plain, now)
    return replace(
        cut,
        ids=[*cut.ids, *(one.id for one in came)],
        valid_until=min(moment for moment in (until, cut.valid_until) if moment)
        if until or cut.valid_until
        else None,
        last_virtual_time=came[-1].arrived_at,
    )
