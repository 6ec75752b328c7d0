"""What became of an office's visits, in figures, from the segments of its tickets. Pure: no clock, no SQL.

A figure without a case is None, never 0: nobody waited is not the same as no wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .ticket import TicketKind, TicketState
from .wait_estimate import ForecastRange

ON_TIME_WITHIN = timedelta(
    minutes=10
)  # till then one is there in time; and so long one waits at most, if all is well


@dataclass(frozen=True, slots=True)
class TicketSegment:
    """A stretch of a ticket's life in one state."""

    state: TicketState
    started_at: datetime
    ended_at: datetime
    services: str | None = None  # what the person was there for, parted by spaces; None where nobody wrote it down

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class MeasuredVisit:
    """A ticket and its past, segments by time. `shown`: the range at issue. `aside`: asked for time, or was put
    first by a host, so that no estimate is judged by it."""

    line: str
    service: str
    day: date
    kind: TicketKind
    state: TicketState
    arrived_at: datetime
    appointment_at: datetime | None = None
    shown_range: tuple[datetime, datetime] | None = None
    segments: tuple[TicketSegment, ...] = ()
    is_excluded: bool = False
    told_at: datetime | None = None

    @property
    def is_in_time(self) -> bool:
        """Whether it is about an appointment whose person was there soon enough to go by its time."""
        due = self.told_at or self.appointment_at
        return due is not None and self.arrived_at <= due + ON_TIME_WITHIN

    @property
    def first_called_at(self) -> datetime | None:
        """When it was called for the first time; also while it is still called."""
        called = [one for one in self.segments if one.state is TicketState.CALLED]
        return called[0].started_at if called else None

    @property
    def wait_s(self) -> float | None:
        """From being there to the first call; an appointment in time waits from its time on, not before."""
        called, since = self.first_called_at, self.arrived_at
        if called is None:
            return None
        if self.appointment_at is not None and self.is_in_time:
            since = max(since, self.appointment_at)
        return max(0.0, (called - since).total_seconds())

    @property
    def way_s(self) -> float | None:
        """From the call that was followed to the beginning at the desk."""
        pairs = zip(self.segments, self.segments[1:], strict=False)
        ways = [
            call.seconds
            for call, then in pairs
            if (call.state, then.state) == (TicketState.CALLED, TicketState.SERVING)
        ]
        return ways[0] if ways else None

    @property
    def service_s(self) -> float | None:
        """At desks altogether, once it is over."""
        served = [one.seconds for one in self.segments if one.state is TicketState.SERVING]
        return sum(served) if served and self.state is TicketState.FINISHED else None

    @property
    def own_service_s(self) -> float | None:
        """At desks for its service alone: what is done for several at once tells of none how long it takes."""
        served = [one for one in self.segments if one.state is TicketState.SERVING]
        own = [one.seconds for one in served if one.services in (None, self.service)]
        return sum(own) if own and self.state is TicketState.FINISHED else None

    @property
    def call_and_shown_range(self) -> tuple[datetime, ForecastRange] | None:
        """The first call, and the range that it is compared with."""
        called = self.first_called_at
        if called is None or self.shown_range is None or self.is_excluded:
            return None
        return called, ForecastRange(*self.shown_range)


@dataclass(frozen=True, slots=True)
class DurationDistribution:
    """How some durations are distributed, in seconds."""

    count: int
    mean_s: float | None
    p50_s: float | None
    p90_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Proportion:
    """How many of how many."""

    of: int
    count: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class VisitFigures:
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
    wait: DurationDistribution
    way: DurationDistribution
    service: DurationDistribution
    no_shows: Proportion
    delay: DurationDistribution
    on_time: Proportion
    in_range: Proportion
    by_latest: Proportion


VisitMeasure = Callable[[MeasuredVisit], float | None]


def _service_seconds(visit: MeasuredVisit) -> float | None:
    return visit.service_s


def visit_figures(
    visits: Sequence[MeasuredVisit], measure_service: VisitMeasure = _service_seconds
) -> VisitFigures:
    """The figures of these visits; `service` measures how long one was served."""
    states = [one.state for one in visits]
    over = sum(states.count(state) for state in (TicketState.FINISHED, TicketState.NO_SHOW))
    delays = _measured_values(visits, lambda one: one.wait_s if one.is_in_time else None)
    judged = [found for one in visits if (found := one.call_and_shown_range) is not None]
    return VisitFigures(
        tickets=len(visits),
        walk_ins=sum(1 for one in visits if one.kind is TicketKind.WALK_IN),
        appointments=sum(1 for one in visits if one.kind is TicketKind.APPOINTMENT),
        served=states.count(TicketState.FINISHED),
        left=states.count(TicketState.LEFT),
        expired=states.count(TicketState.EXPIRED),
        wait=distribution(_measured_values(visits, lambda one: one.wait_s)),
        way=distribution(_measured_values(visits, lambda one: one.way_s)),
        service=distribution(_measured_values(visits, measure_service)),
        no_shows=Proportion(over, states.count(TicketState.NO_SHOW)),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for one in delays if one <= ON_TIME_WITHIN.total_seconds())),
        in_range=Proportion(len(judged), sum(1 for called, told in judged if told.contains(called))),
        by_latest=Proportion(len(judged), sum(1 for called, told in judged if not told.ends_before(called))),
    )


def _measured_values(visits: Iterable[MeasuredVisit], measure: VisitMeasure) -> list[float]:
    return [value for one in visits if (value := measure(one)) is not None]


def distribution(seconds: Sequence[float]) -> DurationDistribution:
    """Percentiles by the nearest rank: each is a duration that somebody had."""
    if not seconds:
        return DurationDistribution(0, None, None, None, None)
    ranked = sorted(seconds)
    return DurationDistribution(
        len(ranked), sum(ranked) / len(ranked), _nearest_rank(ranked, 0.5), _nearest_rank(ranked, 0.9), ranked[-1]
    )


def _nearest_rank(ranked: Sequence[float], share: float) -> float:
    return ranked[math.ceil(share * len(ranked)) - 1]


def figures_by_group(
    visits: Iterable[MeasuredVisit],
    key: Callable[[MeasuredVisit], str],
    measure_service: VisitMeasure = _service_seconds,
) -> Mapping[str, VisitFigures]:
    """The figures of each group, by its name in order."""
    groups: dict[str, list[MeasuredVisit]] = {}
    for one in visits:
        groups.setdefault(key(one), []).append(one)
    return {name: visit_figures(groups[name], measure_service) for name in sorted(groups)}
