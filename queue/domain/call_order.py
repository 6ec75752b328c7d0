"""The order of a whole line: all its calls played through, one after the other. Pure: no clock, no SQL.

`line.py` chooses one person with one look; here the same rules keep everybody sorted, so that a whole order costs
about n log n. Tests hold the two against each other.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from .line import (
    PRIORITY_CLASSES,
    CallReason,
    Line,
    NextCall,
    call_reason,
    is_callable,
    is_late,
    priority_key,
    should_guard_walk_ins,
    virtual_time,
)
from .ticket import Ticket, TicketKind, TicketPriority, TicketState


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk at which somebody sits: its lines in order of preference, and when it can call again.

    `doubt`: the standard deviation of that moment.
    """

    line_ids: tuple[str, ...]
    free_at: datetime
    free_at_deviation: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """One place in the order of calls. `at` is the expected time of the call."""

    ticket: Ticket
    why: CallReason
    at: datetime


def call_order(line: Line, now: datetime) -> list[ExpectedCall]:
    """The order in which the waiting people of a line would be called, if all were called as of now."""
    waiting = [ticket for ticket in line.tickets if ticket.state is TicketState.WAITING]
    if _is_in_arrival_order(line, waiting):
        return _sort_by_arrival(waiting, now)
    return list(simulate_calls([line], None, now))


def _is_in_arrival_order(line: Line, waiting: Sequence[Ticket]) -> bool:
    """Whether nobody can pass anybody: then the order is that of arrival, and need not be played through."""
    if should_guard_walk_ins(line.last_calls, line.settings):
        return False
    return all(
        ticket.kind is TicketKind.WALK_IN
        and ticket.priority is TicketPriority.NORMAL
        and ticket.returns_to is None
        and ticket.placed_at is None
        and ticket.arrived_at == ticket.issued_at
        for ticket in waiting
    )


def _sort_by_arrival(waiting: Sequence[Ticket], now: datetime) -> list[ExpectedCall]:
    """Those who stepped aside come last, when their time has come."""

    def turn(ticket: Ticket) -> tuple[datetime, datetime, int, str]:
        return max(now, ticket.not_before or now), ticket.arrived_at, ticket.number, ticket.id

    return [
        ExpectedCall(ticket, CallReason.ARRIVAL, max(now, ticket.not_before or now))
        for ticket in sorted(waiting, key=turn)
    ]


def expected_duration(ticket: Ticket) -> timedelta:
    """How long a visit lasts if it takes what its office expects of the service."""
    return ticket.expected


def simulate_desks(
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    now: datetime,
    duration_of: Callable[[Ticket], timedelta] = expected_duration,
) -> list[ExpectedCall]:
    """The calls to come if nobody else came and every visit took what it `lasts`, in order of time.

    Each desk calls by the rules whenever it is free, so the clock goes on: an appointment that is still early
    takes its place when its time comes. People whom no open desk would call have no place.
    """
    queues = {line.id: queue for line, queue in zip(lines, _make_queues(lines, None), strict=True)}
    free = [(max(now, desk.free_at), number, desk) for number, desk in enumerate(desks)]
    heapify(free)
    places: list[ExpectedCall] = []
    while free:
        moment, number, desk = heappop(free)
        mine = [queues[line_id] for line_id in desk.line_ids if line_id in queues]
        found = _choose_next(mine, moment)
        if found is not None:
            queue, choice = found
            queue.remove_called(choice.ticket)
            places.append(ExpectedCall(choice.ticket, choice.why, moment))
            heappush(free, (moment + duration_of(choice.ticket), number, desk))
        elif wakes := [at for queue in mine if (at := queue.next_wake_time()) is not None]:
            heappush(free, (min(wakes), number, desk))
    return places


def next_calls_at_desk(lines: Sequence[Line], desk_id: str, now: datetime, count: int) -> list[NextCall]:
    """The next `count` people whom this desk would call, and why."""
    choices: list[NextCall] = []
    for place in simulate_calls(lines, desk_id, now):
        choices.append(NextCall(place.ticket, place.why))
        if len(choices) == count:
            break
    return choices


def simulate_calls(lines: Sequence[Line], desk_id: str | None, now: datetime) -> Iterator[ExpectedCall]:
    """One call after the other; those who cannot be called yet come last, when they can.

    `desk_id` None: as the line sees it, whichever desk somebody is bound to.
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


# One entry of a heap: what the rule sorts by, then desk's preference, number and id, so that ties are decided.
_HeapEntry = tuple[datetime, int, int, str, Ticket]


def _make_queues(lines: Sequence[Line], desk_id: str | None) -> list[_CallQueue]:
    return [_CallQueue(line, desk_id, preference) for preference, line in enumerate(lines)]


def _choose_next(queues: Sequence[_CallQueue], now: datetime) -> tuple[_CallQueue, NextCall] | None:
    """The first rule that finds somebody decides; among lines, what that rule sorts by."""
    for queue in queues:
        queue.wake_due_tickets(now)
    for rule in PRIORITY_CLASSES:
        found = [(entry, queue) for queue in queues if (entry := queue.first_by_class(rule, now))]
        if found:
            entry, queue = min(found, key=lambda pair: pair[0][:4])
            return queue, NextCall(entry[4], call_reason(rule, entry[4], queue.settings))
    return None


class _CallQueue:
    """The callable tickets of one line, sorted once, so that a whole order costs about n log n."""

    def __init__(self, line: Line, desk_id: str | None, preference: int) -> None:
        self.settings = line.settings
        self._preference = preference
        self._last_calls = line.last_calls
        self._heaps: dict[str, list[_HeapEntry]] = {rule: [] for rule in PRIORITY_CLASSES}
        self._guard_preferential: list[_HeapEntry] = []
        self._cooling_down: list[_HeapEntry] = []
        self._present: list[tuple[datetime, int, str]] = []  # issue and id of who could be passed, sorted
        self._tickets: dict[str, Ticket] = {}
        self._passes_left: dict[str, int] = {}
        self._exhausted: list[tuple[datetime, int, str]] = []  # who may not be passed any more, a heap
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
            heappush(self._cooling_down, self._heap_entry(ticket, ticket.not_before))

    def wake_due_tickets(self, now: datetime) -> None:
        """Let in whose cool-down is over, and let appointments become due."""
        while self._cooling_down and self._cooling_down[0][0] <= now:
            self._enqueue(heappop(self._cooling_down)[4])
        early = self._heaps["early"]
        while early and early[0][0] - self.settings.due_before <= now:
            heappush(self._heaps["due"], heappop(early))

    def next_wake_time(self) -> datetime | None:
        """When somebody who cannot be called yet can be."""
        return self._cooling_down[0][0] if self._cooling_down else None

    def _enqueue(self, ticket: Ticket) -> None:
        if ticket.returns_to is not None:
            heappush(self._heaps["returned"], self._heap_entry(ticket, ticket.not_before or ticket.since))
            return
        insort(self._present, (*ticket.issue_order, ticket.id))
        self._passes_left[ticket.id] = ticket.passes_left
        if ticket.passes_left <= 0:
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
        """Whom this rule would call, if the promise to the others allows it; that does not bind a host."""
        if priority_class == "placed":
            return self._heap_top(self._heaps[priority_class])
        while self._exhausted and self._exhausted[0][2] not in self._tickets:
            heappop(self._exhausted)
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
        """As `first`, among those who came no later than somebody who may not be passed: mostly a few."""
        end = bisect_left(self._present, (limit[0], limit[1] + 1, ""))
        few = [self._tickets[key[2]] for key in self._present[:end]]
        few += [entry[4] for entry in self._heaps["returned"] if entry[4].issue_order <= limit[:2]]
        guarded = should_guard_walk_ins(self._last_calls, self.settings)
        number = PRIORITY_CLASSES.index(priority_class)
        found = [
            self._heap_entry(ticket, by)
            for ticket in few
            if ticket.id in self._tickets
            for place, by in [priority_key(ticket, self.settings, guarded, now)]
            if place == number
        ]
        return min(found, key=lambda entry: entry[:4], default=None)

    def remove_called(self, ticket: Ticket) -> None:
        """Remove who is called; those who came before have been passed once more."""
        del self._tickets[ticket.id]
        self._last_calls = (*self._last_calls, ticket.kind)[-self.settings.guard_calls :]
        place = bisect_left(self._present, (*ticket.issue_order, ticket.id))
        if place < len(self._present) and self._present[place][2] == ticket.id:
            del self._present[place]
        if ticket.placed_at is None or ticket.returns_to is not None:
            for key in self._present[:place]:
                if key[:2] < ticket.issue_order:
                    self._count_overtaking(key)

    def _count_overtaking(self, key: tuple[datetime, int, str]) -> None:
        self._passes_left[key[2]] -= 1
        if self._passes_left[key[2]] == 0:
            heappush(self._exhausted, key)
