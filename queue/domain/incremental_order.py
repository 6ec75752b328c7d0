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

from .call_order import order
from .line import Line, due_at, guard_looks, is_late, virtual_time
from .ticket import Kind, LineRules, Priority, State, Ticket

# What the rules look at in somebody who waits, besides the passes that are left.
_rank = attrgetter(
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
class Order:
    """Who waits in a line, and in which order they would be called as of now.

    `until`: from then on the clock alone may have changed it. `open_end`: whoever comes now without an appointment
    is last, for nobody waits for a time of their own; `last_v` is the latest V among them.
    """

    line: Line
    waiting: Mapping[str, Ticket]
    ids: Sequence[str]
    until: datetime | None
    plain: bool
    open_end: bool
    last_v: datetime | None


def order_of(line: Line, now: datetime, before: Order | None = None) -> Order:
    """The order as of now. `before`: of the same line a moment ago; what has not changed is taken from it."""
    if before is not None and before.line.rules == line.rules and not _is_over(before, now):
        found = _gone_on(before, line, now)
        if found is not None:
            return found
    return _played(line, now)


def _is_over(before: Order, now: datetime) -> bool:
    return before.until is not None and now >= before.until


def _waiting(line: Line) -> dict[str, Ticket]:
    return {ticket.id: ticket for ticket in line.tickets if ticket.state is State.WAITING}


def _played(line: Line, now: datetime) -> Order:
    waiting, rules = _waiting(line), line.rules
    people = waiting.values()
    plain = not guard_looks(line.last_calls, rules) and all(_is_plain(one) for one in people)
    return Order(
        line=line,
        waiting=waiting,
        ids=[place.ticket.id for place in order(line, now)],
        until=_until(people, rules, plain, now),
        plain=plain,
        open_end=not any(_waits_for_a_time(one, rules, now) for one in people),
        last_v=max((virtual_time(one, rules) for one in people if _stands_by_v(one, rules)), default=None),
    )


def _until(people: Iterable[Ticket], rules: LineRules, plain: bool, now: datetime) -> datetime | None:
    """When the clock alone may next change somebody's place. Among plain ones the guard has nobody to prefer."""
    moments = [moment for one in people for moment in (one.not_before, due_at(one, rules))]
    if not plain:
        moments += [_guarded_from(one, rules) for one in people if one.kind is Kind.WALK_IN]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _guarded_from(ticket: Ticket, rules: LineRules) -> datetime:
    preferential = ticket.priority is Priority.PREFERENTIAL
    return ticket.issued_at + (rules.guard_wait_preferential if preferential else rules.guard_wait)


def _is_plain(ticket: Ticket) -> bool:
    """Without an appointment or any right to pass others: stands where it was issued."""
    return (
        ticket.kind is Kind.WALK_IN
        and ticket.priority is Priority.NORMAL
        and ticket.returns_to is None
        and ticket.placed_at is None
        and ticket.arrived_at == ticket.issued_at
    )


def _waits_for_a_time(ticket: Ticket, rules: LineRules, now: datetime) -> bool:
    """Behind whoever comes now: stepped aside, or with an appointment that is not due."""
    due = due_at(ticket, rules)
    return (ticket.not_before is not None and ticket.not_before > now) or (due is not None and due > now)


def _stands_by_v(ticket: Ticket, rules: LineRules) -> bool:
    return ticket.appointment_at is None or is_late(ticket, rules)


def _gone_on(before: Order, line: Line, now: datetime) -> Order | None:
    """What has become of an order, if that can be told without playing it through."""
    earlier, later = _unlike(before.line.tickets, line.tickets)
    were = {one.id: one for one in earlier if one.state is State.WAITING}
    are = {one.id: one for one in later if one.state is State.WAITING}
    gone = [were[ticket_id] for ticket_id in were.keys() - are.keys()]
    new = [are[ticket_id] for ticket_id in are.keys() - were.keys()]
    if any(_rank(were[ticket_id]) != _rank(are[ticket_id]) for ticket_id in were.keys() & are.keys()):
        return None
    waiting = {**before.waiting, **are}
    for ticket in gone:
        del waiting[ticket.id]
    if guard_looks(line.last_calls, line.rules) if before.plain else not _were_called(before, waiting, gone, line):
        return None
    missing = {ticket.id for ticket in gone}
    heads = len(missing.intersection(before.ids[: len(missing)]))
    ids = before.ids[heads:] if heads == len(missing) else [one for one in before.ids if one not in missing]
    cut = replace(before, line=line, waiting=waiting, ids=ids)
    if not new:
        return cut
    return _with_plain(cut, new) if before.plain and before.open_end else _with(cut, new, now)


def _unlike(before: Sequence[Ticket], after: Sequence[Ticket]) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """The part of either in which they differ: what a change leaves alone is the very same object."""
    shorter = min(len(before), len(after))
    head = next(compress(count(), map(is_not, before, after)), shorter)
    tail = next(compress(count(), map(is_not, reversed(before), reversed(after))), shorter)
    tail = min(tail, shorter - head)
    return before[head : len(before) - tail], after[head : len(after) - tail]


def _were_called(before: Order, waiting: Mapping[str, Ticket], gone: Sequence[Ticket], line: Line) -> bool:
    """Whether those who are gone were the first, and their calls have left what playing them leaves."""
    kept = line.rules.guard_calls
    first = [before.waiting[ticket_id] for ticket_id in before.ids[: len(gone)]]
    calls = (*before.line.last_calls, *(ticket.kind for ticket in first))[-kept:] if kept else ()
    if {ticket.id for ticket in first} != {ticket.id for ticket in gone} or calls != line.last_calls[-kept:]:
        return False
    if any(ticket.returns_to is not None or ticket.placed_at is not None for ticket in first):
        return False
    newest = max((ticket.issue for ticket in first), default=None)
    return all(
        _passes_after(earlier, first) == waiting[ticket_id].passes_left
        for ticket_id, earlier in before.waiting.items()
        if ticket_id in waiting
        and (earlier is not waiting[ticket_id] or (newest is not None and earlier.issue < newest))
    )


def _passes_after(ticket: Ticket, called: Sequence[Ticket]) -> int:
    return max(0, ticket.passes_left - sum(1 for one in called if one.issue > ticket.issue))


def _with_plain(cut: Order, new: Sequence[Ticket]) -> Order | None:
    """Everybody stands where they arrived: whoever comes, or comes back, has a place to be found."""
    if not all(_is_plain(one) and one.not_before is None for one in new):
        return None
    ids = list(cut.ids)
    for ticket in new:
        insort(ids, ticket.id, key=lambda ticket_id: _arrival(cut.waiting[ticket_id]))
    latest = max(ticket.arrived_at for ticket in new)
    return replace(cut, ids=ids, last_v=max(latest, cut.last_v) if cut.last_v else latest)


_arrival = attrgetter("arrived_at", "number", "id")


def _with(cut: Order, new: Sequence[Ticket], now: datetime) -> Order | None:
    """The order with these at its end; None unless they just came and belong there."""
    came = sorted(new, key=attrgetter("issue"))
    if not cut.open_end or not all(_is_plain(one) and one.not_before is None for one in came):
        return None
    names = {one.id for one in came}
    if any(one.issue >= came[0].issue for one in cut.waiting.values() if one.id not in names):
        return None
    if cut.last_v is not None and came[0].arrived_at <= cut.last_v:
        return None
    until = _until(came, cut.line.rules, cut.plain, now)
    return replace(
        cut,
        ids=[*cut.ids, *(one.id for one in came)],
        until=min(moment for moment in (until, cut.until) if moment) if until or cut.until else None,
        last_v=came[-1].arrived_at,
    )
