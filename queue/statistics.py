"""What became of an office's visits, in figures, from the segments of its tickets. Pure: no clock, no SQL.

A figure without a case is None, never 0: nobody waited is not the same as no wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .estimate import Range
from .ticket import Kind, State

ON_TIME = timedelta(minutes=10)  # contract.md's aim: called at most so long after the appointment's time


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a ticket's life in one state."""

    state: State
    started_at: datetime
    ended_at: datetime

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Visit:
    """A ticket and its past, segments by time; `shown` is the range that was shown at issue."""

    line: str
    service: str
    day: date
    kind: Kind
    state: State
    arrived_at: datetime
    appointment_at: datetime | None = None
    shown: tuple[datetime, datetime] | None = None
    segments: tuple[Segment, ...] = ()

    @property
    def first_call(self) -> datetime | None:
        """When it was called for the first time; also while it is still called."""
        called = [one for one in self.segments if one.state is State.CALLED]
        return called[0].started_at if called else None

    @property
    def wait_s(self) -> float | None:
        """From being there to the first call."""
        called = self.first_call
        return None if called is None else (called - self.arrived_at).total_seconds()

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
    def delay_s(self) -> float | None:
        """How long after the appointment's time it was called, for whoever was there by then."""
        called, due = self.first_call, self.appointment_at
        if called is None or due is None or self.arrived_at > due:
            return None
        return (called - due).total_seconds()


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

    `no_shows` are of those who are over; `on_time` of the appointments whose people were there in time.
    `in_range` and `by_latest` are of those who were called and had been shown a range.
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


def figures(visits: Sequence[Visit]) -> Figures:
    """The figures of these visits."""
    states = [one.state for one in visits]
    over = sum(states.count(state) for state in (State.FINISHED, State.NO_SHOW))
    delays = _known(visits, lambda one: one.delay_s)
    judged = [(one.first_call, one.shown) for one in visits]
    shown = [(called, told) for called, told in judged if called is not None and told is not None]
    return Figures(
        tickets=len(visits),
        walk_ins=sum(1 for one in visits if one.kind is Kind.WALK_IN),
        appointments=sum(1 for one in visits if one.kind is Kind.APPOINTMENT),
        served=states.count(State.FINISHED),
        left=states.count(State.LEFT),
        expired=states.count(State.EXPIRED),
        wait=spread(_known(visits, lambda one: one.wait_s)),
        way=spread(_known(visits, lambda one: one.way_s)),
        service=spread(_known(visits, lambda one: one.service_s)),
        no_shows=Share(over, states.count(State.NO_SHOW)),
        delay=spread(delays),
        on_time=Share(len(delays), sum(1 for one in delays if one <= ON_TIME.total_seconds())),
        in_range=Share(len(shown), sum(1 for called, told in shown if Range(*told).holds(called))),
        by_latest=Share(len(shown), sum(1 for called, told in shown if not Range(*told).ended_before(called))),
    )


def _known(visits: Iterable[Visit], measure: Callable[[Visit], float | None]) -> list[float]:
    return [value for one in visits if (value := measure(one)) is not None]


def spread(seconds: Sequence[float]) -> Spread:
    """Percentiles by the nearest rank: each is a duration that somebody had."""
    if not seconds:
        return Spread(0, None, None, None, None)
    ranked = sorted(seconds)
    return Spread(len(ranked), sum(ranked) / len(ranked), _rank(ranked, 0.5), _rank(ranked, 0.9), ranked[-1])


def _rank(ranked: Sequence[float], share: float) -> float:
    return ranked[math.ceil(share * len(ranked)) - 1]


def grouped(visits: Iterable[Visit], key: Callable[[Visit], str]) -> Mapping[str, Figures]:
    """The figures of each group, by its name in order."""
    groups: dict[str, list[Visit]] = {}
    for one in visits:
        groups.setdefault(key(one), []).append(one)
    return {name: figures(groups[name]) for name in sorted(groups)}
