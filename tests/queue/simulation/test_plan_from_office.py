"""A real office as a plan: its lines, desks, hours and appointments, and who usually comes. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue.simulation.engine import live
from office360.queue.simulation.plan import Flow
from office360.queue.simulation.plan_from_office import ENOUGH, Rehearsal, rehearsal

from ...conftest import MORNING, FakeClock
from ..conftest import AT_11, Hall
from ..realtime.test_display_board import change


async def _rehearsed(runtime: Runtime, more: int = 0) -> Rehearsal:
    async with runtime.reading() as session:
        return await rehearsal(session, await office_by_slug(session, "centro"), runtime.now(), more)


async def test_an_office_is_planned_as_it_is(hall: Hall) -> None:
    await hall.book(AT_11)
    plan = (await _rehearsed(hall.runtime)).plan
    assert plan.closes - plan.opens == timedelta(hours=10)
    assert [line.letter for line in plan.lines] == ["A", "B"]
    assert {one.slug: one.expected for one in plan.services} == {
        "documents": timedelta(minutes=10),
        "certificate": timedelta(minutes=15),
    }  # what is given by video only brings nobody here
    assert {shift.desk_id for shift in plan.shifts} == {desk.id for desk in hall.office.desks}
    assert [(one.service, one.starts_at) for one in plan.appointments] == [("documents", AT_11)]


async def test_agents_take_their_break_one_after_the_other(hall: Hall) -> None:
    plan = (await _rehearsed(hall.runtime)).plan
    moments = [plan.opens + timedelta(minutes=5 * n) for n in range(120)]
    away = [4 - sum(1 for shift in plan.shifts if shift.opens <= at < shift.closes) for at in moments]
    assert max(away) == 1
    assert len(plan.shifts) == 8


async def test_without_a_past_people_are_assumed_and_said_to_be(hall: Hall) -> None:
    found = await _rehearsed(hall.runtime)
    assert found.counted_days == 0
    assert {flow.service for flow in found.plan.flows} == {"documents", "certificate"}


async def test_with_a_past_people_come_as_they_came(hall: Hall, clock: FakeClock) -> None:
    await hall.open()
    for day in range(2):
        clock.set(MORNING + timedelta(days=day))
        await hall.timers()  # yesterday is over
        for _ in range(ENOUGH // 2):
            await hall.take()
    clock.set(MORNING + timedelta(days=2, hours=2))
    found = await _rehearsed(hall.runtime)
    assert found.counted_days == 2
    (flow,) = found.plan.flows
    start = MORNING + timedelta(days=2, minutes=-30)
    assert flow == Flow("documents", start, start + timedelta(hours=1), ENOUGH / 2)


async def test_more_desks_bring_no_more_people(hall: Hall) -> None:
    plain, more, less = [(await _rehearsed(hall.runtime, n)).plan for n in (0, 2, -3)]
    assert [len({shift.desk_id for shift in one.shifts}) for one in (plain, more, less)] == [4, 6, 1]
    assert plain.flows == more.flows == less.flows
    days = [live(one, 3, shown=False) for one in (plain, more)]
    assert len(days[0].lives) == len(days[1].lives)


async def test_a_closed_office_is_planned_for_its_next_day(hall: Hall, clock: FakeClock) -> None:
    clock.advance(hours=12)
    assert str((await _rehearsed(hall.runtime)).day) == "2026-11-26"


async def test_an_office_without_hours_or_desks_cannot_be_rehearsed(hall: Hall) -> None:
    with pytest.raises(Refused, match="no_desk"):
        await _rehearsed(hall.runtime, -9)
    await change(hall.runtime, "DELETE FROM openings")
    with pytest.raises(Refused, match="closed"):
        await _rehearsed(hall.runtime)
