"""A plan for the simulation from a real office: its lines, services, desks, hours and appointments, and its past.

What the office has not measured yet is assumed, and said to be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import AppointmentState, appointments_of_day
from ...core.errors import Refused
from ...offices.service import Office, hours
from ..domain.line_settings import LineSettings
from ..domain.service_times import ServiceTimes
from ..queries.service_time_history import HISTORY_LENGTH, load_service_times
from ..storage import history_rows
from .plan import DayPlan, LinePlan, PlannedAppointment, PlannedService, Shift, SimulatedBehaviour, WalkInFlow

MIN_WALK_INS_MEASURED = 50  # people without an appointment in the last weeks; with fewer, their hours are assumed
ASSUMED_LOAD = 0.75  # of what the desks can do, appointments included
BREAK_LENGTH, BREAK_AFTER = (
    timedelta(minutes=30),
    timedelta(hours=5),
)  # whoever works so long takes one, one after the other
ONE_HOUR = timedelta(hours=1)
ARRIVALS_BY_SIXTH = (
    0.8,
    1.2,
    1.35,
    1.15,
    0.9,
    0.6,
)  # of an opening, in sixths: offices are fullest in its first half


@dataclass(frozen=True, slots=True)
class OfficeSimulationPlan:
    """A plan, what the office believes of its pace, and on how many days its walk-ins were counted; 0: assumed."""

    office: Office
    day: date
    plan: DayPlan
    service_times: ServiceTimes
    counted_days: int


async def plan_from_office(
    session: AsyncSession, office: Office, now: datetime, more_desks: int = 0
) -> OfficeSimulationPlan:
    """Today if the office still opens today, else its next day.

    `more_desks` serve every line all day; a negative number leaves out the last desks.
    Raises Refused("closed") when it does not open within a month, Refused("no_desk").
    """
    day = _planned_day(office, now)
    pace = await load_service_times(session, office, now)
    openings = hours.opening_intervals(office.hours, day)
    plan = DayPlan(
        opens=openings[0][0],
        closes=openings[-1][1],
        lines=tuple(
            LinePlan(one.id, one.letter, LineSettings.from_overrides(one.rules), one.daily_quota)
            for one in office.lines
        ),
        services=_planned_services(office, pace),
        shifts=_planned_shifts(office, openings, more_desks),
        behaviour=SimulatedBehaviour(
            no_show=pace.no_show_share, absent=pace.unanswered_share or SimulatedBehaviour().absent
        ),
    )
    plan = replace(plan, appointments=await _planned_appointments(session, office, plan))
    came, days = await _past_walk_ins(session, office, now)
    base = replace(plan, shifts=_planned_shifts(office, openings, 0))  # one desk more brings no more people
    flows = (
        _measured_flows(plan, office, came, days) if len(came) >= MIN_WALK_INS_MEASURED else _assumed_flows(base)
    )
    return OfficeSimulationPlan(
        office, day, replace(plan, flows=flows), pace, days if len(came) >= MIN_WALK_INS_MEASURED else 0
    )


def _planned_day(office: Office, now: datetime) -> date:
    if hours.is_open(office.hours, now):
        return hours.to_local_day(office.hours, now)
    opens = hours.next_opening_time(office.hours, now)
    if opens is None:
        raise Refused("closed")
    return hours.to_local_day(office.hours, opens)


def _planned_services(office: Office, service_times: ServiceTimes) -> tuple[PlannedService, ...]:
    found = []
    for one in office.services:
        if "in_person" in one.modes:
            expected = timedelta(minutes=one.minutes)
            found.append(
                PlannedService(one.slug, one.line_id, expected, service_times.visit_time(one.slug, expected))
            )
    return tuple(found)


def _planned_shifts(office: Office, openings: Sequence[tuple[datetime, datetime]], more: int) -> tuple[Shift, ...]:
    desks = [(desk.id, desk.line_ids) for desk in office.desks if desk.line_ids]
    desks = desks[: len(desks) + more] if more < 0 else desks
    if not desks:
        raise Refused("no_desk")
    every = tuple(line.id for line in office.lines)
    desks += [(f"one more {number}", every) for number in range(1, more + 1)]
    return tuple(
        shift
        for number, (desk_id, line_ids) in enumerate(desks)
        for opens, closes in openings
        for shift in _with_break(Shift(desk_id, line_ids, opens, closes), number, len(desks))
    )


def _with_break(shift: Shift, number: int, of: int) -> list[Shift]:
    """Agents take their break one after the other, in the middle third of a long shift."""
    length = shift.closes - shift.opens
    if length < BREAK_AFTER:
        return [shift]
    leaves = shift.opens + length / 3 + (length / 3) * number / of
    return [replace(shift, closes=leaves), replace(shift, opens=leaves + BREAK_LENGTH)]


async def _planned_appointments(
    session: AsyncSession, office: Office, plan: DayPlan
) -> tuple[PlannedAppointment, ...]:
    offered = {one.slug for one in plan.services}
    booked = await appointments_of_day(session, office.id, plan.opens, plan.closes, "in_person")
    kept = (AppointmentState.HELD, AppointmentState.PRECONFIRMED)
    return tuple(
        PlannedAppointment(
            one.service_slug, one.starts_at, tuple(slug for slug in one.service_slugs[1:] if slug in offered)
        )
        for one in booked
        if one.service_slug in offered and one.state not in kept
    )


# Who comes without an appointment


async def _past_walk_ins(
    session: AsyncSession, office: Office, now: datetime
) -> tuple[list[tuple[str, datetime]], int]:
    """Service and moment of each walk-in of the last weeks before today, and on how many days they were."""
    today = hours.to_local_day(office.hours, now)
    rows = await history_rows.walk_ins_between(
        session, office.id, hours.to_local_day(office.hours, now - HISTORY_LENGTH), today
    )
    return [(service, issued_at) for _, service, issued_at in rows], len({day for day, _, _ in rows})


def _measured_flows(
    plan: DayPlan, office: Office, came: list[tuple[str, datetime]], days: int
) -> tuple[WalkInFlow, ...]:
    """By service and hour of the clock, as many as on a mean day of the past."""
    offered = {one.slug for one in plan.services}
    by_hour = Counter((service, at.astimezone(office.timezone).hour) for service, at in came)
    flows = []
    for start, end in _opening_hours(plan):
        hour = start.astimezone(office.timezone).hour
        for service in sorted(offered):
            if count := by_hour[service, hour]:
                flows.append(WalkInFlow(service, start, end, count / days * ((end - start) / ONE_HOUR)))
    return tuple(flows)


def _opening_hours(plan: DayPlan) -> list[tuple[datetime, datetime]]:
    """The opening cut at full hours of the clock (every zone is off UTC by quarters of an hour at least)."""
    found, start = [], plan.opens
    while start < plan.closes:
        end = min(plan.closes, start.replace(minute=0, second=0, microsecond=0) + ONE_HOUR)
        found.append((start, end))
        start = end
    return found


def _assumed_flows(plan: DayPlan) -> tuple[WalkInFlow, ...]:
    """As many as fill each line's desks to three quarters with its appointments, most in the first half."""
    flows, booked = [], [plan.appointment_service(one) for one in plan.appointments]
    for line in plan.lines:
        mine = [one for one in plan.services if one.line_id == line.id]
        busy = sum((one.service_time.mean for one in booked if one.line_id == line.id), timedelta())
        left = max(timedelta(), ASSUMED_LOAD * _desk_time(plan, line.id) - busy * (1 - plan.behaviour.no_show))
        for one in mine:
            people = left / len(mine) / one.service_time.mean
            flows += _spread_over_opening(plan, one.slug, people)
    return tuple(flows)


def _desk_time(plan: DayPlan, line_id: str) -> timedelta:
    """How long desks work for a line: one with several lines works for each in part."""
    mine = [shift for shift in plan.shifts if line_id in shift.line_ids]
    return sum(((one.closes - one.opens) / len(one.line_ids) for one in mine), timedelta())


def _spread_over_opening(plan: DayPlan, service: str, people: float) -> list[WalkInFlow]:
    step = (plan.closes - plan.opens) / len(ARRIVALS_BY_SIXTH)
    starts = [plan.opens + step * number for number in range(len(ARRIVALS_BY_SIXTH))]
    return [
        WalkInFlow(service, start, start + step, people * weight / sum(ARRIVALS_BY_SIXTH))
        for start, weight in zip(starts, ARRIVALS_BY_SIXTH, strict=True)
    ]
