"""A day of an office on paper: what is planned, and what came of it. Pure: no clock, no SQL.

`simulation.py` lives a plan through; `figures` says what a manager wants to know of the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..domain.line_settings import LineSettings
from ..domain.service_times import ServiceTime, combine_service_times
from ..domain.ticket import TicketKind, TicketState
from ..domain.wait_estimate import ForecastRange

PUNCTUAL_WITHIN = timedelta(minutes=10)  # an appointment called no later than this after its time was punctual


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One line: its letter, its numbers, how many walk-ins it takes a day."""

    id: str
    letter: str
    rules: LineSettings = field(default_factory=LineSettings)
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedService:
    """A service given in person, or several in one visit, after the first one `more`.

    `expected`: what the office says it takes; `visit`: what it takes in truth.
    """

    slug: str
    line_id: str
    expected: timedelta
    service_time: ServiceTime
    more_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """A desk at which somebody sits from one moment to another; a desk may have several."""

    desk_id: str
    line_ids: tuple[str, ...]
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class WalkInFlow:
    """People without an appointment for one service: so many on average, evenly between two moments."""

    service: str
    start: datetime
    end: datetime
    count: float


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """An appointment in person: for a service, and in the same visit for `more` after it."""

    service: str
    starts_at: datetime
    more_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedBehaviour:
    """What people do, as shares of them, and how they come to an appointment."""

    no_show: float = 0.15  # of appointments
    early: timedelta = timedelta(minutes=6)  # before the time, on average; some are late
    punctuality: timedelta = timedelta(minutes=7)  # standard deviation of the same
    preferential: float = 0.05
    absent: float = 0.04  # do not answer their call
    rejoins: float = 0.6  # of those who missed it
    postpones: float = 0.03
    holds: float = 0.04  # have to fetch something in the middle of their visit
    put_back: float = 0.01  # called by mistake
    leaves: float = 0.03
    transfers: float = 0.03  # are sent on to another service
    placed: float = 0.01  # whom a host puts first
    agents: float = 0.12  # standard deviation of how fast agents are, as a share
    days: float = 0.08  # of how fast a whole day is


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What is known before a day begins."""

    opens: datetime
    closes: datetime
    lines: tuple[LinePlan, ...]
    services: tuple[PlannedService, ...]
    shifts: tuple[Shift, ...]
    flows: tuple[WalkInFlow, ...] = ()
    appointments: tuple[PlannedAppointment, ...] = ()
    behaviour: SimulatedBehaviour = field(default_factory=SimulatedBehaviour)

    def service(self, slug: str) -> PlannedService:
        """Raises KeyError."""
        for one in self.services:
            if one.slug == slug:
                return one
        raise KeyError(slug)

    def appointment_service(self, one: PlannedAppointment) -> PlannedService:
        """What is done in the visit of an appointment. Raises KeyError."""
        if not one.more_services:
            return self.service(one.service)
        parts = [self.service(slug) for slug in (one.service, *one.more_services)]
        expected = sum((part.expected for part in parts), timedelta())
        return replace(
            parts[0],
            expected=expected,
            service_time=combine_service_times([part.service_time for part in parts]),
            more_services=one.more_services,
        )


@dataclass(frozen=True, slots=True)
class TicketOutcome:
    """One ticket from issue to end. `called_at`: the first call. `aside`: asked for time, or was put
    first by a host: is not judged."""

    code: str
    line_id: str
    kind: TicketKind
    preferential: bool
    issued_at: datetime
    appointment_at: datetime | None
    is_late: bool  # checked in too late to go by the appointment's time
    called_at: datetime | None
    ended_at: datetime
    state: TicketState
    shown_range: ForecastRange | None
    is_excluded: bool
    overtaking_limit: int  # how many who came later might be called before
    overtaken: int  # how many were
    calls: int
    visits: int  # how often somebody sat down at a desk

    @property
    def waited(self) -> timedelta | None:
        """From issue to the first call; an appointment waits from its time, if its person was there before."""
        if self.called_at is None:
            return None
        since = self.issued_at
        if self.appointment_at is not None and not self.is_late:
            since = max(since, self.appointment_at)
        return max(timedelta(), self.called_at - since)

    @property
    def is_within_range(self) -> bool | None:
        """Whether the call came within the range shown at issue, on the clock's minutes; None if not judged."""
        if self.shown_range is None or self.called_at is None or self.is_excluded:
            return None
        return self.shown_range.contains(self.called_at)


@dataclass(frozen=True, slots=True)
class OfficeSample:
    """The floor at one moment: who waits by line, how many desks are open, how many of them are busy."""

    at: datetime
    waiting: Mapping[str, int]
    open_desks: int
    busy_desks: int


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """What came of a plan. `refused`: people without an appointment who got no ticket, by the reason."""

    plan: DayPlan
    outcomes: tuple[TicketOutcome, ...]
    refused: Mapping[str, int]
    no_shows: int  # appointments whose person never took a ticket
    open_time: timedelta  # of all desks together
    busy_time: timedelta
    samples: tuple[OfficeSample, ...]


@dataclass(frozen=True, slots=True)
class WaitSummary:
    """How long some people waited until their first call."""

    count: int
    mean: timedelta
    p50: timedelta
    p90: timedelta  # P90
    longest: timedelta


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What a day was like. Shares are of 1, and None where nobody could be counted."""

    issued: int
    served: int
    refused: int
    no_shows: int
    walk_ins: WaitSummary
    preferential: WaitSummary
    appointments: WaitSummary
    punctual: float | None
    utilisation: float | None
    within_range: float | None
    by_latest: float | None
    limits_exceeded: int


def day_figures(days: Sequence[SimulatedDay]) -> DayFigures:
    """The figures of one day, or of several together."""
    lives = [life for day in days for life in day.outcomes]
    usual = [life for life in lives if not life.is_excluded]
    walk_ins = [life for life in usual if life.kind is TicketKind.WALK_IN]
    punctual = [one for one in usual if one.kind is TicketKind.APPOINTMENT and not one.is_late and one.called_at]
    judged = [life for life in usual if life.is_within_range is not None]
    return DayFigures(
        issued=len(lives),
        served=sum(1 for life in lives if life.state is TicketState.FINISHED),
        refused=sum(sum(day.refused.values()) for day in days),
        no_shows=sum(day.no_shows for day in days),
        walk_ins=summarize_waits(life.waited for life in walk_ins if not life.preferential),
        preferential=summarize_waits(life.waited for life in walk_ins if life.preferential),
        appointments=summarize_waits(life.waited for life in punctual),
        punctual=_share(
            sum(1 for one in punctual if (one.waited or timedelta()) <= PUNCTUAL_WITHIN), len(punctual)
        ),
        utilisation=_ratio(
            sum((day.busy_time for day in days), timedelta()), sum((day.open_time for day in days), timedelta())
        ),
        within_range=_share(sum(1 for one in judged if one.is_within_range), len(judged)),
        by_latest=_share(sum(1 for one in judged if _is_called_by_latest(one)), len(judged)),
        limits_exceeded=sum(1 for life in lives if life.overtaken > life.overtaking_limit),
    )


def summarize_waits(found: Iterable[timedelta | None]) -> WaitSummary:
    """Mean, P50, P90 and the longest."""
    known = sorted(one for one in found if one is not None)
    if not known:
        return WaitSummary(0, timedelta(), timedelta(), timedelta(), timedelta())
    mean = sum(known, timedelta()) / len(known)
    return WaitSummary(len(known), mean, quantile(known, 0.5), quantile(known, 0.9), known[-1])


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta:
    """The smallest value that at least this share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _is_called_by_latest(life: TicketOutcome) -> bool:
    assert life.shown_range is not None
    assert life.called_at is not None
    return not life.shown_range.ends_before(life.called_at)


def _share(found: int, of: int) -> float | None:
    return found / of if of else None


def _ratio(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole else None
