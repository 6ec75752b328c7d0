"""Counts of settled days: equal to every case, and invalid after a correction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from office360.appointments.actions.book import book_appointment
from office360.appointments.service import mark_no_show, report_no_answer, start_call
from office360.core.runtime import Runtime
from office360.figures.actions.count_days import count_settled_days, on_past_record_changed
from office360.figures.domain.figure_cells import decode_cells
from office360.figures.domain.figure_groups import FigureGrouping
from office360.figures.domain.figure_period import FigurePeriod
from office360.figures.queries.counted_days import SETTLED_AFTER, count_day
from office360.figures.queries.figure_report import FigureReport, measure_figures
from office360.figures.storage.figure_day_rows import list_counted_days, load_counted_days, lock_day, save_day
from office360.figures.storage.tables import FigureDayRow
from office360.offices.service import (
    Office,
    PastRecordChanged,
    bump_office_versions,
    note_changed_record,
    office_by_id,
)
from office360.offices.storage.tables import OfficeRow
from office360.queue.storage.tables import TicketRow
from office360.rooms.actions import staff_actions
from office360.rooms.actions.answer_survey import answer_survey
from office360.rooms.domain.call_survey import Rating, SurveyAnswer
from office360.server.jobs.nightly_cleanup import DataRetention, delete_expired_data
from office360.server.runtime import open_runtime
from office360.server.settings import Settings
from sqlalchemy import func, select, text, update

from ...appointments.support.phone_mode import AMINA_PHONE, allow_phone
from ...appointments.support.requesters import make_booking_request
from ...conftest import MORNING, AppServer, FakeClock
from ...queue.conftest import BORIS, OfficeDriver
from ...rooms.support.video_appointments import book_video_appointment, enter_admitted_pair
from ..support.figures_by_case import compute_from_cases, group_from_cases, load_period_facts
from ..support.random_records import record_random_days

TODAY = MORNING.date()
AT = MORNING + timedelta(minutes=90)
LONG_AFTER = SETTLED_AFTER + timedelta(days=2)  # the whole day is settled
BOOKED = TODAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def register_corrections(runtime: Runtime) -> None:
    runtime.events.register_handler(PastRecordChanged, on_past_record_changed)


async def counted_days(runtime: Runtime, office: Office) -> set[date]:
    async with runtime.read_session() as session:
        return await list_counted_days(session, office)


async def measure_day(runtime: Runtime, office: Office, day: date) -> FigureReport:
    return await measure_figures(runtime, [office], FigurePeriod(day, day), [FigureGrouping.HOUR])


async def assert_counts_equal_cases(runtime: Runtime, office: Office, period: FigurePeriod) -> None:
    report = await measure_figures(runtime, [office], period, list(FigureGrouping))
    facts = [await load_period_facts(runtime, office, period)]
    assert report.total == compute_from_cases(facts)
    assert report.groups == {grouping: group_from_cases(facts, grouping) for grouping in FigureGrouping}


async def test_report_from_counts_equals_every_case(runtime: Runtime, office: Office) -> None:
    """Random days: the first report counts the settled days, the second reads the counts."""
    office = await allow_phone(runtime, office)
    first = TODAY - timedelta(days=16)
    days = [first + timedelta(days=number) for number in range(17) if number % 7 != 5]  # closed on one day a week
    await record_random_days(runtime, office, days, visits=25)
    period = FigurePeriod(first - timedelta(days=5), TODAY)
    await assert_counts_equal_cases(runtime, office, period)
    settled = {first + timedelta(days=number) for number in range(13)}
    assert await counted_days(runtime, office) == settled
    await assert_counts_equal_cases(runtime, office, period)


async def test_request_for_earlier_years_stores_no_day(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await measure_day(runtime, office, date(1999, 1, 1))
    await OfficeDriver(runtime, office).take_ticket()
    clock.advance(days=30)
    report = await measure_day(runtime, office, TODAY - timedelta(days=1))
    assert not report.total.has_cases
    assert await counted_days(runtime, office) == set()


async def test_nightly_work_counts_the_newest_days_first(runtime: Runtime, office: Office) -> None:
    days = [TODAY - timedelta(days=age) for age in range(4, 8)]
    await record_random_days(runtime, office, days, visits=2)
    assert await count_settled_days(runtime, max_days=2) == 2
    assert await counted_days(runtime, office) == set(days[:2])
    assert await count_settled_days(runtime) == 2
    assert await count_settled_days(runtime) == 0


async def test_retention_keeps_counts_without_persons(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    """The nightly job counts settled days itself and deletes contacts; the figures stay."""
    driver = OfficeDriver(runtime, office)
    await driver.take_ticket(name="Amina Haddad", email="amina@example.org")
    clock.advance(days=1)
    await driver.fire_due_timers()
    before = (await measure_day(runtime, office, TODAY)).total
    clock.advance(days=100)
    assert await delete_expired_data(runtime, DataRetention(timedelta(days=30)))
    async with runtime.read_session() as session:
        assert (await session.execute(select(TicketRow.name, TicketRow.email))).all() == [(None, None)]
        stored = (await load_counted_days(session, office, TODAY, TODAY))[TODAY]
    assert "Amina" not in repr(decode_cells(stored))
    assert before.visits.expired == 1
    assert (await measure_day(runtime, office, TODAY)).total == before


async def test_another_time_zone_counts_days_anew(runtime: Runtime, office: Office) -> None:
    day = TODAY - timedelta(days=12)
    await record_random_days(runtime, office, [day], visits=5)
    madrid = await measure_day(runtime, office, day)
    async with runtime.transaction() as tx:
        await tx.session.execute(
            update(OfficeRow).where(OfficeRow.id == office.id).values(timezone="Atlantic/Canary")
        )
        await bump_office_versions(tx.session, [office.id])
    async with runtime.read_session() as session:
        moved = await office_by_id(session, office.id)
    canary = await measure_day(runtime, moved, day)
    visited = [list(report.groups[FigureGrouping.HOUR]) for report in (madrid, canary)]
    assert visited[1] != visited[0]
    await assert_counts_equal_cases(runtime, moved, FigurePeriod(day, day))


# Corrections: each writer of a record, long after its day


@dataclass(frozen=True)
class LateDay:
    """A day that was counted, and whose records are changed afterwards."""

    runtime: Runtime
    office: Office
    clock: FakeClock

    async def correct(self, day: date, change: Callable[[], Awaitable[object]]) -> None:
        """Count the day, change a record, and compare the figures with every case."""
        if self.clock.now().date() < day + LONG_AFTER:
            self.clock.advance(days=(day + LONG_AFTER - self.clock.now().date()).days)
        before = (await measure_day(self.runtime, self.office, day)).total
        assert day in await counted_days(self.runtime, self.office)
        await change()
        assert day not in await counted_days(self.runtime, self.office)
        after = (await measure_day(self.runtime, self.office, day)).total
        assert after == compute_from_cases(
            [await load_period_facts(self.runtime, self.office, FigurePeriod(day, day))]
        )
        assert after != before
        assert day in await counted_days(self.runtime, self.office)


@pytest.fixture
def late(runtime: Runtime, office: Office, clock: FakeClock) -> LateDay:
    return LateDay(runtime, office, clock)


async def test_ticket_that_ends_late_is_counted_anew(late: LateDay) -> None:
    """The worker was down for two weeks, and then expires the ticket."""
    driver = OfficeDriver(late.runtime, late.office)
    await driver.take_ticket()
    await late.correct(TODAY, driver.fire_due_timers)


async def test_late_no_show_counts_the_day_anew(late: LateDay) -> None:
    booked = await book_video_appointment(late.runtime, AT)

    async def miss() -> None:
        async with late.runtime.transaction() as tx:
            await mark_no_show(tx, booked.appointment.id)

    await late.correct(TODAY, miss)


async def test_call_that_ends_late_is_counted_anew(late: LateDay) -> None:
    """A call goes on by telephone, is ended, and then rated, each long after its appointment."""
    booked = await book_video_appointment(late.runtime, AT)
    late.clock.set(AT)
    _, staff = await enter_admitted_pair(late.runtime, booked)

    async def go_on_by_phone() -> None:  # changes the room only
        await staff_actions.set_by_phone(late.runtime, staff, is_on=True)

    await late.correct(TODAY, go_on_by_phone)

    async def end() -> None:
        await staff_actions.end_room(late.runtime, staff, "resolved")

    await late.correct(TODAY, end)

    async def rate() -> None:
        await answer_survey(late.runtime, booked.appointment.id, "citizen", SurveyAnswer(Rating.GOOD))

    await late.correct(TODAY, rate)


async def test_late_telephone_call_counts_the_day_anew(late: LateDay) -> None:
    office = await allow_phone(late.runtime, late.office)
    request = make_booking_request(mode="phone", phone=AMINA_PHONE, starts_at=AT)
    booked = await book_appointment(late.runtime, "centro", request)
    late = LateDay(late.runtime, office, late.clock)

    async def call() -> None:
        await start_call(late.runtime, BORIS, booked.id)

    async def give_up() -> None:
        await report_no_answer(late.runtime, BORIS, booked.id)

    await late.correct(TODAY, call)
    await late.correct(TODAY, give_up)


async def test_undone_correction_leaves_the_count_valid(late: LateDay) -> None:
    """The correction and the invalid count share a transaction."""
    await OfficeDriver(late.runtime, late.office).take_ticket()
    late.clock.advance(days=LONG_AFTER.days)
    await measure_day(late.runtime, late.office, TODAY)
    with suppress(ZeroDivisionError):
        async with late.runtime.transaction() as tx:
            await note_changed_record(tx, late.office.id, MORNING)
            raise ZeroDivisionError
    assert TODAY in await counted_days(late.runtime, late.office)


async def test_server_marks_corrected_days(app_server: AppServer, office: Office, clock: FakeClock) -> None:
    """The app registers the handler that the other tests register themselves."""
    await OfficeDriver(app_server.runtime, office).take_ticket()
    clock.advance(days=LONG_AFTER.days)
    await count_day(app_server.runtime, office, TODAY)
    async with app_server.runtime.transaction() as tx:
        await note_changed_record(tx, office.id, MORNING)
    assert await counted_days(app_server.runtime, office) == set()


# Two processes


@pytest.fixture
async def second_process(settings: Settings, clock: FakeClock) -> AsyncIterator[Runtime]:
    async with open_runtime(settings, clock) as opened:
        opened.events.register_handler(PastRecordChanged, on_past_record_changed)
        yield opened


async def test_two_processes_count_a_day_once(runtime: Runtime, second_process: Runtime, office: Office) -> None:
    days = [TODAY - timedelta(days=age) for age in range(10, 14)]
    await record_random_days(runtime, office, days, visits=5)
    processes = (runtime, second_process, runtime, second_process)
    for day in days:
        counts = await asyncio.gather(*(count_day(process, office, day) for process in processes))
        assert len(set(counts)) == 1
    async with runtime.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(FigureDayRow)) == len(days)
        assert await load_counted_days(session, office, days[-1], days[0]) != {}
    await assert_counts_equal_cases(runtime, office, FigurePeriod(days[-1], days[0]))


async def test_correction_during_a_count_makes_it_invalid(
    runtime: Runtime, second_process: Runtime, office: Office, clock: FakeClock
) -> None:
    """A process has counted the day and not committed; another corrects a record meanwhile."""
    await OfficeDriver(runtime, office).take_ticket()
    clock.advance(days=LONG_AFTER.days)

    async def correct() -> None:
        async with second_process.transaction() as tx:
            await note_changed_record(tx, office.id, MORNING)

    async with runtime.transaction() as tx:
        await lock_day(tx.session, office, TODAY)
        await save_day(tx.session, office, TODAY, [])
        correction = asyncio.create_task(correct())
        await wait_until_blocked(runtime, correction)
    await correction
    assert await counted_days(runtime, office) == set()


async def wait_until_blocked(runtime: Runtime, task: asyncio.Task[None]) -> None:
    """Wait until a task waits for a lock of PostgreSQL, or is done. SQLite has one writer."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not runtime.db.is_sqlite and not task.done():
        async with runtime.read_session() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0.01)
