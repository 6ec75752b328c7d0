"""The simulation plan of a real office from its settings, appointments and history.

No writes.
Without enough history the number of walk-ins is assumed, and the result says so.
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
from ..simulation.plan import (
    DayPlan,
    LinePlan,
    PlannedAppointment,
    PlannedService,
    Shift,
    SimulatedBehaviour,
    WalkInFlow,
)
from ..storage import history_rows
from .service_time_history import HISTORY_LENGTH, load_service_times

MIN_WALK_INS_MEASURED = 50  # walk-ins of the last weeks; with fewer, arrivals are assumed
ASSUMED_LOAD = 0.75  # share of the desks' time, appointments included
BREAK_AFTER = timedelta(hours=5)  # an agent with a longer shift takes a break
BREAK_LENGTH = timedelta(minutes=30)
ONE_HOUR = timedelta(hours=1)
# assumed arrivals in each sixth of the opening hours: offices are fullest in the first half
ARRIVALS_BY_SIXTH = (0.8, 1.2, 1.35, 1.15, 0.9, 0.6)


@dataclass(frozen=True, slots=True)
class OfficeSimulationPlan:
    """A plan, and the service times that the office assumes for its forecasts.

    `counted_days`: the days on which walk-ins were counted; 0 if they are assumed.
    """

    office: Office
    day: date
    plan: DayPlan
    service_times: ServiceTimes
    counted_days: int


async def plan_from_office(
    session: AsyncSession, office: Office, now: datetime, more_desks: int = 0
) -> OfficeSimulationPlan:
    """Plan today if the office still opens today, else its next open day.

    `more_desks`: additional desks that serve every line all day; a negative number removes the last desks.
    Raises Refused("closed") if the office does not open within a month, Refused("no_desk").
    """
    day = next_open_day(office, now)
    service_times = await load_service_times(session, office, now)
    openings = hours.opening_intervals(office.hours, day)
    plan = DayPlan(
        opens=openings[0][0],
        closes=openings[-1][1],
        lines=planned_lines(office),
        services=planned_services(office, service_times),
        shifts=_planned_shifts(office, openings, more_desks),
        behaviour=SimulatedBehaviour(
            no_show=service_times.no_show_share,
            # the share is 0 without history, and then assumed
            absent=service_times.unanswered_share or SimulatedBehaviour().absent,
        ),
    )
    plan = replace(plan, appointments=await _planned_appointments(session, office, plan))
    walk_ins, days = await _past_walk_ins(session, office, now)
    if len(walk_ins) >= MIN_WALK_INS_MEASURED:
        flows, counted_days = _measured_flows(plan, office, walk_ins, days), days
    else:
        # without the added desks: more desks attract no more citizens
        usual = replace(plan, shifts=_planned_shifts(office, openings, 0))
        flows, counted_days = _assumed_flows(usual), 0
    return OfficeSimulationPlan(office, day, replace(plan, flows=flows), service_times, counted_days)


def next_open_day(office: Office, now: datetime) -> date:
    """Return today if the office still opens today, else its next open day.

    Raises Refused("closed") if the office does not open within a month.
    """
    if hours.is_open(office.hours, now):
        return hours.to_local_day(office.hours, now)
    opens = hours.next_opening_time(office.hours, now)
    if opens is None:
        raise Refused("closed")
    return hours.to_local_day(office.hours, opens)


def planned_lines(office: Office) -> tuple[LinePlan, ...]:
    """Return the lines with their settings."""
    return tuple(
        LinePlan(line.id, line.letter, LineSettings.from_overrides(line.rules), line.daily_quota)
        for line in office.lines
    )


def planned_services(office: Office, service_times: ServiceTimes) -> tuple[PlannedService, ...]:
    """Return the services in person, with their measured durations."""
    found = []
    for service in office.services:
        if "in_person" in service.modes:
            expected = timedelta(minutes=service.minutes)
            measured = service_times.visit_time(service.slug, expected)
            found.append(PlannedService(service.slug, service.line_id, expected, measured))
    return tuple(found)


def _planned_shifts(office: Office, openings: Sequence[tuple[datetime, datetime]], more: int) -> tuple[Shift, ...]:
    desks = [(desk.id, desk.line_ids) for desk in office.desks if desk.line_ids]
    desks = desks[: len(desks) + more] if more < 0 else desks
    if not desks:
        raise Refused("no_desk")
    all_line_ids = tuple(line.id for line in office.lines)
    desks += [(f"one more {number}", all_line_ids) for number in range(1, more + 1)]
    return plan_shifts(desks, openings)


def plan_shifts(
    desks: Sequence[tuple[str, tuple[str, ...]]], openings: Sequence[tuple[datetime, datetime]]
) -> tuple[Shift, ...]:
    """Open each desk (id and its lines) during all openings, with breaks in turn."""
    return tuple(
        shift
        for number, (desk_id, line_ids) in enumerate(desks)
        for opens, closes in openings
        for shift in _with_break(Shift(desk_id, line_ids, opens, closes), number, len(desks))
    )


def _with_break(shift: Shift, number: int, desk_count: int) -> list[Shift]:
    """Split a long shift: agents take their breaks in turn, in its middle third."""
    length = shift.closes - shift.opens
    if length < BREAK_AFTER:
        return [shift]
    leaves = shift.opens + length / 3 + (length / 3) * number / desk_count
    return [replace(shift, closes=leaves), replace(shift, opens=leaves + BREAK_LENGTH)]


async def _planned_appointments(
    session: AsyncSession, office: Office, plan: DayPlan
) -> tuple[PlannedAppointment, ...]:
    slugs = {service.slug for service in plan.services}
    appointments = await appointments_of_day(session, office.id, plan.opens, plan.closes, "in_person")
    unconfirmed = (AppointmentState.HELD, AppointmentState.PRECONFIRMED)
    return tuple(
        PlannedAppointment(
            appointment.service_slug,
            appointment.starts_at,
            tuple(slug for slug in appointment.service_slugs[1:] if slug in slugs),
        )
        for appointment in appointments
        if appointment.service_slug in slugs and appointment.state not in unconfirmed
    )


# Walk-ins


async def _past_walk_ins(
    session: AsyncSession, office: Office, now: datetime
) -> tuple[list[tuple[str, datetime]], int]:
    """Return service and time of each walk-in of the last weeks, and their number of days."""
    today = hours.to_local_day(office.hours, now)
    rows = await history_rows.walk_ins_between(
        session, office.id, hours.to_local_day(office.hours, now - HISTORY_LENGTH), today
    )
    return [(service, issued_at) for _, service, issued_at in rows], len({day for day, _, _ in rows})


def _measured_flows(
    plan: DayPlan, office: Office, walk_ins: list[tuple[str, datetime]], days: int
) -> tuple[WalkInFlow, ...]:
    """Repeat the mean day of the history, by service and local hour."""
    slugs = sorted(service.slug for service in plan.services)
    by_hour = Counter((slug, at.astimezone(office.timezone).hour) for slug, at in walk_ins)
    flows = []
    for start, end in _opening_hours(plan):
        hour = start.astimezone(office.timezone).hour
        for slug in slugs:
            if count := by_hour[slug, hour]:
                flows.append(WalkInFlow(slug, start, end, count / days * ((end - start) / ONE_HOUR)))
    return tuple(flows)


def _opening_hours(plan: DayPlan) -> list[tuple[datetime, datetime]]:
    """Split the opening hours at full hours."""
    found, start = [], plan.opens
    while start < plan.closes:
        end = min(plan.closes, start.replace(minute=0, second=0, microsecond=0) + ONE_HOUR)
        found.append((start, end))
        start = end
    return found


def _assumed_flows(plan: DayPlan) -> tuple[WalkInFlow, ...]:
    """Assume as many walk-ins as load the desks of each line to ASSUMED_LOAD.

    The load includes the appointments.
    """
    flows: list[WalkInFlow] = []
    booked = [plan.appointment_service(appointment) for appointment in plan.appointments]
    for line in plan.lines:
        services = [service for service in plan.services if service.line_id == line.id]
        busy = sum((visit.service_time.mean for visit in booked if visit.line_id == line.id), timedelta())
        free = max(timedelta(), ASSUMED_LOAD * _desk_time(plan, line.id) - busy * (1 - plan.behaviour.no_show))
        for service in services:
            count = free / len(services) / service.service_time.mean
            flows += _spread_over_opening(plan, service.slug, count)
    return tuple(flows)


def _desk_time(plan: DayPlan, line_id: str) -> timedelta:
    """Return the open time of the desks of a line; a desk with several lines counts in part."""
    shifts = [shift for shift in plan.shifts if line_id in shift.line_ids]
    return sum(((shift.closes - shift.opens) / len(shift.line_ids) for shift in shifts), timedelta())


def _spread_over_opening(plan: DayPlan, service: str, count: float) -> list[WalkInFlow]:
    step = (plan.closes - plan.opens) / len(ARRIVALS_BY_SIXTH)
    starts = [plan.opens + step * number for number in range(len(ARRIVALS_BY_SIXTH))]
    return [
        WalkInFlow(service, start, start + step, count * weight / sum(ARRIVALS_BY_SIXTH))
        for start, weight in zip(starts, ARRIVALS_BY_SIXTH, strict=True)
    ]
