"""Random plans for the simulation: small and large offices, some with too few desks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.service_times import VISIT_SPREAD, ServiceTime
from office360.queue.simulation.plan import (
    DayPlan,
    LinePlan,
    PlannedAppointment,
    PlannedService,
    Shift,
    WalkInFlow,
)

from .tickets import at_minute

OPENS, CLOSES = at_minute(-90), at_minute(270)  # 9:00 to 15:00
MINUTES = (5, 8, 10, 15, 20)


def random_plan(seed: int, load: float | None = None) -> DayPlan:
    """Make a random plan.

    `load`: the work that arrives ÷ the capacity of the desks; random if None.
    """
    rng = Random(f"plan {seed}")
    lines = tuple(
        LinePlan(f"line {letter}", letter, _random_settings(rng)) for letter in "ABC"[: rng.randint(1, 3)]
    )
    services = tuple(
        _random_service(rng, number, lines[number % len(lines)].id) for number in range(rng.randint(3, 5))
    )
    shifts = _random_shifts(rng, [line.id for line in lines])
    plan = DayPlan(OPENS, CLOSES, lines, services, shifts)
    if load is None:
        load = rng.uniform(0.5, 1.15)
    share = rng.uniform(0.1, 0.5)  # share of the work by appointment
    booked = [
        appointment
        for line in lines
        for appointment in _random_appointments(rng, plan, line.id, _desk_hours(plan, line.id) * load * share)
    ]
    return replace(plan, flows=_random_flows(rng, plan, load * (1 - share)), appointments=tuple(booked))


def _desk_hours(plan: DayPlan, line_id: str) -> float:
    """Return the open hours of the desks of a line; a desk with several lines counts in part."""
    shifts = [shift for shift in plan.shifts if line_id in shift.line_ids]
    return sum((shift.closes - shift.opens) / timedelta(hours=1) / len(shift.line_ids) for shift in shifts)


def _random_settings(rng: Random) -> LineSettings:
    if rng.random() < 0.7:
        return LineSettings()
    return LineSettings.from_overrides({"guard_wait": 2400, "promise_slack": 1})


def _random_service(rng: Random, number: int, line_id: str) -> PlannedService:
    expected = timedelta(minutes=rng.choice(MINUTES))
    mean = expected * rng.uniform(0.75, 1.3)
    service_time = ServiceTime(mean, mean * VISIT_SPREAD * rng.uniform(0.7, 1.2))
    return PlannedService(f"service-{number}", line_id, expected, service_time)


def _random_shifts(rng: Random, line_ids: list[str]) -> tuple[Shift, ...]:
    """Make at least two desks, each with at least one line, some with a break."""
    shifts = []
    for number in range(max(2, len(line_ids)) + rng.randint(0, 4)):
        first = line_ids[number % len(line_ids)]
        others = [line_id for line_id in line_ids if line_id != first and rng.random() < 0.4]
        whole_day = Shift(f"desk {number + 1}", (first, *others), OPENS, CLOSES)
        if rng.random() < 0.4:
            break_starts = OPENS + timedelta(minutes=rng.randint(60, 240))
            break_ends = break_starts + timedelta(minutes=rng.randint(20, 60))
            shifts += [replace(whole_day, closes=break_starts), replace(whole_day, opens=break_ends)]
        else:
            shifts.append(whole_day)
    return tuple(shifts)


ARRIVALS_BY_HOUR = (0.9, 1.2, 1.25, 1.1, 0.9, 0.65)  # more arrivals mid-morning


def _random_flows(rng: Random, plan: DayPlan, share: float) -> tuple[WalkInFlow, ...]:
    """Make walk-ins whose work is this share of what the desks of their line can do."""
    flows = []
    for line in plan.lines:
        weights = {service: rng.uniform(0.5, 2) for service in plan.services if service.line_id == line.id}
        for service, weight in weights.items():
            work_hours = _desk_hours(plan, line.id) * share * weight / sum(weights.values())
            arrivals = work_hours / (service.service_time.mean / timedelta(hours=1))
            for hour, hour_weight in enumerate(ARRIVALS_BY_HOUR):
                start = plan.opens + timedelta(hours=hour)
                count = arrivals * hour_weight / sum(ARRIVALS_BY_HOUR)
                flows.append(WalkInFlow(service.slug, start, start + timedelta(hours=1), count))
    return tuple(flows)


def _random_appointments(rng: Random, plan: DayPlan, line_id: str, hours: float) -> list[PlannedAppointment]:
    """Make appointments of a line, at the same time for at most half of its desks."""
    services = [service for service in plan.services if service.line_id == line_id]
    desks = {shift.desk_id for shift in plan.shifts if line_id in shift.line_ids}
    appointments, left = [], timedelta(hours=hours)
    for _ in range(max(1, len(desks) // 2)):
        starts_at = plan.opens
        while left > timedelta() and starts_at < plan.closes - timedelta(minutes=30):
            service = rng.choice(services)
            if rng.random() < 0.7:
                appointments.append(PlannedAppointment(service.slug, starts_at))
                left -= service.service_time.mean
            starts_at += service.expected
    return appointments
