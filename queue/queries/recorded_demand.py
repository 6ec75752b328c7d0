"""Recorded days and the change asked for, as plans of a simulation. No writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, Refused
from ...offices.service import Office, hours
from ..domain.line_statistics import MeasuredVisit
from ..domain.service_times import ServiceTimes
from ..domain.ticket import TicketKind
from ..simulation.plan import DayPlan, PlannedAppointment, PlannedService, SimulatedBehaviour, WalkInFlow
from ..simulation.what_if import PlanPair, WhatIfTask
from ..storage import history_rows
from .service_time_history import load_service_times
from .simulation_plan import next_open_day, plan_shifts, planned_lines, planned_services

HISTORY_WEEKS = 8  # of days to choose from: longer ago other agents did other work
MAX_DAYS = 10  # recorded days of one simulation
MIN_DAY_TICKETS = 5  # a day with fewer was a trial, or the office was closed
MIN_TICKETS = 20  # of all chosen days together; with fewer there is nothing to learn
MAX_RUNS = 20  # simulated days of each case
MAX_MORE_DESKS = 10
MAX_ARRIVALS = 300  # in one hour
RECENT, TYPED = "recent", "typed"
ONE_HOUR = timedelta(hours=1)

DeskList = list[tuple[str, tuple[str, ...]]]  # id and line ids of each desk
Openings = list[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class WhatIfQuestion:
    """A manager's question about other desks or hours.

    `demand`: RECENT, TYPED, the number of a weekday, or a day. `line`: the slug of the line that the desks serve;
    None for all. `opens`, `closes`: None as it is. `arrivals`: typed people by local hour.
    """

    demand: str
    more_desks: int = 0
    line: str | None = None
    opens: time | None = None
    closes: time | None = None
    target_min: int = 20
    arrivals: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedWhatIf:
    """A task, and what it rests on.

    `days`: the recorded days; empty for typed arrivals. `people`: on a mean day. `desks`: least and most as it is.
    `measured_wait_min`: the mean wait of walk-ins that was recorded on those days; None for typed arrivals.
    """

    task: WhatIfTask
    days: tuple[date, ...]
    people: float
    desks: tuple[int, int]
    measured_wait_min: float | None


@dataclass(frozen=True, slots=True)
class _DayDemand:
    """The demand of one day, and the desks that were open."""

    openings: Openings
    desks: DeskList
    walk_ins: tuple[tuple[str, datetime], ...] = ()
    appointments: tuple[PlannedAppointment, ...] = ()
    flows: tuple[WalkInFlow, ...] = ()
    wait_s: tuple[float, ...] = ()

    @property
    def people(self) -> float:
        return len(self.walk_ins) + len(self.appointments) + sum(flow.count for flow in self.flows)


async def recorded_days(session: AsyncSession, office: Office, now: datetime) -> list[date]:
    """Return the past days with enough tickets, on which the office opens, the newest first."""
    today = hours.to_local_day(office.hours, now)
    counts = await history_rows.tickets_by_day(session, office.id, today - timedelta(weeks=HISTORY_WEEKS), today)
    days = [day for day, count in counts.items() if count >= MIN_DAY_TICKETS]
    return [day for day in sorted(days, reverse=True) if hours.opening_intervals(office.hours, day)]


def choose_days(days: Sequence[date], demand: str) -> list[date]:
    """Return the days of a demand out of the recorded ones, the newest first."""
    if demand == RECENT:
        return list(days[:MAX_DAYS])
    if demand.isdecimal():
        return [day for day in days if day.weekday() == int(demand)][:MAX_DAYS]
    return [day for day in days if day.isoformat() == demand]


async def plan_what_if(
    session: AsyncSession, office: Office, now: datetime, question: WhatIfQuestion
) -> PlannedWhatIf:
    """Plan the days as they are, and with the change.

    Raises Invalid for a change that these days do not allow, Refused("little_history" | "closed" | "no_desk").
    """
    service_times = await load_service_times(session, office, now)
    services = planned_services(office, service_times)
    days: list[date] = []
    if question.demand == TYPED:
        demands = [_typed_demand(office, services, now, question.arrivals)]
    else:
        days = choose_days(await recorded_days(session, office, now), question.demand)
        demands = await _recorded_demands(session, office, services, days)
        if sum(demand.people for demand in demands) < MIN_TICKETS:
            raise Refused("little_history")
    behaviour = SimulatedBehaviour(
        # recorded appointments are those whose citizens came
        no_show=0.0,
        absent=service_times.unanswered_share or SimulatedBehaviour().absent,
    )
    frame = DayPlan(
        opens=now, closes=now, lines=planned_lines(office), services=services, shifts=(), behaviour=behaviour
    )
    waits = [wait_s for demand in demands for wait_s in demand.wait_s]
    counts = [len(demand.desks) for demand in demands]
    return PlannedWhatIf(
        task=_build_task(office, frame, demands, question, service_times),
        days=tuple(days),
        people=sum(demand.people for demand in demands) / len(demands),
        desks=(min(counts), max(counts)),
        measured_wait_min=sum(waits) / len(waits) / 60 if waits else None,
    )


def _build_task(
    office: Office,
    frame: DayPlan,
    demands: Sequence[_DayDemand],
    question: WhatIfQuestion,
    service_times: ServiceTimes,
) -> WhatIfTask:
    return WhatIfTask(
        pairs=[
            PlanPair(
                _day_plan(frame, demand, demand.desks, demand.openings),
                _day_plan(
                    frame, demand, change_desks(office, demand, question), move_hours(office, demand, question)
                ),
            )
            for demand in demands
        ],
        runs=MAX_RUNS,
        target=timedelta(minutes=question.target_min),
        zone=office.timezone,
        service_times=service_times,
    )


def _day_plan(frame: DayPlan, demand: _DayDemand, desks: DeskList, openings: Openings) -> DayPlan:
    return replace(
        frame,
        opens=openings[0][0],
        closes=openings[-1][1],
        shifts=plan_shifts(desks, openings),
        flows=demand.flows,
        walk_ins=demand.walk_ins,
        appointments=demand.appointments,
    )


# Demand


async def _recorded_demands(
    session: AsyncSession, office: Office, services: Sequence[PlannedService], days: Collection[date]
) -> list[_DayDemand]:
    used = await history_rows.desks_by_day(session, office.id, days)
    found = []
    for day in days:
        visits = await history_rows.visits_on_day(session, office, day)
        found.append(_recorded_demand(office, services, day, visits, used.get(day, set())))
    return found


def _recorded_demand(
    office: Office, services: Sequence[PlannedService], day: date, visits: Sequence[MeasuredVisit], used: set[str]
) -> _DayDemand:
    slugs = {service.slug: service.line_id for service in services}
    known = [visit for visit in visits if visit.service in slugs]
    walk_ins = [visit for visit in known if visit.appointment_at is None]
    needed = {slugs[visit.service] for visit in known}
    desks = _usable_desks(office)
    worked = [desk for desk in desks if desk[0] in used]
    if not needed <= {line_id for _, line_ids in worked for line_id in line_ids}:
        worked = desks  # the desks serve other lines now than on that day
    return _DayDemand(
        openings=hours.opening_intervals(office.hours, day),
        desks=worked,
        walk_ins=tuple((visit.service, visit.arrived_at) for visit in walk_ins),
        appointments=tuple(
            PlannedAppointment(visit.service, visit.appointment_at)
            for visit in known
            if visit.appointment_at is not None
        ),
        wait_s=tuple(
            visit.wait_s
            for visit in walk_ins
            if visit.kind is TicketKind.WALK_IN and visit.wait_s is not None and not visit.is_excluded
        ),
    )


def _typed_demand(
    office: Office, services: Sequence[PlannedService], now: datetime, arrivals: Sequence[tuple[int, int]]
) -> _DayDemand:
    """Spread typed people evenly over their hour and over the services without appointment."""
    openings = hours.opening_intervals(office.hours, next_open_day(office, now))
    by_slug = {service.slug: service for service in office.services}
    open_to_all = [service.slug for service in services if by_slug[service.slug].takes_walk_ins]
    slugs = open_to_all or [service.slug for service in services]
    if not slugs:
        raise Refused("no_service")
    midnight = openings[0][0].astimezone(office.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    flows = []
    for hour, count in arrivals:
        start = midnight.replace(hour=hour)
        for slug in slugs:
            flows.append(WalkInFlow(slug, start, start + ONE_HOUR, count / len(slugs)))
    return _DayDemand(openings, _usable_desks(office), flows=tuple(flows))


def _usable_desks(office: Office) -> DeskList:
    desks = [(desk.id, tuple(desk.line_ids)) for desk in office.desks if desk.line_ids]
    if not desks:
        raise Refused("no_desk")
    return desks


# The change


def change_desks(office: Office, demand: _DayDemand, question: WhatIfQuestion) -> DeskList:
    """Add desks, or remove the last ones, of one line or of all. Raises Invalid."""
    more, line_ids = question.more_desks, _line_ids(office, question.line)
    if more >= 0:
        return [*demand.desks, *((f"one more {number}", line_ids) for number in range(1, more + 1))]
    serving = [desk for desk in demand.desks if question.line is None or line_ids[0] in desk[1]]
    removed = {desk_id for desk_id, _ in serving[more:]}
    left = [desk for desk in demand.desks if desk[0] not in removed]
    if len(serving) < -more or not left:
        raise Invalid(FieldError("desks", "too_few_desks", {"count": len(serving)}))
    covered = {line_id for _, served in left for line_id in served}
    lost = [line for line in office.lines if line.id in _served_lines(demand) - covered]
    if lost:
        raise Invalid(FieldError("desks", "line_without_desk", {"line": lost[0].letter}))
    return left


def _line_ids(office: Office, slug: str | None) -> tuple[str, ...]:
    if slug is None:
        return tuple(line.id for line in office.lines)
    found = tuple(line.id for line in office.lines if line.slug == slug)
    if not found:
        raise Invalid(FieldError("line", "not_a_choice"))
    return found


def _served_lines(demand: _DayDemand) -> set[str]:
    return {line_id for _, line_ids in demand.desks for line_id in line_ids}


def move_hours(office: Office, demand: _DayDemand, question: WhatIfQuestion) -> Openings:
    """Move the opening of the first interval and the end of the last one. Raises Invalid."""
    openings = list(demand.openings)
    if question.opens is not None:
        moved = _at(office, openings[0][0], question.opens)
        if moved >= openings[0][1]:
            raise Invalid(FieldError("opens", "opens_too_late"))
        openings[0] = (moved, openings[0][1])
    if question.closes is not None:
        moved = _at(office, openings[-1][0], question.closes)
        if moved <= openings[-1][0]:
            raise Invalid(FieldError("closes", "closes_too_early"))
        openings[-1] = (openings[-1][0], moved)
    return openings


def _at(office: Office, moment: datetime, clock_time: time) -> datetime:
    """Return a local time on the day of a moment."""
    local = moment.astimezone(office.timezone)
    return datetime.combine(local.date(), clock_time, office.timezone)


def usual_hours(office: Office, days: Sequence[date], now: datetime) -> range:
    """Return the local hours in which the office is open, for the fields of typed arrivals."""
    day = days[0] if days else next_open_day(office, now)
    openings = hours.opening_intervals(office.hours, day)
    first, last = openings[0][0].astimezone(office.timezone), openings[-1][1].astimezone(office.timezone)
    end = last.hour + (1 if last.minute else 0)
    return range(first.hour, end if last.date() == first.date() else 24)
