"""The call order of a whole line, by a simulation of all its calls.

Pure: no clock, no SQL.
`line.py` chooses the next ticket in a single pass. Here heaps keep the tickets sorted by the same rules, so that a
whole order costs about n log n. Tests compare both.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice

from .line import (
    PRIORITY_CLASSES,
    CallReason,
    Line,
    NextCall,
    call_reason,
    is_callable,
    is_late,
    is_plain_walk_in,
    priority_key,
    should_guard_walk_ins,
    virtual_time,
)
from .ticket import Ticket, TicketKind, TicketPriority, TicketState


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk with an agent: its lines in order of preference, and when it can call again.

    `free_at_deviation`: the standard deviation of `free_at`.
    """

    line_ids: tuple[str, ...]
    free_at: datetime
    free_at_deviation: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call of a simulated order. `at`: the expected time of the call.

    `line_ids`: the lines of the desk that calls; empty if only the order was simulated.
    """

    ticket: Ticket
    why: CallReason
    at: datetime
    line_ids: tuple[str, ...] = ()


def call_order(line: Line, now: datetime) -> list[ExpectedCall]:
    """Return the waiting tickets of a line in call order, if all were called as of now."""
    waiting = [ticket for ticket in line.tickets if ticket.state is TicketState.WAITING]
    if _is_in_arrival_order(line, waiting):
        return _sort_by_arrival(waiting, now)
    return list(simulate_calls([line], None, now))


def _is_in_arrival_order(line: Line, waiting: Sequence[Ticket]) -> bool:
    """Return whether no ticket can overtake another: then no simulation is needed."""
    return not should_guard_walk_ins(line.last_calls, line.settings) and all(map(is_plain_walk_in, waiting))


def _sort_by_arrival(waiting: Sequence[Ticket], now: datetime) -> list[ExpectedCall]:
    """Sort by arrival; postponed tickets are last, when their postponement ends."""

    def sort_key(ticket: Ticket) -> tuple[datetime, datetime, int, str]:
        return max(now, ticket.not_before or now), ticket.arrived_at, ticket.number, ticket.id

    return [
        ExpectedCall(ticket, CallReason.ARRIVAL, max(now, ticket.not_before or now))
        for ticket in sorted(waiting, key=sort_key)
    ]


def expected_duration(ticket: Ticket) -> timedelta:
    """Return the duration that the office expects of the visit's services."""
    return ticket.expected


def simulate_desks(
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    now: datetime,
    duration_of: Callable[[Ticket], timedelta] = expected_duration,
) -> list[ExpectedCall]:
    """Return the future calls in order of time, if no further citizen arrived.

    Each desk calls by the rules whenever it is free, so that time advances: an early appointment gets its
    priority when it is due. `duration_of`: how long a desk is busy with a ticket. A ticket that no open desk
    would call is not in the result.
    """
    queues = {line.id: queue for line, queue in zip(lines, _make_queues(lines, None), strict=True)}
    # the number decides between desks that are free at the same time: an OpenDesk has no order
    free = [(max(now, desk.free_at), number, desk) for number, desk in enumerate(desks)]
    heapify(free)
    calls: list[ExpectedCall] = []
    while free:
        moment, number, desk = heappop(free)
        own_queues = [queues[line_id] for line_id in desk.line_ids if line_id in queues]
        found = _choose_next(own_queues, moment)
        if found is not None:
            queue, choice = found
            queue.remove_called(choice.ticket)
            calls.append(ExpectedCall(choice.ticket, choice.why, moment, desk.line_ids))
            heappush(free, (moment + duration_of(choice.ticket), number, desk))
        elif wakes := [at for queue in own_queues if (at := queue.next_wake_time()) is not None]:
            heappush(free, (min(wakes), number, desk))
    return calls


def next_calls_at_desk(lines: Sequence[Line], desk_id: str, now: datetime, count: int) -> list[NextCall]:
    """Return the next `count` tickets that this desk would call, and the reasons."""
    calls = islice(simulate_calls(lines, desk_id, now), count)
    return [NextCall(call.ticket, call.why) for call in calls]


def simulate_calls(lines: Sequence[Line], desk_id: str | None, now: datetime) -> Iterator[ExpectedCall]:
    """Yield all calls in order.

    Tickets that cannot be called yet are last, at the time when they can be.
    `desk_id` None: a ticket counts whatever desk it is bound to.
    """
    queues, moment = _make_queues(lines, desk_id), now
    while True:
        found = _choose_next(queues, moment)
        if found is None:
            wakes = [at for queue in queues if (at := queue.next_wake_time()) is not None]
            if not wakes:
                return
            moment = min(wakes)
            continue
        queue, choice = found
        queue.remove_called(choice.ticket)
        yield ExpectedCall(choice.ticket, choice.why, moment)


def overtaken_tickets(before: Line, after: Line, reason: str, now: datetime) -> list[Ticket]:
    """Return the tickets that a change moved back in the order, with the reason set.

    The phones show the reason.
    """
    positions = {call.ticket.id: position for position, call in enumerate(call_order(before, now))}
    return [
        replace(call.ticket, reason=reason)
        for position, call in enumerate(call_order(after, now))
        if positions.get(call.ticket.id, position) < position
    ]


# Heap entry: the time that the class sorts by; then the desk's preference, number and id, so that no tie is left.
_HeapEntry = tuple[datetime, int, int, str, Ticket]


def _make_queues(lines: Sequence[Line], desk_id: str | None) -> list[_CallQueue]:
    return [_CallQueue(line, desk_id, preference) for preference, line in enumerate(lines)]


def _choose_next(queues: Sequence[_CallQueue], now: datetime) -> tuple[_CallQueue, NextCall] | None:
    """Choose by the first priority class that has a ticket, then by its sort key."""
    for queue in queues:
        queue.wake_due_tickets(now)
    for priority_class in PRIORITY_CLASSES:
        found = [(entry, queue) for queue in queues if (entry := queue.first_by_class(priority_class, now))]
        if found:
            entry, queue = min(found, key=lambda pair: pair[0][:4])
            return queue, NextCall(entry[4], call_reason(priority_class, entry[4], queue.settings))
    return None


class _CallQueue:
    """The callable tickets of a line in heaps, a heap for each priority class."""

    # A walk-in is in two heaps (`arrival`, and a guard's). A called ticket stays in its heaps until it is on top,
    # because its removal from the middle of a heap would cost n.

    def __init__(self, line: Line, desk_id: str | None, preference: int) -> None:
        self.settings = line.settings
        self._preference = preference
        self._last_calls = line.last_calls
        self._heaps: dict[str, list[_HeapEntry]] = {rule: [] for rule in PRIORITY_CLASSES}
        # apart from `guard`, because its tickets need a shorter wait: the first of each heap is the candidate
        self._guard_preferential: list[_HeapEntry] = []
        self._asleep: list[_HeapEntry] = []
        # issue order and id of the tickets that can be overtaken, sorted
        self._present: list[tuple[datetime, int, str]] = []
        self._tickets: dict[str, Ticket] = {}
        self._overtakings_left: dict[str, int] = {}
        self._exhausted: list[tuple[datetime, int, str]] = []  # tickets at their overtaking limit, a heap
        for ticket in line.tickets:
            if is_callable(ticket, desk_id):
                self._tickets[ticket.id] = ticket
                self._insert(ticket)

    def _heap_entry(self, ticket: Ticket, by: datetime) -> _HeapEntry:
        return by, self._preference, ticket.number, ticket.id, ticket

    def _insert(self, ticket: Ticket) -> None:
        if ticket.not_before is None:
            self._enqueue(ticket)
        else:
            heappush(self._asleep, self._heap_entry(ticket, ticket.not_before))

    def wake_due_tickets(self, now: datetime) -> None:
        """Enqueue tickets whose postponement or hold has ended, and appointments now due."""
        while self._asleep and self._asleep[0][0] <= now:
            self._enqueue(heappop(self._asleep)[4])
        early = self._heaps["early"]
        while early and early[0][0] - self.settings.due_before <= now:
            heappush(self._heaps["due"], heappop(early))

    def next_wake_time(self) -> datetime | None:
        """Return when the first ticket that cannot be called yet becomes callable."""
        return self._asleep[0][0] if self._asleep else None

    def _enqueue(self, ticket: Ticket) -> None:
        if ticket.returns_to is not None:
            # not in `_present`, because a ticket that waits for its desk cannot be overtaken
            heappush(self._heaps["returned"], self._heap_entry(ticket, ticket.not_before or ticket.since))
            return
        insort(self._present, (*ticket.issue_order, ticket.id))
        self._overtakings_left[ticket.id] = ticket.overtakings_left
        if ticket.overtakings_left <= 0:
            heappush(self._exhausted, (*ticket.issue_order, ticket.id))
        if ticket.placed_at is not None:
            heappush(self._heaps["placed"], self._heap_entry(ticket, ticket.placed_at))
            return
        if ticket.appointment_at is not None and not is_late(ticket, self.settings):
            heappush(self._heaps["early"], self._heap_entry(ticket, ticket.appointment_at))
            return
        heappush(self._heaps["arrival"], self._heap_entry(ticket, virtual_time(ticket, self.settings)))
        if ticket.kind is TicketKind.WALK_IN:
            preferential = ticket.priority is TicketPriority.PREFERENTIAL
            heap = self._guard_preferential if preferential else self._heaps["guard"]
            heappush(heap, self._heap_entry(ticket, ticket.issued_at))

    def first_by_class(self, priority_class: str, now: datetime) -> _HeapEntry | None:
        """Return the first ticket of a class within the overtaking limits.

        The limits do not bind a host, so that a placed ticket ignores them.
        """
        if priority_class == "placed":
            return self._heap_top(self._heaps[priority_class])
        while self._exhausted and self._exhausted[0][2] not in self._tickets:
            heappop(self._exhausted)
        # a ticket at its limit blocks all later tickets, so the heads of the heaps no longer count
        if self._exhausted:
            return self._first_within_limit(priority_class, self._exhausted[0], now)
        if priority_class == "guard":
            return self._first_guarded(now)
        return self._heap_top(self._heaps[priority_class])

    def _first_guarded(self, now: datetime) -> _HeapEntry | None:
        if not should_guard_walk_ins(self._last_calls, self.settings):
            return None
        waits = (
            (self._heaps["guard"], self.settings.guard_wait),
            (self._guard_preferential, self.settings.guard_wait_preferential),
        )
        oldest = [
            entry for heap, wait in waits if (entry := self._heap_top(heap)) is not None and entry[0] + wait <= now
        ]
        return min(oldest, key=lambda entry: entry[:4], default=None)

    def _heap_top(self, heap: list[_HeapEntry]) -> _HeapEntry | None:
        while heap and heap[0][3] not in self._tickets:
            heappop(heap)
        return heap[0] if heap else None

    def _first_within_limit(
        self, priority_class: str, limit: tuple[datetime, int, str], now: datetime
    ) -> _HeapEntry | None:
        """Return the first ticket of a class among those issued no later than `limit`.

        These tickets are mostly few, so each of them is compared.
        """
        # the next number and an empty id: after every ticket of this issue order, whatever its id
        end = bisect_left(self._present, (limit[0], limit[1] + 1, ""))
        few = [self._tickets[key[2]] for key in self._present[:end]]
        few += [entry[4] for entry in self._heaps["returned"] if entry[4].issue_order <= limit[:2]]
        guarded = should_guard_walk_ins(self._last_calls, self.settings)
        class_number = PRIORITY_CLASSES.index(priority_class)
        found = [
            self._heap_entry(ticket, by)
            for ticket in few
            if ticket.id in self._tickets
            for number, by in [priority_key(ticket, self.settings, guarded, now)]
            if number == class_number
        ]
        return min(found, key=lambda entry: entry[:4], default=None)

    def remove_called(self, ticket: Ticket) -> None:
        """Remove a called ticket, and count an overtaking of each ticket issued before it."""
        del self._tickets[ticket.id]
        self._last_calls = (*self._last_calls, ticket.kind)[-self.settings.guard_calls :]
        index = bisect_left(self._present, (*ticket.issue_order, ticket.id))
        if index < len(self._present) and self._present[index][2] == ticket.id:
            del self._present[index]
        # a host's decision costs no overtaking; but a ticket that returns to its desk is called for its return
        if ticket.placed_at is None or ticket.returns_to is not None:
            for key in self._present[:index]:
                if key[:2] < ticket.issue_order:
                    self._count_overtaking(key)

    def _count_overtaking(self, key: tuple[datetime, int, str]) -> None:
        self._overtakings_left[key[2]] -= 1
        if self._overtakings_left[key[2]] == 0:
            heappush(self._exhausted, key)
