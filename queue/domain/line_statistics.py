"""Statistics of visits, computed from the segments of their tickets.

Pure: no clock, no SQL.
A statistic without a case is None, never 0: without a visit there is no wait of 0 seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ...appointments.domain.appointment import ON_TIME_WITHIN
from .tally import Tally
from .ticket import TicketKind, TicketState
from .wait_estimate import ForecastRange

# Names in the tally of visits, beside those of TicketKind and TicketState; stored in `figure_days`.
TICKETS, JUDGED, IN_RANGE, BY_LATEST = "tickets", "judged", "in_range", "by_latest"
WAIT, WAY, SERVICE, OWN_SERVICE, DELAY = "wait", "way", "service", "own_service", "delay"


@dataclass(frozen=True, slots=True)
class TicketSegment:
    """A period in which a ticket kept its state."""

    state: TicketState
    started_at: datetime
    ended_at: datetime
    services: str | None = None  # slugs separated by spaces; None in old rows

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class MeasuredVisit:
    """A ticket with its ended segments in order of time.

    `shown_range`: the forecast range at issue. `is_excluded`: postponed by the citizen or put first by a host, so
    that no forecast is compared with it.
    """

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
        """Return whether this is an appointment whose citizen arrived on time."""
        due = self.told_at or self.appointment_at
        return due is not None and self.arrived_at <= due + ON_TIME_WITHIN

    @property
    def first_called_at(self) -> datetime | None:
        """Return the time of the first call; None if no call has ended."""
        called = [segment for segment in self.segments if segment.state is TicketState.CALLED]
        return called[0].started_at if called else None

    @property
    def wait_s(self) -> float | None:
        """Return the seconds from arrival to the first call.

        A punctual appointment waits from its own time on.
        """
        called, since = self.first_called_at, self.arrived_at
        if called is None:
            return None
        if self.appointment_at is not None and self.is_in_time:
            since = max(since, self.appointment_at)
        return max(0.0, (called - since).total_seconds())

    @property
    def way_s(self) -> float | None:
        """Return the seconds from the first answered call to the start of the service.

        The period of the current state has not ended, so it is in no segment.
        """
        following = [*[segment.state for segment in self.segments[1:]], self.state]
        # not strict: of a ticket without segments only the current state is known
        ways = [
            segment.seconds
            for segment, state in zip(self.segments, following, strict=False)
            if (segment.state, state) == (TicketState.CALLED, TicketState.SERVING)
        ]
        return ways[0] if ways else None

    @property
    def service_s(self) -> float | None:
        """Return the seconds of service at all desks; None for an unfinished visit."""
        served = [segment.seconds for segment in self.segments if segment.state is TicketState.SERVING]
        return sum(served) if served and self.state is TicketState.FINISHED else None

    @property
    def own_service_s(self) -> float | None:
        """Return the seconds of service for its own service alone.

        A segment of several services at once does not tell the duration of any of them.
        """
        served = [segment for segment in self.segments if segment.state is TicketState.SERVING]
        # None: rows that are older than the column
        own = [segment.seconds for segment in served if segment.services in (None, self.service)]
        return sum(own) if own and self.state is TicketState.FINISHED else None

    @property
    def call_and_shown_range(self) -> tuple[datetime, ForecastRange] | None:
        """Return the first call and the shown range; None if the forecast is not judged."""
        called = self.first_called_at
        if called is None or self.shown_range is None or self.is_excluded:
            return None
        return called, ForecastRange(*self.shown_range)

    @property
    def is_in_range(self) -> bool | None:
        """Return whether the first call was inside the shown range; None if not judged."""
        judged = self.call_and_shown_range
        return None if judged is None else judged[1].contains(judged[0])

    @property
    def is_by_latest(self) -> bool | None:
        """Return whether the first call was by the end of the range; None if not judged."""
        judged = self.call_and_shown_range
        return None if judged is None else not judged[1].ends_before(judged[0])

    def facts(self, zone: tzinfo) -> VisitFacts:
        """Return the measured values alone, with the local hour of the arrival."""
        return VisitFacts(
            line=self.line,
            service=self.service,
            day=self.day,
            hour=self.arrived_at.astimezone(zone).hour,
            kind=self.kind,
            state=self.state,
            wait_s=self.wait_s,
            way_s=self.way_s,
            service_s=self.service_s,
            own_service_s=self.own_service_s,
            is_in_time=self.is_in_time,
            is_in_range=self.is_in_range,
            is_by_latest=self.is_by_latest,
        )


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """The measured values of a visit, without its segments."""

    line: str
    service: str
    day: date
    hour: int
    kind: TicketKind
    state: TicketState
    wait_s: float | None
    way_s: float | None
    service_s: float | None
    own_service_s: float | None
    is_in_time: bool
    is_in_range: bool | None
    is_by_latest: bool | None


CountedVisit = MeasuredVisit | VisitFacts


@dataclass(frozen=True, slots=True)
class DurationDistribution:
    """The distribution of some durations, in seconds."""

    count: int
    mean_s: float | None
    p50_s: float | None
    p90_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Proportion:
    """A count out of a total."""

    of: int
    count: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class VisitFigures:
    """The statistics of some visits.

    The field names are those of the API (docs/api.md#statistics).
    `no_shows`: out of the served visits and the no-shows. `delay`: the wait of punctual appointments, `on_time`:
    those that waited at most ON_TIME_WITHIN. `in_range`, `by_latest`: how many forecasts were right.
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


def visit_figures(visits: Iterable[CountedVisit]) -> VisitFigures:
    """Compute the statistics of these visits."""
    tally = Tally()
    for visit in visits:
        tally_visit(tally, visit)
    return tallied_visit_figures(tally)


def tally_visit(tally: Tally, visit: CountedVisit) -> None:
    """Add a visit to the tally from which `tallied_visit_figures` computes."""
    wait_s = visit.wait_s
    tally.add(TICKETS)
    tally.add(visit.kind)
    tally.add(visit.state)
    tally.measure(WAIT, wait_s)
    tally.measure(WAY, visit.way_s)
    tally.measure(SERVICE, visit.service_s)
    tally.measure(OWN_SERVICE, visit.own_service_s)
    if visit.is_in_time:
        tally.measure(DELAY, wait_s)
    if visit.is_in_range is not None:
        tally.add(JUDGED)
        if visit.is_in_range:
            tally.add(IN_RANGE)
        if visit.is_by_latest:
            tally.add(BY_LATEST)


def tallied_visit_figures(tally: Tally, *, own_service: bool = False) -> VisitFigures:
    """Compute the statistics of the visits in a tally.

    `own_service`: measure the time of each visit's own service only.
    """
    delays, judged, no_shows = tally.measured(DELAY), tally.count(JUDGED), tally.count(TicketState.NO_SHOW)
    return VisitFigures(
        tickets=tally.count(TICKETS),
        walk_ins=tally.count(TicketKind.WALK_IN),
        appointments=tally.count(TicketKind.APPOINTMENT),
        served=tally.count(TicketState.FINISHED),
        left=tally.count(TicketState.LEFT),
        expired=tally.count(TicketState.EXPIRED),
        wait=distribution(tally.measured(WAIT)),
        way=distribution(tally.measured(WAY)),
        service=distribution(tally.measured(OWN_SERVICE if own_service else SERVICE)),
        no_shows=Proportion(tally.count(TicketState.FINISHED) + no_shows, no_shows),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for delay_s in delays if delay_s <= ON_TIME_WITHIN.total_seconds())),
        in_range=Proportion(judged, tally.count(IN_RANGE)),
        by_latest=Proportion(judged, tally.count(BY_LATEST)),
    )


def distribution(seconds: Sequence[float]) -> DurationDistribution:
    """Compute mean and percentiles by nearest rank: each percentile is an observed duration."""
    if not seconds:
        return DurationDistribution(0, None, None, None, None)
    ranked = sorted(seconds)
    return DurationDistribution(
        len(ranked), sum(ranked) / len(ranked), _nearest_rank(ranked, 0.5), _nearest_rank(ranked, 0.9), ranked[-1]
    )


def _nearest_rank(ranked: Sequence[float], share: float) -> float:
    return ranked[math.ceil(share * len(ranked)) - 1]
