"""The demo's past weeks: a record of simulated days, placed before the first start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from office360.core.runtime import Runtime
from office360.figures.service import FigurePeriod, measure_figures
from office360.offices.service import Office, all_offices, hours
from office360.queue.queries.what_if.what_if_plan import WhatIfQuestion, plan_what_if
from office360.queue.simulation.what_if import compare_cases
from office360.queue.storage.tables import DeskSessionRow, SegmentRow, TicketRow
from office360.server.demo import history
from office360.server.demo.history import find_recorded_day, open_days
from office360.server.demo.history_record import HistoryRecord, load_record, save_record
from office360.server.demo.offices import ALWAYS_OPEN_OFFICE, ensure_demo_offices
from office360.server.demo.record_history import record_day, recorded_days
from sqlalchemy import func, select


@pytest.fixture(scope="module")
def record() -> HistoryRecord:
    return load_record()


@pytest.fixture
async def offices(runtime: Runtime) -> dict[str, Office]:
    """Create the offices of the demo, without visits."""
    await ensure_demo_offices(runtime)
    async with runtime.read_session() as session:
        return {office.slug: office for office in await all_offices(session)}


async def count_rows(runtime: Runtime) -> list[int]:
    async with runtime.read_session() as session:
        tables = (TicketRow, SegmentRow, DeskSessionRow)
        return [(await session.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]


# The record


@pytest.mark.parametrize(("slug", "weekday", "opens"), [("norte", 0, "09:00"), ("centro", 5, "09:00")])
async def test_record_equals_a_simulation_of_the_day(
    runtime: Runtime, offices: dict[str, Office], record: HistoryRecord, slug: str, weekday: int, opens: str
) -> None:
    recorded = next(day for day in record.days[slug] if (day.weekday, day.opens) == (weekday, opens))
    office, day = next(pair for pair in recorded_days(offices[slug]) if pair[1].weekday() == weekday)
    async with runtime.read_session() as session:
        simulated = await record_day(session, office, day)
    hint = "run `python -m office360.server.demo.record_history`, and commit the new file"
    assert simulated == recorded, hint


async def test_record_has_a_day_for_every_opening(offices: dict[str, Office], record: HistoryRecord) -> None:
    for office in offices.values():
        openings = list(recorded_days(office))
        assert len(record.days[office.slug]) == len(openings)
        for opened, day in openings:
            (past,) = open_days(opened, [day])
            assert find_recorded_day(opened, past, record) is not None, (office.slug, day)


async def test_recorded_weeks_follow_each_other(offices: dict[str, Office], record: HistoryRecord) -> None:
    mondays = [date(2026, 11, 16) + timedelta(weeks=week) for week in range(5)]
    past = open_days(offices["norte"], mondays[:1])[0]
    found = [find_recorded_day(offices["norte"], replace(past, day=day), record) for day in mondays]
    assert len({id(day) for day in found}) == 4
    assert found[4] is found[0]


def test_record_is_the_same_after_it_is_saved(record: HistoryRecord, tmp_path: Path) -> None:
    small = HistoryRecord({"norte": record.days["norte"][:2]})
    save_record(small, tmp_path / "one.json.gz")
    save_record(load_record(tmp_path / "one.json.gz"), tmp_path / "two.json.gz")
    assert load_record(tmp_path / "two.json.gz") == small
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()


def test_recorded_visits_end_in_the_order_of_their_states(record: HistoryRecord) -> None:
    tickets = [ticket for days in record.days.values() for day in days for ticket in day.tickets]
    assert len(tickets) > 4_000
    for ticket in tickets:
        ends = [segment.ended_s for segment in ticket.segments]
        assert ticket.segments[0].started_s == ticket.issued_s
        assert ends == sorted(ends)
        assert ends[-1] == ticket.ended_s


# On a date


async def test_demo_history_fills_every_open_day(runtime: Runtime, offices: dict[str, Office]) -> None:
    await history.ensure_history(runtime, list(offices.values()))
    today = hours.to_local_day(offices["centro"].hours, runtime.now())
    async with runtime.read_session() as session:
        rows = (await session.execute(select(TicketRow).where(TicketRow.day < today))).scalars().all()
        segments = (await session.execute(select(SegmentRow))).scalars().all()
    for office in offices.values():
        days = [past.day for past in open_days(office, [today - timedelta(days=age) for age in range(1, 29)])]
        own = [row for row in rows if row.office_id == office.id]
        assert {row.day for row in own} == set(days)
        assert {hours.to_local_day(office.hours, row.issued_at) == row.day for row in own} == {True}
        assert {row.code[0] for row in own} == {line.letter for line in office.lines}
    ends = {
        segment.ticket_id: segment.ended_at for segment in sorted(segments, key=lambda segment: segment.ended_at)
    }
    assert {row.id: row.since for row in rows} == ends


async def test_second_demo_history_adds_nothing(runtime: Runtime, offices: dict[str, Office]) -> None:
    await history.ensure_history(runtime, [offices["norte"]])
    before = await count_rows(runtime)
    await history.ensure_history(runtime, [offices["norte"]])
    assert await count_rows(runtime) == before
    assert min(before) > 0


async def test_changed_demo_office_has_calls_without_visits(
    runtime: Runtime, offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "HISTORY_DAYS", 7)
    henares = offices[ALWAYS_OPEN_OFFICE]
    changed = replace(henares, desks=tuple(replace(desk, name=f"new {desk.name}") for desk in henares.desks))
    await history.ensure_history(runtime, [changed])
    assert await count_rows(runtime) == [0, 0, 0]
    period = FigurePeriod(date(2026, 11, 18), date(2026, 11, 24))
    assert (await measure_figures(runtime, [henares], period)).total.phone.held > 0


async def test_past_days_have_held_and_missed_phone_calls(
    runtime: Runtime, offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "HISTORY_DAYS", 10)
    henares = offices[ALWAYS_OPEN_OFFICE]
    await history.ensure_history(runtime, [henares])
    period = FigurePeriod(date(2026, 11, 15), date(2026, 11, 24))
    phone = (await measure_figures(runtime, [henares], period)).total.phone
    assert phone.held > phone.not_reached.count > 0
    assert 0 < phone.attempts.count < phone.attempts.of
    assert phone.length.count == phone.held


async def test_what_if_agrees_with_open_days_the_demo(
    runtime: Runtime, offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "HISTORY_DAYS", 7)
    henares = offices[ALWAYS_OPEN_OFFICE]
    await history.ensure_history(runtime, [henares])
    async with runtime.read_session() as session:
        planned = await plan_what_if(session, henares, runtime.now(), WhatIfQuestion("recent"))
    assert (len(planned.days), planned.left_out) == (5, 0)
    assert (planned.desk_days, planned.derived) == (10, 0)
    assert compare_cases(planned.task, lambda: False).check.is_close
