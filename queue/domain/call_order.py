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

from .line import RULES, Choice, Line, Why, guard_looks, is_callable, is_late, standing, virtual_time, why
from .ticket import Kind, Priority, State, Ticket


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk at which somebody sits: its lines in order of preference, and when it can call again.

    `doubt`: the standard deviation of that moment.
    """

    line_ids: tuple[str, ...]
    free_at: datetime
    doubt: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the order of calls. `at` is the expected time of the call."""

    ticket: Ticket
    why: Why
    at: datetime


def order(line: Line, now: datetime) -> list[Place]:
    """The order in which the waiting people of a line would be called, if all were called as of now."""
    waiting = [ticket for ticket in line.tickets if ticket.state is State.WAITING]
    if _is_plain(line, waiting):
        return _by_arrival(waiting, now)
    return list(played([line], None, now))


def _is_plain(line: Line, waiting: Sequence[Ticket]) -> bool:
    """Whether nobody can pass anybody: then the order is that of arrival, and need not be played through."""
    if guard_looks(line.last_calls, line.rules):
        return False
    return all(
        ticket.kind is Kind.WALK_IN
        and ticket.priority is Priority.NORMAL
        and ticket.returns_to is None
        and ticket.placed_at is None
        and ticket.arrived_at == ticket.issued_at
        for ticket in waiting
    )


def _by_arrival(waiting: Sequence[Ticket], now: datetime) -> list[Place]:
    """Those who stepped aside come last, when their time has come."""

    def turn(ticket: Ticket) -> tuple[datetime, datetime, int, str]:
        return max(now, ticket.not_before or now), ticket.arrived_at, ticket.number, ticket.id

    return [Place(ticket, Why.ARRIVAL, max(now, ticket.not_before or now)) for ticket in sorted(waiting, key=turn)]


def as_expected(ticket: Ticket) -> timedelta:
    """How long a visit lasts if it takes what its office expects of the service."""
    return ticket.expected


def replay(
    lines: Sequence[Line],
    desks: Sequence[OpenDesk],
    now: datetime,
    lasts: Callable[[Ticket], timedelta] = as_expected,
) -> list[Place]:
    """The calls to come if nobody else came and every visit took what it `lasts`, in order of time.

    Each desk calls by the rules whenever it is free, so the clock goes on: an appointment that is still early
    takes its place when its time comes. People whom no open desk would call have no place.
    """
    queues = {line.id: queue for line, queue in zip(lines, _queues(lines, None), strict=True)}
    free = [(max(now, desk.free_at), number, desk) for number, desk in enumerate(desks)]
    heapify(free)
    places: list[Place] = []
    while free:
        moment, number, desk = heappop(free)
        mine = [queues[line_id] for line_id in desk.line_ids if line_id in queues]
        found = _choose(mine, moment)
        if found is not None:
            queue, choice = found
            queue.take(choice.ticket)
            places.append(Place(choice.ticket, choice.why, moment))
            heappush(free, (moment + lasts(choice.ticket), number, desk))
        elif wakes := [at for queue in mine if (at := queue.next_wake()) is not None]:
            heappush(free, (min(wakes), number, desk))
    return places


def order_at_desk(lines: Sequence[Line], desk_id: str, now: datetime, count: int) -> list[Choice]:
    """The next `count` people whom this desk would call, and why."""
    choices: list[Choice] = []
    for place in played(lines, desk_id, now):
        choices.append(Choice(place.ticket, place.why))
        if len(choices) == count:
            break
    return choices


def played(lines: Sequence[Line], desk_id: str | None, now: datetime) -> Iterator[Place]:
    """One call after the other; those who cannot be called yet come last, when they can.

    `desk_id` None: as the line sees it, whichever desk somebody is bound to.
    """
    queues, moment = _queues(lines, desk_id), now
    while True:
        found = _choose(queues, moment)
        if found is None:
            wakes = [at for queue in queues if (at := queue.next_wake()) is not None]
            if not wakes:
                return
            moment = min(wakes)
            continue
        queue, choice = found
        queue.take(choice.ticket)
        yield Place(choice.ticket, choice.why, moment)


# One entry of a heap: what the rule sorts by, then desk's preference, number and id, so that ties are decided.
_Entry = tuple[datetime, int, int, str, Ticket]


def _queues(lines: Sequence[Line], desk_id: str | None) -> list[_Queue]:
    return [_Queue(line, desk_id, preference) for preference, line in enumerate(lines)]


def _choose(queues: Sequence[_Queue], now: datetime) -> tuple[_Queue, Choice] | None:
    """The first rule that finds somebody decides; among lines, what that rule sorts by."""
    for queue in queues:
        queue.wake(now)
    for rule in RULES:
        found = [(entry, queue) for queue in queues if (entry := queue.first(rule, now))]
        if found:
            entry, queue = min(found, key=lambda pair: pair[0][:4])
            return queue, Choice(entry[4], why(rule, entry[4], queue.rules))
    return None


class _Queue:
    """The callable tickets of one line, sorted once, so that a whole order costs about n log n."""

    def __init__(self, line: Line, desk_id: str | None, preference: int) -> None:
        self.rules = line.rules
        self._preference = preference
        self._last_calls = line.last_calls
        self._heaps: dict[str, list[_Entry]] = {rule: [] for rule in RULES}
        self._guard_preferential: list[_Entry] = []
        self._asleep: list[_Entry] = []
        self._present: list[tuple[datetime, int, str]] = []  # issue and id of who could be passed, sorted
        self._tickets: dict[str, Ticket] = {}
        self._passes: dict[str, int] = {}
        self._exhausted: list[tuple[datetime, int, str]] = []  # who may not be passed any more, a heap
        for ticket in line.tickets:
            if is_callable(ticket, desk_id):
                self._tickets[ticket.id] = ticket
                self._let_in(ticket)

    def _entry(self, ticket: Ticket, by: datetime) -> _Entry:
        return by, self._preference, ticket.number, ticket.id, ticket

    def _let_in(self, ticket: Ticket) -> None:
        if ticket.not_before is None:
            self._admit(ticket)
        else:
            heappush(self._asleep, self._entry(ticket, ticket.not_before))

    def wake(self, now: datetime) -> None:
        """Let in whose cool-down is over, and let appointments become due."""
        while self._asleep and self._asleep[0][0] <= now:
            self._admit(heappop(self._asleep)[4])
        early = self._heaps["early"]
        while early and early[0][0] - self.rules.due_before <= now:
            heappush(self._heaps["due"], heappop(early))

    def next_wake(self) -> datetime | None:
        """When somebody who cannot be called yet can be."""
        return self._asleep[0][0] if self._asleep else None

    def _admit(self, ticket: Ticket) -> None:
        if ticket.returns_to is not None:
            heappush(self._heaps["returned"], self._entry(ticket, ticket.not_before or ticket.since))
            return
        insort(self._present, (*ticket.issue, ticket.id))
        self._passes[ticket.id] = ticket.passes_left
        if ticket.passes_left <= 0:
            heappush(self._exhausted, (*ticket.issue, ticket.id))
        if ticket.placed_at is not None:
            heappush(self._heaps["placed"], self._entry(ticket, ticket.placed_at))
            return
        if ticket.appointment_at is not None and not is_late(ticket, self.rules):
            heappush(self._heaps["early"], self._entry(ticket, ticket.appointment_at))
            return
        heappush(self._heaps["arrival"], self._entry(ticket, virtual_time(ticket, self.rules)))
        if ticket.kind is Kind.WALK_IN:
            preferential = ticket.priority is Priority.PREFERENTIAL
            heap = self._guard_preferential if preferential else self._heaps["guard"]
            heappush(heap, self._entry(ticket, ticket.issued_at))

    def first(self, rule: str, now: datetime) -> _Entry | None:
        """Whom this rule would call, if the promise to the others allows it; that does not bind a host."""
        if rule == "placed":
            return self._first(self._heaps[rule])
        while self._exhausted and self._exhausted[0][2] not in self._tickets:
            heappop(self._exhausted)
        if self._exhausted:
            return self._first_allowed(rule, self._exhausted[0], now)
        if rule == "guard":
            return self._guarded(now)
        return self._first(self._heaps[rule])

    def _guarded(self, now: datetime) -> _Entry | None:
        if not guard_looks(self._last_calls, self.rules):
            return None
        waits = (
            (self._heaps["guard"], self.rules.guard_wait),
            (self._guard_preferential, self.rules.guard_wait_preferential),
        )
        oldest = [
            entry for heap, wait in waits if (entry := self._first(heap)) is not None and entry[0] + wait <= now
        ]
        return min(oldest, key=lambda entry: entry[:4], default=None)

    def _first(self, heap: list[_Entry]) -> _Entry | None:
        while heap and heap[0][3] not in self._tickets:
            heappop(heap)
        return heap[0] if heap else None

    def _first_allowed(self, rule: str, limit: tuple[datetime, int, str], now: datetime) -> _Entry | None:
        """As `first`, among those who came no later than somebody who may not be passed: mostly a few."""
        end = bisect_left(self._present, (limit[0], limit[1] + 1, ""))
        few = [self._tickets[key[2]] for key in self._present[:end]]
        few += [entry[4] for entry in self._heaps["returned"] if entry[4].issue <= limit[:2]]
        guarded = guard_looks(self._last_calls, self.rules)
        number = RULES.index(rule)
        found = [
            self._entry(ticket, by)
            for ticket in few
            if ticket.id in self._tickets
            for place, by in [standing(ticket, self.rules, guarded, now)]
            if place == number
        ]
        return min(found, key=lambda entry: entry[:4], default=None)

    def take(self, ticket: Ticket) -> None:
        """Remove who is called; those who came before have been passed once more."""
        del self._tickets[ticket.id]
        self._last_calls = (*self._last_calls, ticket.kind)[-self.rules.guard_calls :]
        place = bisect_left(self._present, (*ticket.issue, ticket.id))
        if place < len(self._present) and self._present[place][2] == ticket.id:
            del self._present[place]
        if ticket.placed_at is None or ticket.returns_to is not None:
            for key in self._present[:place]:
                if key[:2] < ticket.issue:
                    self._pass(key)

    def _pass(self, key: tuple[datetime, int, str]) -> None:
        self._passes[key[2]] -= 1
        if self._passes[key[2]] == 0:
            heappush(self._exhausted, key)
