"""The line cache: bus messages, versions, bounds, and no rolled-back changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.db.engine import Database
from office360.core.db.process_cache import process_cache
from office360.core.errors import NotAllowed
from office360.offices.service import office_by_slug
from office360.queue import service
from office360.queue.actions.line_transaction import commit_lines, lock_office_lines
from office360.queue.domain.line import Line
from office360.queue.domain.ticket import Ticket, TicketKind, TicketPriority, TicketState
from office360.queue.storage.desk_rows import LineDay
from office360.queue.storage.line_cache import (
    _DATETIME_FIELDS,
    MAX_ENDED_KEPT,
    MAX_FINISHED_KEPT,
    MAX_PENDING_DELTAS,
    CachedLine,
    LineCache,
    apply_delta,
    encode_delta,
)

from ...conftest import FakeClock
from ...support.statements import recorded_statements
from ..conftest import BORIS, OfficeDriver
from ..support.tickets import T0, at_minute, walk_in_ticket

DAY = T0.date()

times = st.integers(-500, 500).map(lambda minutes: at_minute(minutes) + timedelta(microseconds=minutes))
optional_times = st.none() | times


@st.composite
def draw_ticket_with_times(draw: st.DrawFn, number: int) -> Ticket:
    return replace(
        walk_in_ticket(number, 0),
        state=draw(st.sampled_from(TicketState)),
        kind=draw(st.sampled_from(TicketKind)),
        priority=draw(st.sampled_from(TicketPriority)),
        since=draw(times),
        called_at=draw(optional_times),
        not_before=draw(optional_times),
        placed_at=draw(optional_times),
        expected=timedelta(minutes=draw(st.integers(1, 60))),
        overtakings_left=draw(st.integers(0, 9)),
        reason=draw(st.sampled_from([None, "transfer", "appointment_due"])),
        desk_id=draw(st.sampled_from([None, "1", "2"])),
        help=draw(st.booleans()),
    )


@st.composite
def draw_line_with_times(draw: st.DrawFn) -> Line:
    numbers = draw(st.sets(st.integers(1, 12), max_size=8))
    calls = draw(st.lists(st.sampled_from(TicketKind), max_size=2))
    return Line("line", tuple(draw(draw_ticket_with_times(number)) for number in sorted(numbers)), tuple(calls))


@given(draw_line_with_times(), draw_line_with_times())
def test_applied_delta_gives_the_written_line(before: Line, after: Line) -> None:
    message = json.loads(json.dumps(encode_delta(before, after, 7, 8, DAY, (3, 2))))
    line, ended = apply_delta(before, message)
    received = {ticket.id: ticket for ticket in (*line.tickets, *ended)}
    assert received == {ticket.id: ticket for ticket in after.tickets}
    assert all(ticket.state not in ("finished", "no_show", "left", "expired") for ticket in line.tickets)
    assert line.last_calls == after.last_calls


def test_equal_changes_are_encoded_once() -> None:
    before = Line("line", tuple(walk_in_ticket(number, number) for number in range(500)))
    after = Line("line", tuple(replace(ticket, reason="appointment_due") for ticket in before.tickets))
    assert len(encode_delta(before, after, 1, 2, DAY, (500, 500))["changed"]) == 1


def test_messages_have_the_field_names_of_version_0_2() -> None:
    """During an upgrade its processes run beside ours, and refuse unknown fields."""
    before = Line("line", (walk_in_ticket(1, -40),))
    called = replace(before.tickets[0], overtakings_left=1)
    message = encode_delta(before, replace(before, tickets=(called, walk_in_ticket(2, -3))), 1, 2, DAY, (2, 2))
    assert message["changed"] == [[{"passes_left": 1}, [called.id]]]
    assert "overtakings_left" not in message["new"][0]


def test_datetime_fields_of_messages_match_the_ticket() -> None:
    types = get_type_hints(Ticket)
    assert {name for name, type_ in types.items() if type_ in (datetime, datetime | None)} == _DATETIME_FIELDS


# Messages of consecutive versions


def _cached_line(version: int, *numbers: int) -> CachedLine:
    line = Line("line", tuple(walk_in_ticket(number, number) for number in numbers))
    return CachedLine(version, line, DAY, LineDay(len(numbers), len(numbers)), {}, version)


def _delta(base: int, before: list[int], after: list[int]) -> dict[str, Any]:
    lines = (_cached_line(base, *before).line, _cached_line(base, *after).line)
    return {**encode_delta(*lines, base, base + 1, DAY, (9, 9)), "reread": False}


def _version_and_numbers(cache: LineCache) -> tuple[int, list[int]]:
    cached = cache.latest_known("line")
    assert cached is not None
    return cached.version, sorted(ticket.number for ticket in cached.line.tickets)


@pytest.fixture
def line_cache() -> LineCache:
    cache = LineCache()
    cache.put(_cached_line(5, 1, 2))
    return cache


def test_delta_of_next_version_is_applied(line_cache: LineCache) -> None:
    assert line_cache.apply_message(_delta(5, [1, 2], [1, 2, 3]))
    assert _version_and_numbers(line_cache) == (6, [1, 2, 3])


def test_version_gap_is_reported_and_changes_nothing(line_cache: LineCache) -> None:
    assert not line_cache.apply_message(_delta(6, [1, 2, 3], [1, 2, 3, 4]))
    assert _version_and_numbers(line_cache) == (5, [1, 2])


def test_out_of_order_deltas_are_applied_in_order(line_cache: LineCache) -> None:
    line_cache.apply_message(_delta(7, [1, 2, 3, 4], [2, 3, 4]))
    line_cache.apply_message(_delta(6, [1, 2, 3], [1, 2, 3, 4]))
    assert line_cache.apply_message(_delta(5, [1, 2], [1, 2, 3]))
    assert _version_and_numbers(line_cache) == (8, [2, 3, 4])


def test_old_delta_is_ignored(line_cache: LineCache) -> None:
    assert line_cache.apply_message(_delta(4, [1], [1, 2]))
    assert _version_and_numbers(line_cache) == (5, [1, 2])


def test_resync_message_requires_reading(line_cache: LineCache) -> None:
    assert not line_cache.apply_message({**_delta(5, [1, 2], [1, 2]), "reread": True})


def test_late_read_does_not_replace_newer_version(line_cache: LineCache) -> None:
    line_cache.apply_message(_delta(5, [1, 2], [1, 2, 3]))
    line_cache.put(_cached_line(5, 1, 2))
    assert _version_and_numbers(line_cache) == (6, [1, 2, 3])


def test_line_is_not_current_until_announced_version_arrives(line_cache: LineCache) -> None:
    assert line_cache.current("line") is line_cache.latest_known("line")
    line_cache.note_versions({"line": 6})
    line_cache.note_versions({"line": 4})
    assert line_cache.current("line") is None
    line_cache.apply_message(_delta(5, [1, 2], [1, 2, 3]))
    assert line_cache.current("line") is line_cache.latest_known("line")
    line_cache.apply_message({**_delta(6, [1, 2], [1, 2]), "reread": True})
    assert line_cache.current("line") is None


def test_last_finished_tickets_survive_changes() -> None:
    """The cache keeps the same tickets as SQL: finished tickets by the time of their call."""
    cached = _cached_line(5, 1)
    for number in range(1, MAX_FINISHED_KEPT + 3):
        finished = replace(walk_in_ticket(number, 0), state=TicketState.FINISHED, called_at=at_minute(60 - number))
        left = replace(walk_in_ticket(number + 20, 0), state=TicketState.LEFT, called_at=at_minute(70))
        uncalled = replace(walk_in_ticket(number + 40, 0), state=TicketState.FINISHED)
        cached = cached.advance(5 + number, cached.line, [finished, left, uncalled], DAY, cached.line_day)
    assert [ticket.number for ticket in cached.last_finished] == [1, 2, 3, 4]
    assert (cached.version, cached.read_version) == (5 + MAX_FINISHED_KEPT + 2, 5)


def test_cached_line_of_another_day_is_not_used(line_cache: LineCache) -> None:
    assert line_cache.at_version("line", 5, DAY) is not None
    assert line_cache.at_version("line", 5, DAY + timedelta(days=1)) is None


def test_line_cache_is_bounded(line_cache: LineCache) -> None:
    for version in range(100, 100 + 2 * MAX_PENDING_DELTAS):
        line_cache.apply_message(_delta(version, [1, 2], [1, 2]))
    assert len(line_cache._pending_deltas["line"]) == MAX_PENDING_DELTAS
    for version in range(6, 6 + 2 * MAX_ENDED_KEPT):
        left = replace(walk_in_ticket(version, 0), state=TicketState.LEFT)
        line_cache.put(replace(_cached_line(version, 1), ended={left.id: left}))
    cached = line_cache.latest_known("line")
    assert cached is not None
    assert len(cached.ended) == MAX_ENDED_KEPT
    assert f"t{5 + 2 * MAX_ENDED_KEPT:02d}" in cached.ended


# With the database


async def test_call_reads_no_cached_ticket(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    await driver.open_desk()
    await driver.take_ticket()  # opening the desk dropped the line from the cache: this loads it again
    with recorded_statements(driver.runtime.db) as statements:
        called = await driver.call_next()
    assert called is not None
    assert [sql for sql, _ in statements if sql.startswith("SELECT") and "overtakings_left" in sql] == []
    assert len(statements) <= 11


async def _roll_back_leave(driver: OfficeDriver, ticket: Ticket) -> None:
    async with driver.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        locked = await lock_office_lines(tx, office, [ticket.line_id])
        line = locked.lines[ticket.line_id]
        left = replace(line.tickets[0], state=TicketState.LEFT)
        await commit_lines(locked, [line.with_tickets(left)], "left", "citizen")
        raise RuntimeError("on purpose")


async def test_rolled_back_change_is_not_cached(driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    with pytest.raises(RuntimeError, match="on purpose"):
        await _roll_back_leave(driver, issued.ticket)
    assert await driver.ticket_state(issued) == "waiting"
    await driver.open_desk()
    called = await driver.call_next()
    assert called is not None
    assert called.id == issued.ticket.id


async def test_change_by_other_process_is_reloaded(driver: OfficeDriver) -> None:
    """Two processes share a database but no bus."""
    issued = await driver.take_ticket()
    other = replace(driver.runtime, db=Database(driver.runtime.db.url))
    try:
        await service.leave_line(other, issued.token)
    finally:
        await other.db.close()
    await driver.open_desk()
    assert await driver.call_next() is None
    async with driver.runtime.read_session() as session:
        cached = process_cache(session).get(LineCache).latest_known(issued.ticket.line_id)
    assert cached is not None
    assert cached.line.tickets == ()


async def test_desk_closed_by_other_process_cannot_call(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    desk = await driver.open_desk()
    other = replace(driver.runtime, db=Database(driver.runtime.db.url))
    try:
        await service.close_desk(other, BORIS, desk)
    finally:
        await other.db.close()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await driver.call_next()


async def test_change_time_is_taken_under_the_lock(driver: OfficeDriver, clock: FakeClock) -> None:
    issued = await driver.take_ticket()
    async with driver.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        began = tx.now
        clock.advance(seconds=2)  # another transaction held the lock for so long
        await lock_office_lines(tx, office, [issued.ticket.line_id])
        assert tx.now == began + timedelta(seconds=2)


async def test_change_day_is_taken_under_the_lock(driver: OfficeDriver, clock: FakeClock) -> None:
    issued = await driver.take_ticket()
    clock.set(datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC))  # a second before midnight in Madrid
    async with driver.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        clock.advance(seconds=2)  # another transaction held the lock for so long
        locked = await lock_office_lines(tx, office, [issued.ticket.line_id])
    assert locked.day == date(2026, 11, 26)
