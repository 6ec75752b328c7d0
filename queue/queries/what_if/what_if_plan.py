"""A manager's question about other desks or hours, as plans of a simulation. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ....core.errors import FieldError, Invalid, Refused
from ....offices.service import Office, hours
from ...domain.service_times import ServiceTimes
from ...simulation import changed_desks
from ...simulation.plan import RECORDED_BEHAVIOUR, DayPlan, PlannedService, Shift, SimulatedBehaviour, WalkInFlow
from ...simulation.recorded_desks import Period, RecordedDesks, common_periods, without_periods
from ...simulation.what_if import PlanPair, WhatIfTask
from ..recorded_demand import DayDemand, choose_days, load_recorded_demands, recorded_days
from ..service_time_history import load_service_times
from ..simulation_plan import next_open_day, plan_shifts, planned_lines, planned_services

MIN_TICKETS = 20  # of all chosen days together; with fewer there is nothing to learn
MAX_RUNS = 20  # simulated days of each case
MAX_MORE_DESKS = 10
MAX_ARRIVALS = 300  # in an hour
TYPED = "typed"  # the demand that a manager types in
ONE_HOUR = timedelta(hours=1)

Openings = Sequence[Period]


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
    """A task, and figures of the records behind it.

    `days`: the recorded days; empty for typed arrivals. `left_out`: chosen days of which no desk is recorded.
    `people`: their number on a mean day. `desks`: the mean number that could call at the same time, over the
    opening hours. `desk_days`: each desk counts once a day; `derived`: those whose openings were not recorded.
    """

    task: WhatIfTask
    days: tuple[date, ...]
    left_out: int
    people: float
    desks: float
    desk_days: int
    derived: int


async def plan_what_if(
    session: AsyncSession, office: Office, now: datetime, question: WhatIfQuestion
) -> PlannedWhatIf:
    """Plan the days as they are, and with the change.

    Raises Invalid for a change that these days do not allow, Refused("little_history" | "no_recorded_desks" |
    "closed" | "no_desk").
    """
    service_times = await load_service_times(session, office, now)
    services = planned_services(office, service_times)
    days: list[date] = []
    left_out = 0
    if question.demand == TYPED:
        demands = [_typed_demand(office, services, now, question.arrivals)]
        behaviour = SimulatedBehaviour(
            no_show=0.0, absent=service_times.unanswered_share or SimulatedBehaviour().absent
        )
    else:
        chosen = choose_days(await recorded_days(session, office, now), question.demand)
        by_day = await load_recorded_demands(session, office, services, chosen, now)
        if sum(demand.people for demand in by_day.values()) < MIN_TICKETS:
            raise Refused("little_history")
        days = [day for day in chosen if by_day[day].shifts]
        demands, left_out, behaviour = [by_day[day] for day in days], len(chosen) - len(days), RECORDED_BEHAVIOUR
        if sum(demand.people for demand in demands) < MIN_TICKETS:
            raise Refused("no_recorded_desks")
    frame = DayPlan(
        opens=now, closes=now, lines=planned_lines(office), services=services, shifts=(), behaviour=behaviour
    )
    return PlannedWhatIf(
        task=_build_task(office, frame, demands, question, service_times),
        days=tuple(days),
        left_out=left_out,
        people=sum(demand.people for demand in demands) / len(demands),
        desks=_mean_open_desks(demands),
        desk_days=sum(len(demand.desk_ids) for demand in demands),
        derived=sum(len(demand.desks.derived) for demand in demands),
    )


def _mean_open_desks(demands: Sequence[DayDemand]) -> float:
    desk_time, open_time = timedelta(), timedelta()
    for demand in demands:
        for shift in demand.shifts:
            desk_time += _total_time(common_periods([(shift.opens, shift.closes)], demand.openings))
        open_time += _total_time(demand.openings)
    return desk_time / open_time


def _total_time(periods: Sequence[Period]) -> timedelta:
    return sum((end - start for start, end in periods), timedelta())


def _build_task(
    office: Office,
    frame: DayPlan,
    demands: Sequence[DayDemand],
    question: WhatIfQuestion,
    service_times: ServiceTimes,
) -> WhatIfTask:
    return WhatIfTask(
        pairs=[
            PlanPair(
                _day_plan(frame, demand, demand.shifts, demand.openings),
                _changed_plan(office, frame, demand, question),
                demand.wait_s,
            )
            for demand in demands
        ],
        runs=MAX_RUNS,
        target=timedelta(minutes=question.target_min),
        zone=office.timezone,
        service_times=service_times,
    )


def _day_plan(frame: DayPlan, demand: DayDemand, shifts: Sequence[Shift], openings: Openings) -> DayPlan:
    return replace(
        frame,
        opens=openings[0][0],
        closes=openings[-1][1],
        shifts=tuple(shifts),
        flows=demand.flows,
        walk_ins=demand.walk_ins,
        appointments=demand.appointments,
    )


# Demand


def _typed_demand(
    office: Office, services: Sequence[PlannedService], now: datetime, arrivals: Sequence[tuple[int, int]]
) -> DayDemand:
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
        flows += [WalkInFlow(slug, start, start + ONE_HOUR, count / len(slugs)) for slug in slugs]
    shifts = plan_shifts(_usable_desks(office), openings)
    return DayDemand(openings, RecordedDesks(shifts, frozenset()), flows=tuple(flows))


def _usable_desks(office: Office) -> list[tuple[str, tuple[str, ...]]]:
    desks = [(desk.id, tuple(desk.line_ids)) for desk in office.desks if desk.line_ids]
    if not desks:
        raise Refused("no_desk")
    return desks


# The change


def _changed_plan(office: Office, frame: DayPlan, demand: DayDemand, question: WhatIfQuestion) -> DayPlan:
    """Plan the day with other desks and hours. Raises Invalid."""
    openings = move_hours(office, demand, question)
    shifts = _remaining_shifts(office, demand, question)
    if question.opens is not None:
        shifts = changed_desks.move_opening(shifts, openings[0][0])
    if question.closes is not None:
        shifts = changed_desks.move_closing(shifts, openings[-1][1])
    return _day_plan(frame, demand, [*shifts, *_added_shifts(office, demand, question, openings)], openings)


def _added_shifts(
    office: Office, demand: DayDemand, question: WhatIfQuestion, openings: Openings
) -> tuple[Shift, ...]:
    """Open the added desks in all opening hours, with breaks, except while the office paused."""
    line_ids = _line_ids(office, question.line)
    added = plan_shifts(
        [(f"one more {number}", line_ids) for number in range(1, question.more_desks + 1)], openings
    )
    return tuple(
        replace(shift, opens=opens, closes=closes)
        for shift in added
        for opens, closes in without_periods([(shift.opens, shift.closes)], demand.pauses)
    )


def _remaining_shifts(office: Office, demand: DayDemand, question: WhatIfQuestion) -> tuple[Shift, ...]:
    """Remove desks of a line or of all. Raises Invalid."""
    fewer, line_ids = max(0, -question.more_desks), _line_ids(office, question.line)
    serving = [shift for shift in demand.shifts if question.line is None or line_ids[0] in shift.line_ids]
    count = len({shift.desk_id for shift in serving})
    removed = changed_desks.desks_to_remove(serving, fewer)
    left = tuple(shift for shift in demand.shifts if shift.desk_id not in removed)
    if count < fewer or not left:
        raise Invalid(FieldError("desks", "too_few_desks", {"count": count}))
    lost_ids = _served_lines(demand.shifts) - _served_lines(left)
    lost = [line for line in office.lines if line.id in lost_ids]
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


def _served_lines(shifts: Sequence[Shift]) -> set[str]:
    return {line_id for shift in shifts for line_id in shift.line_ids}


def move_hours(office: Office, demand: DayDemand, question: WhatIfQuestion) -> Openings:
    """Move the opening of the first interval and the end of the last. Raises Invalid."""
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
