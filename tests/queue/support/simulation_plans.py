"""Random day plans for the simulation: offices of all sizes, quiet and overloaded ones."""

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
    """Draw the plan of a day.

    `load` is the work that arrives ÷ the capacity of the desks; random by default.
    """
    luck = Random(f"plan {seed}")
    lines = tuple(
        LinePlan(f"line {letter}", letter, _random_settings(luck)) for letter in "ABC"[: luck.randint(1, 3)]
    )
    services = tuple(
        _random_service(luck, number, lines[number % len(lines)].id) for number in range(luck.randint(3, 5))
    )
    shifts = _random_shifts(luck, [one.id for one in lines])
    plan = DayPlan(OPENS, CLOSES, lines, services, shifts)
    much = luck.uniform(0.5, 1.15) if load is None else load
    share = luck.uniform(0.1, 0.5)  # of the work that comes by appointment
    booked = [
        one
        for line in lines
        for one in _random_appointments(luck, plan, line.id, _desk_hours(plan, line.id) * much * share)
    ]
    return replace(plan, flows=_random_flows(luck, plan, much * (1 - share)), appointments=tuple(booked))


def _desk_hours(plan: DayPlan, line_id: str) -> float:
    """Return the hours that desks work for a line.

    A desk with several lines counts in part.
    """
    mine = [shift for shift in plan.shifts if line_id in shift.line_ids]
    return sum((one.closes - one.opens) / timedelta(hours=1) / len(one.line_ids) for one in mine)


def _random_settings(luck: Random) -> LineSettings:
    return (
        LineSettings()
        if luck.random() < 0.7
        else LineSettings.from_overrides({"guard_wait": 2400, "promise_slack": 1})
    )


def _random_service(luck: Random, number: int, line_id: str) -> PlannedService:
    expected = timedelta(minutes=luck.choice(MINUTES))
    mean = expected * luck.uniform(0.75, 1.3)
    return PlannedService(
        f"service-{number}", line_id, expected, ServiceTime(mean, mean * VISIT_SPREAD * luck.uniform(0.7, 1.2))
    )


def _random_shifts(luck: Random, line_ids: list[str]) -> tuple[Shift, ...]:
    """Draw two or more desks with at least one line each, some with a break."""
    found = []
    for number in range(max(2, len(line_ids)) + luck.randint(0, 4)):
        first = line_ids[number % len(line_ids)]
        others = [one for one in line_ids if one != first and luck.random() < 0.4]
        desk = Shift(f"desk {number + 1}", (first, *others), OPENS, CLOSES)
        if luck.random() < 0.4:
            leaves = OPENS + timedelta(minutes=luck.randint(60, 240))
            back = leaves + timedelta(minutes=luck.randint(20, 60))
            found += [replace(desk, closes=leaves), replace(desk, opens=back)]
        else:
            found.append(desk)
    return tuple(found)


ARRIVALS_BY_HOUR = (0.9, 1.2, 1.25, 1.1, 0.9, 0.65)  # most people come in the middle of the morning


def _random_flows(luck: Random, plan: DayPlan, share: float) -> tuple[WalkInFlow, ...]:
    """Draw walk-ins whose work is this share of the capacity of their line."""
    flows = []
    for line in plan.lines:
        mine = {one: luck.uniform(0.5, 2) for one in plan.services if one.line_id == line.id}
        for one, weight in mine.items():
            work = _desk_hours(plan, line.id) * share * weight / sum(mine.values())
            people = work / (one.service_time.mean / timedelta(hours=1))
            for hour, much in enumerate(ARRIVALS_BY_HOUR):
                start = plan.opens + timedelta(hours=hour)
                flows.append(
                    WalkInFlow(one.slug, start, start + timedelta(hours=1), people * much / sum(ARRIVALS_BY_HOUR))
                )
    return tuple(flows)


def _random_appointments(luck: Random, plan: DayPlan, line_id: str, hours: float) -> list[PlannedAppointment]:
    """Draw the appointments of a line, each as long as expected.

    At most half of the desks are booked at the same time.
    """
    mine = [one for one in plan.services if one.line_id == line_id]
    desks = {shift.desk_id for shift in plan.shifts if line_id in shift.line_ids}
    found, left = [], timedelta(hours=hours)
    for _ in range(max(1, len(desks) // 2)):
        at_desk = plan.opens
        while left > timedelta() and at_desk < plan.closes - timedelta(minutes=30):
            service = luck.choice(mine)
            if luck.random() < 0.7:
                found.append(PlannedAppointment(service.slug, at_desk))
                left -= service.service_time.mean
            at_desk += service.expected
    return found
