"""What an office remembers of its visits, on both databases; and what people were told when they came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices, office_by_id
from office360.offices.tables import ServiceRow
from office360.queue import service
from office360.queue.domain.service_times import History
from office360.queue.queries import service_time_history
from office360.queue.queries.service_time_history import KEPT, history_of, pace_of
from office360.queue.storage.store import by_id
from sqlalchemy import update

from ...conftest import FakeClock
from ..conftest import AT_11, BORIS, Hall


async def _history(hall: Hall) -> History:
    async with hall.runtime.reading() as session:
        return await history_of(session, hall.office, hall.runtime.now())


async def _serve(hall: Hall, clock: FakeClock, minutes: int) -> None:
    ticket = await hall.call()
    assert ticket is not None
    clock.advance(minutes=1)
    await service.start(hall.runtime, BORIS, ticket.id)
    clock.advance(minutes=minutes - 1)
    await service.finish(hall.runtime, BORIS, ticket.id)


async def test_a_visit_is_as_long_as_it_kept_a_desk_busy_from_the_call_on(hall: Hall, clock: FakeClock) -> None:
    await hall.open()
    for minutes in (7, 12):
        await hall.take()
        await _serve(hall, clock, minutes)
    found = await _history(hall)
    assert sorted(found.visits["documents"]) == [timedelta(minutes=7), timedelta(minutes=12)]
    assert (found.calls, found.unanswered) == (2, 0)


async def test_whoever_does_not_answer_is_counted_and_is_no_visit(hall: Hall, clock: FakeClock) -> None:
    _, called = await hall.called()
    clock.advance(minutes=3)
    await service.no_show(hall.runtime, BORIS, called.id)
    found = await _history(hall)
    assert (found.visits, found.calls, found.unanswered) == ({}, 1, 1)


async def test_a_visit_that_nobody_has_ended_is_not_counted(hall: Hall, clock: FakeClock) -> None:
    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    clock.advance(hours=12)
    await hall.timers()
    assert (await _history(hall)).visits == {}


async def test_appointments_whose_person_stayed_away_are_counted(hall: Hall, clock: FakeClock) -> None:
    await hall.book(AT_11, "Amina")
    came = await hall.book(AT_11, "Bruno")
    clock.set(AT_11)
    await hall.check_in(came)
    clock.advance(hours=3)
    found = await _history(hall)
    assert (found.appointments, found.no_shows) == (2, 1)


async def test_the_past_is_read_once_in_ten_minutes(
    hall: Hall, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    async def counted(*asked: object) -> History:
        reads.append(asked)
        return History()

    monkeypatch.setattr(service_time_history, "history_of", counted)
    for minutes in (0, 0, 9, 1):
        clock.advance(minutes=minutes)
        async with hall.runtime.reading() as session:
            await pace_of(session, hall.office, clock.now())
    assert timedelta(minutes=10) == KEPT
    assert len(reads) == 2


async def test_a_duration_that_the_office_changes_holds_from_then_on(hall: Hall, clock: FakeClock) -> None:
    async def mean(office: Office) -> timedelta:
        async with hall.runtime.reading() as session:
            return (await pace_of(session, office, clock.now())).visit("documents", timedelta(minutes=10)).mean

    before = hall.office
    assert await mean(before) == timedelta(minutes=10)
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).where(ServiceRow.slug == "documents").values(minutes=30))
        await bump_offices(tx.session, [before.id])
    async with hall.runtime.reading() as session:
        after = await office_by_id(session, hall.office.id)
    assert await mean(after) == timedelta(minutes=30)


async def test_estimates_follow_what_the_office_has_measured(hall: Hall, clock: FakeClock) -> None:
    await hall.open()
    for _ in range(12):
        await hall.take()
        await _serve(hall, clock, 3)  # where ten are expected
    clock.advance(minutes=11)
    async with hall.runtime.reading() as session:
        pace = await pace_of(session, hall.office, clock.now())
    assert pace.visit("documents", timedelta(minutes=10)).mean < timedelta(minutes=6)


async def test_the_range_that_was_shown_at_issue_is_kept(hall: Hall, runtime: Runtime, clock: FakeClock) -> None:
    unknown = await hall.take()
    await hall.open()
    walk_in = await hall.take()
    booked = await hall.book(AT_11)
    clock.set(AT_11)
    appointment = await hall.check_in(booked)
    async with runtime.reading() as session:
        kept = [await by_id(session, one.ticket.id) for one in (unknown, walk_in, appointment)]
    assert [one is not None and one.shown_earliest is not None for one in kept] == [False, True, True]
    assert kept[2] is not None
    assert kept[2].shown_earliest == AT_11
    seen = await hall.seen(walk_in)
    assert seen["eta"] is not None
