"""The simulation plan of a real office: settings, appointments and usual walk-ins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue.queries.simulation_plan import (
    MIN_WALK_INS_MEASURED,
    OfficeSimulationPlan,
    plan_from_office,
)
from office360.queue.simulation.engine import simulate_day
from office360.queue.simulation.plan import WalkInFlow

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, OfficeDriver
from ..support.offices import update_office


async def _load_plan(runtime: Runtime, more: int = 0) -> OfficeSimulationPlan:
    async with runtime.read_session() as session:
        return await plan_from_office(session, await office_by_slug(session, "centro"), runtime.now(), more)


async def test_plan_copies_lines_services_desks_and_appointments(driver: OfficeDriver) -> None:
    await driver.book_appointment(AT_11)
    plan = (await _load_plan(driver.runtime)).plan
    assert plan.closes - plan.opens == timedelta(hours=10)
    assert [line.letter for line in plan.lines] == ["A", "B"]
    assert {planned.slug: planned.expected for planned in plan.services} == {
        "documents": timedelta(minutes=10),
        "certificate": timedelta(minutes=15),
    }  # a service by video only has no visits in the office
    assert {shift.desk_id for shift in plan.shifts} == {desk.id for desk in driver.office.desks}
    assert [(planned.service, planned.starts_at) for planned in plan.appointments] == [("documents", AT_11)]


async def test_agents_take_breaks_in_turn(driver: OfficeDriver) -> None:
    plan = (await _load_plan(driver.runtime)).plan
    moments = [plan.opens + timedelta(minutes=5 * n) for n in range(120)]
    away = [4 - sum(1 for shift in plan.shifts if shift.opens <= at < shift.closes) for at in moments]
    assert max(away) == 1
    assert len(plan.shifts) == 8


async def test_plan_without_history_assumes_walk_ins(driver: OfficeDriver) -> None:
    found = await _load_plan(driver.runtime)
    assert found.counted_days == 0
    assert {flow.service for flow in found.plan.flows} == {"documents", "certificate"}


async def test_plan_with_history_repeats_measured_walk_ins(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.open_desk()
    for day in range(2):
        clock.set(MORNING + timedelta(days=day))
        await driver.fire_due_timers()  # yesterday's tickets expire
        for _ in range(MIN_WALK_INS_MEASURED // 2):
            await driver.take_ticket()
    clock.set(MORNING + timedelta(days=2, hours=2))
    found = await _load_plan(driver.runtime)
    assert found.counted_days == 2
    (flow,) = found.plan.flows
    start = MORNING + timedelta(days=2, minutes=-30)
    assert flow == WalkInFlow("documents", start, start + timedelta(hours=1), MIN_WALK_INS_MEASURED / 2)


async def test_desk_count_does_not_change_walk_ins(driver: OfficeDriver) -> None:
    plain, more, less = [(await _load_plan(driver.runtime, n)).plan for n in (0, 2, -3)]
    assert [len({shift.desk_id for shift in variant.shifts}) for variant in (plain, more, less)] == [4, 6, 1]
    assert plain.flows == more.flows == less.flows
    days = [simulate_day(variant, 3, shows_ranges=False) for variant in (plain, more)]
    assert len(days[0].outcomes) == len(days[1].outcomes)


async def test_plan_of_closed_office_is_for_next_open_day(driver: OfficeDriver, clock: FakeClock) -> None:
    clock.advance(hours=12)
    assert str((await _load_plan(driver.runtime)).day) == "2026-11-26"


async def test_office_without_hours_or_desks_has_no_plan(driver: OfficeDriver) -> None:
    with pytest.raises(Refused, match="no_desk"):
        await _load_plan(driver.runtime, -9)
    await update_office(driver.runtime, "DELETE FROM openings")
    with pytest.raises(Refused, match="closed"):
        await _load_plan(driver.runtime)
