"""The floor of an invented office at one moment: its clock, its lines, its desks, and what it would tell people.

`simulation.py` says what happens on it. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from ..domain import wait_estimate
from ..domain.call_order import OpenDesk
from ..domain.line import Line, is_late
from ..domain.service_times import Pace
from ..domain.ticket import OVER, Priority, State, Ticket
from ..domain.wait_estimate import Booked, Forecast, Range
from .plan import Day, Life, Offered, Plan, Planned, Sample, Shift

BOOKED_AHEAD = timedelta(hours=4)  # as reading.py looks ahead


@dataclass(slots=True)
class Desk:
    """A desk as it is. `ticket_id`: who is called to it or sits there."""

    shift: Shift
    speed: float
    luck: Random
    ticket_id: str | None = None
    free_from: datetime | None = None
    closing: bool = False
    busy_since: datetime | None = None


@dataclass(slots=True)
class Trace:
    """What is written down of one person."""

    person: Ticket
    shown: Range | None
    remaining: timedelta  # how long they still need at a desk
    promised: int
    luck: Random
    passed: int = 0
    calls: int = 0
    visits: int = 0
    called_at: datetime | None = None
    aside: bool = False
    answers: bool = True


class Floor:
    """An office through one day. Events are kept by time."""

    def __init__(self, plan: Plan, seed: int, pace: Pace, shown: bool) -> None:
        self.plan = plan
        self.pace = pace
        self.shown = shown
        self.seed = seed
        self.people = Random(f"people {seed}")  # noqa: S311  a simulation, no secret
        self.now = plan.opens
        self.lines = {one.id: Line(one.id, rules=one.rules) for one in plan.lines}
        self.desks: dict[str, Desk] = {}
        self.traces: dict[str, Trace] = {}
        self.coming: list[Planned] = sorted(plan.appointments, key=lambda one: one.starts_at)
        self.issued: Counter[str] = Counter()
        self.walk_ins: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.no_shows = 0
        self.open = self.busy = timedelta()
        self.samples: list[Sample] = []
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def run(self) -> None:
        """Let everything happen that is planned, and what comes of it."""
        while self._events:
            self.now, _, happen = heappop(self._events)
            happen()
            self.call()
            self._sample()

    def call(self) -> None:
        """Desks that are free call."""
        raise NotImplementedError

    def at(self, moment: datetime, happen: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._events, (max(moment, self.now), self._count, happen))

    def then(self, person: Ticket, moment: datetime, happen: Callable[[Ticket], None]) -> None:
        """Let something happen to somebody, unless they have moved on by then."""

        def still() -> None:
            found = self.person(person.id)
            if (found.state, found.since) == (person.state, person.since):
                happen(found)

        self.at(moment, still)

    def look(self) -> None:
        """Nothing happens but that desks look again."""

    def change(self, changed: Ticket) -> None:
        """Write what somebody has become; whoever is over leaves the line."""
        line = self.lines[changed.line_id]
        self.traces[changed.id].person = changed
        if changed.state in OVER:
            left = tuple(one for one in line.tickets if one.id != changed.id)
            self.lines[line.id] = replace(line, tickets=left)
            return
        self.lines[line.id] = line.with_tickets(changed)
        if changed.not_before is not None:
            self.at(changed.not_before, self.look)

    def person(self, ticket_id: str) -> Ticket:
        """Somebody as they are now."""
        trace = self.traces[ticket_id]
        present = {one.id: one for one in self.lines[trace.person.line_id].tickets}
        return present.get(ticket_id, trace.person)

    # What people are told

    def booked(self) -> list[Booked]:
        """Who is booked in the next hours and not here."""
        found = []
        for one in self.coming:
            offered = self.plan.booked(one)
            gone = one.starts_at + self.lines[offered.line_id].rules.late_until <= self.now
            if not gone and one.starts_at < self.now + BOOKED_AHEAD:
                known = Booked(one.starts_at, offered.expected, offered.line_id, offered.slug, more=offered.more)
                found.append(known)
        return found

    def open_desks(self) -> list[OpenDesk]:
        return [self._open_desk(desk) for desk in self.desks.values() if not desk.closing]

    def _open_desk(self, desk: Desk) -> OpenDesk:
        there = self.person(desk.ticket_id) if desk.ticket_id else None
        return wait_estimate.open_desk(desk.shift.line_ids, there, self.now, self.pace)

    def forecast(self, line: Line, offered: Offered) -> Forecast | None:
        if not self.shown:
            return None
        lines, desks = list(self.lines.values()), self.open_desks()
        return wait_estimate.forecast(
            line, offered.expected, lines, desks, self.booked(), self.now, self.pace, offered.slug
        )

    def ranges(self, line: Line) -> dict[str, Range]:
        lines = list(self.lines.values())
        return wait_estimate.outlook(line, lines, self.open_desks(), self.booked(), self.now, self.pace)[1]

    # What is written down

    def day(self) -> Day:
        """What came of it."""
        return Day(
            self.plan,
            tuple(self._life(trace) for trace in self.traces.values()),
            dict(self.refused),
            self.no_shows,
            self.open,
            self.busy,
            tuple(self.samples),
        )

    def _sample(self) -> None:
        waiting = {
            line.id: sum(1 for one in line.tickets if one.state is State.WAITING) for line in self.lines.values()
        }
        busy = sum(1 for desk in self.desks.values() if desk.ticket_id)
        sample = Sample(self.now, waiting, len(self.desks), busy)
        if self.samples and self.samples[-1].at == self.now:
            self.samples.pop()
        self.samples.append(sample)

    def _life(self, trace: Trace) -> Life:
        person = trace.person
        return Life(
            code=person.code,
            line_id=person.line_id,
            kind=person.kind,
            preferential=person.priority is Priority.PREFERENTIAL,
            issued_at=person.issued_at,
            appointment_at=person.appointment_at,
            late=is_late(person, self.lines[person.line_id].rules),
            called_at=trace.called_at,
            ended_at=person.since,
            state=person.state,
            shown=trace.shown,
            aside=trace.aside,
            promised=trace.promised,
            passed=trace.passed,
            calls=trace.calls,
            visits=trace.visits,
        )
