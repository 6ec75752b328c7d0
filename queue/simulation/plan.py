"""The plan of a simulated day, its outcome, and the statistics of outcomes.

Pure: no clock, no SQL.
`engine.py` simulates a plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...appointments.domain.appointment import ON_TIME_WITHIN
from ..domain.line_settings import LineSettings
from ..domain.service_times import ServiceTime, combine_service_times
from ..domain.ticket import TicketKind, TicketState
from ..domain.wait_estimate import ForecastRange


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A line: its letter, its settings, and its daily quota of walk-ins."""

    id: str
    letter: str
    rules: LineSettings = field(default_factory=LineSettings)
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedService:
    """A service in person, or several in a visit: `more_services` follow the first.

    `expected`: the duration that the office has set. `service_time`: the real duration.
    """

    slug: str
    line_id: str
    expected: timedelta
    service_time: ServiceTime
    more_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """An open period of a desk. A desk may have several."""

    desk_id: str
    line_ids: tuple[str, ...]
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class WalkInFlow:
    """Walk-ins for a service: `count` on average, evenly distributed between two times."""

    service: str
    start: datetime
    end: datetime
    count: float


@dataclass(frozen=True, slots=True)
class RecordedPerson:
    """A person of a past day, who does in a simulation what was recorded.

    `walk`: from the call to the start of the service. `at_desk`: the rest of the time in which a desk was busy
    with this person. None: not recorded, and drawn. `left_at`: when the person stopped waiting, without a call.
    """

    service: str
    arrived_at: datetime
    walk: timedelta | None = None
    at_desk: timedelta | None = None
    left_at: datetime | None = None
    is_absent: bool = False  # did not answer the calls


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """An appointment in person for a service, and for `more_services` in the same visit.

    `person`: the citizen who came to it on a past day.
    """

    service: str
    starts_at: datetime
    more_services: tuple[str, ...] = ()
    person: RecordedPerson | None = None


@dataclass(frozen=True, slots=True)
class SimulatedBehaviour:
    """The behaviour of citizens and agents: shares of them, and times of arrival."""

    no_show: float = 0.15  # of appointments
    early: timedelta = timedelta(minutes=6)  # mean arrival before the appointment; some citizens are late
    punctuality: timedelta = timedelta(minutes=7)  # standard deviation of the arrival
    preferential: float = 0.05
    absent: float = 0.04  # share of citizens who do not answer a call
    rejoins: float = 0.6  # of those who missed a call
    postpones: float = 0.03
    holds: float = 0.04  # visits that an agent interrupts with a hold
    put_back: float = 0.01  # calls by mistake
    leaves: float = 0.03
    transfers: float = 0.03  # visits that are transferred to another service
    placed: float = 0.01  # tickets that a host puts first
    agents: float = 0.12  # standard deviation of the speed of agents
    days: float = 0.08  # standard deviation of the speed of a whole day


# People of a past day do what was recorded of each of them: nothing is added by chance. Near saturation, the mean
# wait of a day with random service times varies so much that a true replay failed the check of what_if.py.
RECORDED_BEHAVIOUR = SimulatedBehaviour(
    no_show=0.0,
    preferential=0.0,
    absent=0.0,
    rejoins=0.0,
    postpones=0.0,
    holds=0.0,
    put_back=0.0,
    leaves=0.0,
    transfers=0.0,
    placed=0.0,
    agents=0.0,
    days=0.0,
)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The input of a simulation: what is known before the day begins.

    `walk_ins`: recorded people without an appointment, who arrive again as they did.
    """

    opens: datetime
    closes: datetime
    lines: tuple[LinePlan, ...]
    services: tuple[PlannedService, ...]
    shifts: tuple[Shift, ...]
    flows: tuple[WalkInFlow, ...] = ()
    walk_ins: tuple[RecordedPerson, ...] = ()
    appointments: tuple[PlannedAppointment, ...] = ()
    behaviour: SimulatedBehaviour = field(default_factory=SimulatedBehaviour)

    def service(self, slug: str) -> PlannedService:
        """Return a service of the plan. Raises KeyError."""
        for service in self.services:
            if service.slug == slug:
                return service
        raise KeyError(slug)

    def appointment_service(self, appointment: PlannedAppointment) -> PlannedService:
        """Combine the services of an appointment into a single service. Raises KeyError."""
        if not appointment.more_services:
            return self.service(appointment.service)
        parts = [self.service(slug) for slug in (appointment.service, *appointment.more_services)]
        expected = sum((part.expected for part in parts), timedelta())
        return replace(
            parts[0],
            expected=expected,
            service_time=combine_service_times([part.service_time for part in parts]),
            more_services=appointment.more_services,
        )


@dataclass(frozen=True, slots=True)
class TicketOutcome:
    """A ticket from issue to end. `called_at`: the first call.

    `is_excluded`: postponed, or put first by a host, so that its forecast is not judged.
    """

    code: str
    line_id: str
    kind: TicketKind
    preferential: bool
    issued_at: datetime
    appointment_at: datetime | None
    is_late: bool  # checked in after the tolerance of its appointment
    called_at: datetime | None
    ended_at: datetime
    state: TicketState
    shown_range: ForecastRange | None
    is_excluded: bool
    overtaking_limit: int  # how many later tickets might be called before
    overtaken: int  # how many later tickets were called before
    calls: int
    visits: int  # how often the citizen sat at a desk

    @property
    def waited(self) -> timedelta | None:
        """Return the time from issue to the first call.

        An appointment that is not late waits from its own time on.
        """
        if self.called_at is None:
            return None
        since = self.issued_at
        if self.appointment_at is not None and not self.is_late:
            since = max(since, self.appointment_at)
        return max(timedelta(), self.called_at - since)

    @property
    def is_within_range(self) -> bool | None:
        """Return whether the call was within the range shown at issue; None if it is not judged."""
        if self.shown_range is None or self.called_at is None or self.is_excluded:
            return None
        return self.shown_range.contains(self.called_at)


@dataclass(frozen=True, slots=True)
class OfficeSample:
    """A moment of a day: waiting tickets by line id, open desks, busy desks."""

    at: datetime
    waiting: Mapping[str, int]
    open_desks: int
    busy_desks: int


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """The outcome of a plan. `refused`: citizens who got no ticket, counted by error code."""

    plan: DayPlan
    outcomes: tuple[TicketOutcome, ...]
    refused: Mapping[str, int]
    no_shows: int  # appointments without a ticket
    open_time: timedelta  # of all desks together
    busy_time: timedelta
    samples: tuple[OfficeSample, ...]


@dataclass(frozen=True, slots=True)
class WaitSummary:
    """The waits of some tickets until their first call."""

    count: int
    mean: timedelta
    p50: timedelta
    p90: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The statistics of simulated days. A share is None where there was no case."""

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
    """Compute the statistics of a day, or of several together."""
    outcomes = [outcome for day in days for outcome in day.outcomes]
    usual = [outcome for outcome in outcomes if not outcome.is_excluded]
    walk_ins = [outcome for outcome in usual if outcome.kind is TicketKind.WALK_IN]
    punctual = [
        outcome
        for outcome in usual
        if outcome.kind is TicketKind.APPOINTMENT and not outcome.is_late and outcome.called_at
    ]
    judged = [outcome for outcome in usual if outcome.is_within_range is not None]
    return DayFigures(
        issued=len(outcomes),
        served=sum(1 for outcome in outcomes if outcome.state is TicketState.FINISHED),
        refused=sum(sum(day.refused.values()) for day in days),
        no_shows=sum(day.no_shows for day in days),
        walk_ins=summarize_waits(outcome.waited for outcome in walk_ins if not outcome.preferential),
        preferential=summarize_waits(outcome.waited for outcome in walk_ins if outcome.preferential),
        appointments=summarize_waits(outcome.waited for outcome in punctual),
        punctual=_share(
            sum(1 for outcome in punctual if (outcome.waited or timedelta()) <= ON_TIME_WITHIN), len(punctual)
        ),
        utilisation=_ratio(
            sum((day.busy_time for day in days), timedelta()), sum((day.open_time for day in days), timedelta())
        ),
        within_range=_share(sum(1 for outcome in judged if outcome.is_within_range), len(judged)),
        by_latest=_share(sum(1 for outcome in judged if _is_called_by_latest(outcome)), len(judged)),
        limits_exceeded=sum(1 for outcome in outcomes if outcome.overtaken > outcome.overtaking_limit),
    )


def summarize_waits(waits: Iterable[timedelta | None]) -> WaitSummary:
    """Compute mean, P50, P90 and maximum.

    None is a ticket that was never called and is left out.
    """
    known = sorted(wait for wait in waits if wait is not None)
    if not known:
        return WaitSummary(0, timedelta(), timedelta(), timedelta(), timedelta())
    mean = sum(known, timedelta()) / len(known)
    return WaitSummary(len(known), mean, quantile(known, 0.5), quantile(known, 0.9), known[-1])


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta:
    """Return the smallest value that at least this share of the values does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _is_called_by_latest(outcome: TicketOutcome) -> bool:
    assert outcome.shown_range is not None
    assert outcome.called_at is not None
    return not outcome.shown_range.ends_before(outcome.called_at)


def _share(found: int, of: int) -> float | None:
    return found / of if of else None


def _ratio(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole else None
