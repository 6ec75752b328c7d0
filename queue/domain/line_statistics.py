"""What became of an office's visits, in figures, from the segments of its tickets. Pure: no clock, no SQL.

A figure without a case is None, never 0: nobody waited is not the same as no wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .ticket import Kind, State
from .wait_estimate import Range

ON_TIME = timedelta(minutes=10)  # till then one is there in time; and so long one waits at most, if all is well


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a ticket's life in one state."""

    state: State
    started_at: datetime
    ended_at: datetime
    services: str | None = None  # what the person was there for, parted by spaces; None where nobody wrote it down

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Visit:
    """A ticket and its past, segments by time. `shown`: the range at issue. `aside`: asked for time, or was put
    first by a host, so that no estimate is judged by it."""

    line: str
    service: str
    day: date
    kind: Kind
    state: State
    arrived_at: datetime
    appointment_at: datetime | None = None
    shown: tuple[datetime, datetime] | None = None
    segments: tuple[Segment, ...] = ()
    aside: bool = False
    told_at: datetime | None = None

    @property
    def is_in_time(self) -> bool:
        """Whether it is about an appointment whose person was there soon enough to go by its time."""
        due = self.told_at or self.appointment_at
        return due is not None and self.arrived_at <= due + ON_TIME

    @property
    def first_call(self) -> datetime | None:
        """When it was called for the first time; also while it is still called."""
        called = [one for one in self.segments if one.state is State.CALLED]
        return called[0].started_at if called else None

    @property
    def wait_s(self) -> float | None:
        """From being there to the first call; an appointment in time waits from its time on, not before."""
        called, since = self.first_call, self.arrived_at
        if called is None:
            return None
        if self.appointment_at is not None and self.is_in_time:
            since = max(since, self.appointment_at)
        return max(0.0, (called - since).total_seconds())

    @property
    def way_s(self) -> float | None:
        """From the call that was followed to the beginning at the desk."""
        pairs = zip(self.segments, self.segments[1:], strict=False)
        ways = [call.seconds for call, then in pairs if (call.state, then.state) == (State.CALLED, State.SERVING)]
        return ways[0] if ways else None

    @property
    def service_s(self) -> float | None:
        """At desks altogether, once it is over."""
        served = [one.seconds for one in self.segments if one.state is State.SERVING]
        return sum(served) if served and self.state is State.FINISHED else None

    @property
    def own_service_s(self) -> float | None:
        """At desks for its service alone: what is done for several at once tells of none how long it takes."""
        served = [one for one in self.segments if one.state is State.SERVING]
        own = [one.seconds for one in served if one.services in (None, self.service)]
        return sum(own) if own and self.state is State.FINISHED else None

    @property
    def judged(self) -> tuple[datetime, Range] | None:
        """The first call, and the range that it is compared with."""
        called = self.first_call
        if called is None or self.shown is None or self.aside:
            return None
        return called, Range(*self.shown)


@dataclass(frozen=True, slots=True)
class Spread:
    """How some durations are distributed, in seconds."""

    count: int
    mean_s: float | None
    p50_s: float | None
    p90_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    of: int
    count: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of some visits.

    `no_shows` are of those who were served or did not come. `delay` is the wait of appointments in time, `on_time`
    those of them that waited ten minutes at most. `in_range`, `by_latest` judge the estimates.
    """

    tickets: int
    walk_ins: int
    appointments: int
    served: int
    left: int
    expired: int
    wait: Spread
    way: Spread
    service: Spread
    no_shows: Share
    delay: Spread
    on_time: Share
    in_range: Share
    by_latest: Share


Measure = Callable[[Visit], float | None]


def _at_desks(visit: Visit) -> float | None:
    return visit.service_s


def figures(visits: Sequence[Visit], service: Measure = _at_desks) -> Figures:
    """The figures of these visits; `service` measures how long one was served."""
    states = [one.state for one in visits]
    over = sum(states.count(state) for state in (State.FINISHED, State.NO_SHOW))
    delays = _known(visits, lambda one: one.wait_s if one.is_in_time else None)
    judged = [found for one in visits if (found := one.judged) is not None]
    return Figures(
        tickets=len(visits),
        walk_ins=sum(1 for one in visits if one.kind is Kind.WALK_IN),
        appointments=sum(1 for one in visits if one.kind is Kind.APPOINTMENT),
        served=states.count(State.FINISHED),
        left=states.count(State.LEFT),
        expired=states.count(State.EXPIRED),
        wait=spread(_known(visits, lambda one: one.wait_s)),
        way=spread(_known(visits, lambda one: one.way_s)),
        service=spread(_known(visits, service)),
        no_shows=Share(over, states.count(State.NO_SHOW)),
        delay=spread(delays),
        on_time=Share(len(delays), sum(1 for one in delays if one <= ON_TIME.total_seconds())),
        in_range=Share(len(judged), sum(1 for called, told in judged if told.holds(called))),
        by_latest=Share(len(judged), sum(1 for called, told in judged if not told.ended_before(called))),
    )


def _known(visits: Iterable[Visit], measure: Measure) -> list[float]:
    return [value for one in visits if (value := measure(one)) is not None]


def spread(seconds: Sequence[float]) -> Spread:
    """Percentiles by the nearest rank: each is a duration that somebody had."""
    if not seconds:
        return Spread(0, None, None, None, None)
    ranked = sorted(seconds)
    return Spread(len(ranked), sum(ranked) / len(ranked), _rank(ranked, 0.5), _rank(ranked, 0.9), ranked[-1])


def _rank(ranked: Sequence[float], share: float) -> float:
    return ranked[math.ceil(share * len(ranked)) - 1]


def grouped(
    visits: Iterable[Visit], key: Callable[[Visit], str], service: Measure = _at_desks
) -> Mapping[str, Figures]:
    """The figures of each group, by its name in order."""
    groups: dict[str, list[Visit]] = {}
    for one in visits:
        groups.setdefault(key(one), []).append(one)
    return {name: figures(groups[name], service) for name in sorted(groups)}
