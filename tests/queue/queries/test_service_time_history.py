"""Service times from the history of an office, and the forecast range stored at issue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions, office_by_id
from office360.offices.storage.tables import ServiceRow
from office360.queue import service
from office360.queue.actions.agent import record_no_show
from office360.queue.domain.service_times import ServiceHistory
from office360.queue.queries import service_time_history
from office360.queue.queries.service_time_history import (
    SERVICE_TIMES_CACHED_FOR,
    load_service_history,
    load_service_times,
)
from office360.queue.storage.ticket_rows import ticket_record_by_id
from sqlalchemy import update

from ...conftest import FakeClock
from ..conftest import AT_11, BORIS, OfficeDriver


async def _load_history(driver: OfficeDriver) -> ServiceHistory:
    async with driver.runtime.read_session() as session:
        return await load_service_history(session, driver.office, driver.runtime.now())


async def _serve_next(driver: OfficeDriver, clock: FakeClock, minutes: int) -> None:
    ticket = await driver.call_next()
    assert ticket is not None
    clock.advance(minutes=1)
    await service.start_service(driver.runtime, BORIS, ticket.id)
    clock.advance(minutes=minutes - 1)
    await service.finish_service(driver.runtime, BORIS, ticket.id)


async def test_service_time_runs_from_call_to_finish(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.open_desk()
    for minutes in (7, 12):
        await driver.take_ticket()
        await _serve_next(driver, clock, minutes)
    found = await _load_history(driver)
    assert sorted(found.durations_by_service["documents"]) == [timedelta(minutes=7), timedelta(minutes=12)]
    assert (found.calls, found.unanswered) == (2, 0)


async def test_unanswered_call_is_counted_without_service_time(driver: OfficeDriver, clock: FakeClock) -> None:
    _, called = await driver.call_new_ticket()
    clock.advance(minutes=3)
    await record_no_show(driver.runtime, BORIS, called.id)
    clock.advance(minutes=20)
    await driver.fire_due_timers()
    found = await _load_history(driver)
    assert (found.durations_by_service, found.calls, found.unanswered) == ({}, 1, 1)


async def test_unfinished_visit_is_not_measured(driver: OfficeDriver, clock: FakeClock) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    clock.advance(hours=12)
    await driver.fire_due_timers()
    assert (await _load_history(driver)).durations_by_service == {}


async def test_no_show_appointments_are_counted(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.book_appointment(AT_11, "Amina")
    attended = await driver.book_appointment(AT_11, "Bruno")
    clock.set(AT_11)
    await driver.check_in(attended)
    clock.advance(hours=3)
    found = await _load_history(driver)
    assert (found.appointments, found.no_shows) == (2, 1)


async def test_history_is_read_once_in_ten_minutes(
    driver: OfficeDriver, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    async def record_read(*arguments: object) -> ServiceHistory:
        reads.append(arguments)
        return ServiceHistory()

    monkeypatch.setattr(service_time_history, "load_service_history", record_read)
    for minutes in (0, 0, 9, 1):
        clock.advance(minutes=minutes)
        async with driver.runtime.read_session() as session:
            await load_service_times(session, driver.office, clock.now())
    assert timedelta(minutes=10) == SERVICE_TIMES_CACHED_FOR
    assert len(reads) == 2


async def test_changed_service_minutes_apply_at_once(driver: OfficeDriver, clock: FakeClock) -> None:
    async def mean(office: Office) -> timedelta:
        async with driver.runtime.read_session() as session:
            service_times = await load_service_times(session, office, clock.now())
        return service_times.visit_time("documents", timedelta(minutes=10)).mean

    before = driver.office
    assert await mean(before) == timedelta(minutes=10)
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).where(ServiceRow.slug == "documents").values(minutes=30))
        await bump_office_versions(tx.session, [before.id])
    async with driver.runtime.read_session() as session:
        after = await office_by_id(session, driver.office.id)
    assert await mean(after) == timedelta(minutes=30)


async def test_service_times_follow_measured_visits(driver: OfficeDriver, clock: FakeClock) -> None:
    await driver.open_desk()
    for _ in range(12):
        await driver.take_ticket()
        await _serve_next(driver, clock, 3)  # the office has set ten minutes
    clock.advance(minutes=11)
    async with driver.runtime.read_session() as session:
        service_times = await load_service_times(session, driver.office, clock.now())
    assert service_times.visit_time("documents", timedelta(minutes=10)).mean < timedelta(minutes=6)


async def test_range_shown_at_issue_is_stored(driver: OfficeDriver, runtime: Runtime, clock: FakeClock) -> None:
    unknown = await driver.take_ticket()
    await driver.open_desk()
    walk_in = await driver.take_ticket()
    booked = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    appointment = await driver.check_in(booked)
    async with runtime.read_session() as session:
        records = [
            await ticket_record_by_id(session, issued.ticket.id) for issued in (unknown, walk_in, appointment)
        ]
    shown = [record.shown_earliest for record in records if record is not None]
    assert [earliest is not None for earliest in shown] == [False, True, True]
    assert shown[2] == AT_11
    seen = await driver.ticket_json(walk_in)
    assert seen["eta"] is not None
