"""Who is next in a waiting line, and why. Pure: no clock, no SQL, no sockets."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heappush

from .ticket import Kind, LineRules, Priority, State, Ticket, call


class Why(StrEnum):
    """Why somebody is next; the console says it in words."""

    RETURNED = "returned"
    HOST = "host"
    LONGEST_WAIT = "longest_wait"
    APPOINTMENT_DUE = "appointment_due"
    LATE_APPOINTMENT = "late_appointment"
    PREFERENTIAL = "preferential"
    ARRIVAL = "arrival"
    EARLY_APPOINTMENT = "early_appointment"


# What a person who was passed is told; the other ways of being next pass nobody, or need no reason.
REASONS: Mapping[Why, str] = {
    Why.RETURNED: "returned",
    Why.HOST: "host",
    Why.APPOINTMENT_DUE: "appointment_due",
    Why.LATE_APPOINTMENT: "appointment_due",
    Why.PREFERENTIAL: "preferential",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line at one moment: its active tickets, and the kinds of its last calls (newest last)."""

    id: str
    tickets: tuple[Ticket, ...] = ()
    last_calls: tuple[Kind, ...] = ()
    rules: LineRules = field(default_factory=LineRules)

    def ticket(self, ticket_id: str) -> Ticket:
        """Raises KeyError."""
        for ticket in self.tickets:
            if ticket.id == ticket_id:
                return ticket
        raise KeyError(ticket_id)

    def with_tickets(self, *changed: Ticket) -> Line:
        """The line with these tickets in place of their former selves, or added."""
        by_id = {ticket.id: ticket for ticket in self.tickets} | {ticket.id: ticket for ticket in changed}
        return replace(self, tickets=tuple(by_id.values()))


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is next, and why."""

    ticket: Ticket
    why: Why


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk at which somebody sits: its lines in order of preference, and when it can call again."""

    line_ids: tuple[str, ...]
    free_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the order of calls. `at` is the expected time of the call."""

    ticket: Ticket
    why: Why
    at: datetime


def passes_at_issue(booked: int, rules: LineRules) -> int:
    """How many who come later may be called before a new ticket: the overtaking promise.

    `booked`: appointments already booked, not yet here, that could pass it.
    """
    return booked + rules.promise_slack


def is_late(ticket: Ticket, rules: LineRules) -> bool:
    """Whether an appointment checked in after its tolerance."""
    return ticket.appointment_at is not None and ticket.arrived_at > ticket.appointment_at + rules.on_time_until


def due_at(ticket: Ticket, rules: LineRules) -> datetime | None:
    """From when an appointment that came in time goes before the others."""
    if ticket.appointment_at is None or is_late(ticket, rules):
        return None
    return ticket.appointment_at - rules.due_before


def virtual_time(ticket: Ticket, rules: LineRules) -> datetime:
    """V: the moment from which a ticket waits, as the rules count it."""
    lead = timedelta()
    if ticket.priority is Priority.PREFERENTIAL:
        lead = rules.preferential_lead
    if is_late(ticket, rules):
        lead = max(lead, rules.late_lead)
    return ticket.arrived_at - lead


def choose(lines: Sequence[Line], desk_id: str, now: datetime) -> Choice | None:
    """Who a desk calls next, of its lines in its order of preference; None when nobody may be called."""
    found = _choose(_queues(lines, desk_id), now)
    return found[1] if found else None


def call_next(
    lines: Sequence[Line], desk_id: str, agent_id: str, now: datetime
) -> tuple[tuple[Line, ...], Choice | None]:
    """Choose and call in one step: the lines afterwards, and who was called (with the new state)."""
    queues = _queues(lines, desk_id)
    found = _choose(queues, now)
    if found is None:
        return tuple(lines), None
    queue, choice = found
    called = call(choice.ticket, desk_id, agent_id, now)
    passed = [_passed(ticket, choice.why) for ticket in queue.take(choice.ticket)]
    after = tuple(
        replace(line.with_tickets(called, *passed), last_calls=queue.last_calls)
        if line.id == called.line_id
        else line
        for line in lines
    )
    return after, Choice(called, choice.why)


def order(line: Line, now: datetime) -> list[Place]:
    """The order in which the waiting people of a line would be called, if all were called as of now."""
    return list(_sequence(_queues([line], None), now))


def replay(lines: Sequence[Line], desks: Sequence[OpenDesk], now: datetime) -> list[Place]:
    """The calls to come if nobody else came and every visit took what is expected, in order of time.

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
            heappush(free, (moment + choice.ticket.expected, number, desk))
        elif wakes := [at for queue in mine if (at := queue.next_wake()) is not None]:
            heappush(free, (min(wakes), number, desk))
    return places


def order_at_desk(lines: Sequence[Line], desk_id: str, now: datetime, count: int) -> list[Choice]:
    """The next `count` people whom this desk would call, and why."""
    choices: list[Choice] = []
    for place in _sequence(_queues(lines, desk_id), now):
        choices.append(Choice(place.ticket, place.why))
        if len(choices) == count:
            break
    return choices


def _passed(ticket: Ticket, why: Why) -> Ticket:
    """What a host decides, with a reason, is no pass of the promise; the others are told of it all the same."""
    left = ticket.passes_left if why is Why.HOST else max(0, ticket.passes_left - 1)
    return replace(ticket, passes_left=left, reason=REASONS.get(why, ticket.reason))


def _sequence(queues: list[_Queue], now: datetime) -> Iterator[Place]:
    """One call after the other; those who cannot be called yet come last, when they can."""
    moment = now
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
_RULES = ("returned", "placed", "guard", "due", "arrival", "early")


def _queues(lines: Sequence[Line], desk_id: str | None) -> list[_Queue]:
    return [_Queue(line, desk_id, preference) for preference, line in enumerate(lines)]


def _choose(queues: Sequence[_Queue], now: datetime) -> tuple[_Queue, Choice] | None:
    """The first rule that finds somebody decides; among lines, what that rule sorts by."""
    for queue in queues:
        queue.wake(now)
    for rule in _RULES:
        found = [(entry, queue) for queue in queues if (entry := queue.first(rule, now))]
        if found:
            entry, queue = min(found, key=lambda pair: pair[0][:4])
            return queue, Choice(entry[4], queue.why(rule, entry[4]))
    return None


class _Queue:
    """The callable tickets of one line, sorted once, so that a whole order costs about n log n."""

    def __init__(self, line: Line, desk_id: str | None, preference: int) -> None:
        self._rules = line.rules
        self._preference = preference
        self.last_calls = line.last_calls
        self._heaps: dict[str, list[_Entry]] = {rule: [] for rule in _RULES}
        self._guard_preferential: list[_Entry] = []
        self._asleep: list[_Entry] = []
        self._present: list[tuple[datetime, int, str]] = []  # issue and id of who could be passed, sorted
        self._tickets: dict[str, Ticket] = {}
        self._passes: dict[str, int] = {}
        self._exhausted: list[tuple[datetime, int, str]] = []  # who may not be passed any more, a heap
        for ticket in line.tickets:
            if _is_callable(ticket, desk_id):
                self._tickets[ticket.id] = ticket
                self._let_in(ticket)

    def _push(self, heap: list[_Entry], ticket: Ticket, by: datetime) -> None:
        heappush(heap, (by, self._preference, ticket.number, ticket.id, ticket))

    def _let_in(self, ticket: Ticket) -> None:
        if ticket.not_before is None:
            self._admit(ticket)
        else:
            self._push(self._asleep, ticket, ticket.not_before)

    def wake(self, now: datetime) -> None:
        """Let in whose cool-down is over, and let appointments become due."""
        while self._asleep and self._asleep[0][0] <= now:
            self._admit(heappop(self._asleep)[4])
        early = self._heaps["early"]
        while early and early[0][0] - self._rules.due_before <= now:
            ticket = heappop(early)[4]
            if ticket.id in self._tickets and ticket.appointment_at is not None:
                self._push(self._heaps["due"], ticket, ticket.appointment_at)

    def next_wake(self) -> datetime | None:
        """When somebody who cannot be called yet can be."""
        return self._asleep[0][0] if self._asleep else None

    def _admit(self, ticket: Ticket) -> None:
        if ticket.returns_to is not None:
            self._push(self._heaps["returned"], ticket, ticket.not_before or ticket.since)
            return
        if ticket.placed_at is not None:
            self._push(self._heaps["placed"], ticket, ticket.placed_at)
            return
        insort(self._present, (*ticket.issue, ticket.id))
        self._passes[ticket.id] = ticket.passes_left
        if ticket.passes_left <= 0:
            heappush(self._exhausted, (*ticket.issue, ticket.id))
        if due_at(ticket, self._rules) is not None and ticket.appointment_at is not None:
            self._push(self._heaps["early"], ticket, ticket.appointment_at)
            return
        self._push(self._heaps["arrival"], ticket, virtual_time(ticket, self._rules))
        if ticket.kind is Kind.WALK_IN:
            preferential = ticket.priority is Priority.PREFERENTIAL
            heap = self._guard_preferential if preferential else self._heaps["guard"]
            self._push(heap, ticket, ticket.issued_at)

    def first(self, rule: str, now: datetime) -> _Entry | None:
        """Whom this rule would call, if the promise to the others allows it."""
        if rule == "placed":
            return self._placed()
        if rule == "guard":
            return self._guarded(now)
        return self._first(self._heaps[rule])

    def _placed(self) -> _Entry | None:
        """Whom a host has put first; the promise to the others does not bind a host."""
        heap = self._heaps["placed"]
        while heap and heap[0][3] not in self._tickets:
            heappop(heap)
        return heap[0] if heap else None

    def _guarded(self, now: datetime) -> _Entry | None:
        recent = self.last_calls[-self._rules.guard_calls :]
        if len(recent) < self._rules.guard_calls or Kind.WALK_IN in recent:
            return None
        waits = (
            (self._heaps["guard"], self._rules.guard_wait),
            (self._guard_preferential, self._rules.guard_wait_preferential),
        )
        oldest = [
            entry for heap, wait in waits if (entry := self._first(heap)) is not None and entry[0] + wait <= now
        ]
        return min(oldest, key=lambda entry: entry[:4], default=None)

    def _first(self, heap: list[_Entry]) -> _Entry | None:
        while heap and heap[0][3] not in self._tickets:
            heappop(heap)
        if not heap:
            return None
        while self._exhausted and self._exhausted[0][2] not in self._tickets:
            heappop(self._exhausted)
        if not self._exhausted or heap[0][4].issue <= self._exhausted[0][:2]:
            return heap[0]
        limit = self._exhausted[0][:2]
        allowed = [entry for entry in heap if entry[3] in self._tickets and entry[4].issue <= limit]
        return min(allowed, key=lambda entry: entry[:4], default=None)

    def why(self, rule: str, ticket: Ticket) -> Why:
        """The rule in the words of the console."""
        if rule != "arrival":
            return _WHY[rule]
        if is_late(ticket, self._rules):
            return Why.LATE_APPOINTMENT
        return Why.PREFERENTIAL if ticket.priority is Priority.PREFERENTIAL else Why.ARRIVAL

    def take(self, ticket: Ticket) -> list[Ticket]:
        """Remove who is called; those who came before and were passed, as they were."""
        del self._tickets[ticket.id]
        self.last_calls = (*self.last_calls, ticket.kind)[-self._rules.guard_calls :]
        older = self._present[: bisect_left(self._present, (*ticket.issue, ""))]
        passed = []
        cost = 0 if ticket.placed_at is not None and ticket.returns_to is None else 1
        for issued_at, number, ticket_id in older:
            self._passes[ticket_id] -= cost
            if cost and self._passes[ticket_id] == 0:
                heappush(self._exhausted, (issued_at, number, ticket_id))
            passed.append(self._tickets[ticket_id])
        place = bisect_left(self._present, (*ticket.issue, ticket.id))
        if place < len(self._present) and self._present[place][2] == ticket.id:
            del self._present[place]
        return passed


_WHY = {
    "returned": Why.RETURNED,
    "placed": Why.HOST,
    "guard": Why.LONGEST_WAIT,
    "due": Why.APPOINTMENT_DUE,
    "early": Why.EARLY_APPOINTMENT,
}


def _is_callable(ticket: Ticket, desk_id: str | None) -> bool:
    """Waiting for any desk or for this one, or put on hold by it. `desk_id` None: as the line sees it."""
    if ticket.state is State.WAITING:
        return desk_id is None or ticket.returns_to in (None, desk_id)
    return ticket.state is State.ON_HOLD and desk_id is not None and ticket.returns_to == desk_id
