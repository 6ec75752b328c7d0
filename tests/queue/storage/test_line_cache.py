"""What a process remembers of a line: exact at its version, from what it hears, nothing that was taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.db.engine import Database
from office360.core.db.process_cache import memory_of
from office360.core.errors import NotAllowed
from office360.offices.service import office_by_slug
from office360.queue import service
from office360.queue.actions.line_transaction import commit, lock
from office360.queue.domain.line import Line
from office360.queue.domain.line_delta import pack, unpack
from office360.queue.domain.ticket import Kind, Priority, State, Ticket
from office360.queue.storage.line_cache import AHEAD_KEPT, ANSWERED_KEPT, ENDED_KEPT, Replicas, Snapshot
from office360.queue.storage.store import LineDay
from sqlalchemy import event

from ...conftest import FakeClock
from ..conftest import BORIS, Hall
from ..support.tickets import T0, at, walk_in

DAY = T0.date()

moments = st.integers(-500, 500).map(lambda minutes: at(minutes) + timedelta(microseconds=minutes))
maybe = st.none() | moments


@st.composite
def tickets(draw: st.DrawFn, number: int) -> Ticket:
    return replace(
        walk_in(number, 0),
        state=draw(st.sampled_from(State)),
        kind=draw(st.sampled_from(Kind)),
        priority=draw(st.sampled_from(Priority)),
        since=draw(moments),
        called_at=draw(maybe),
        not_before=draw(maybe),
        placed_at=draw(maybe),
        expected=timedelta(minutes=draw(st.integers(1, 60))),
        passes_left=draw(st.integers(0, 9)),
        reason=draw(st.sampled_from([None, "transfer", "appointment_due"])),
        desk_id=draw(st.sampled_from([None, "1", "2"])),
        help=draw(st.booleans()),
    )


@st.composite
def lines(draw: st.DrawFn) -> Line:
    numbers = draw(st.sets(st.integers(1, 12), max_size=8))
    calls = draw(st.lists(st.sampled_from(Kind), max_size=2))
    return Line("line", tuple(draw(tickets(number)) for number in sorted(numbers)), tuple(calls))


@given(lines(), lines())
def test_whoever_hears_a_change_knows_the_line_as_it_was_written(before: Line, after: Line) -> None:
    message = json.loads(json.dumps(pack(before, after, 7, 8, DAY, (3, 2))))
    line, over = unpack(before, message)
    heard = {ticket.id: ticket for ticket in (*line.tickets, *over)}
    assert heard == {ticket.id: ticket for ticket in after.tickets}
    assert all(ticket.state not in ("finished", "no_show", "left", "expired") for ticket in line.tickets)
    assert line.last_calls == after.last_calls


def test_a_long_line_that_is_passed_travels_in_one_piece() -> None:
    before = Line("line", tuple(walk_in(number, number) for number in range(500)))
    after = Line("line", tuple(replace(one, reason="appointment_due") for one in before.tickets))
    assert len(pack(before, after, 1, 2, DAY, (500, 500))["changed"]) == 1


# From message to message


def _snapshot(version: int, *numbers: int) -> Snapshot:
    line = Line("line", tuple(walk_in(number, number) for number in numbers))
    return Snapshot(version, line, DAY, LineDay(len(numbers), len(numbers)), {}, version)


def _message(base: int, before: list[int], after: list[int]) -> dict[str, Any]:
    lines = (_snapshot(base, *before).line, _snapshot(base, *after).line)
    return {**pack(*lines, base, base + 1, DAY, (9, 9)), "reread": False}


def _known(replicas: Replicas) -> tuple[int, list[int]]:
    found = replicas.latest("line")
    assert found is not None
    return found.version, sorted(ticket.number for ticket in found.line.tickets)


@pytest.fixture
def replicas() -> Replicas:
    made = Replicas()
    made.keep(_snapshot(5, 1, 2))
    return made


def test_the_next_version_is_added_to_the_last(replicas: Replicas) -> None:
    assert replicas.hear(_message(5, [1, 2], [1, 2, 3]))
    assert _known(replicas) == (6, [1, 2, 3])


def test_a_gap_is_said_and_changes_nothing(replicas: Replicas) -> None:
    assert not replicas.hear(_message(6, [1, 2, 3], [1, 2, 3, 4]))
    assert _known(replicas) == (5, [1, 2])


def test_what_came_before_its_time_is_added_when_its_time_comes(replicas: Replicas) -> None:
    replicas.hear(_message(7, [1, 2, 3, 4], [2, 3, 4]))
    replicas.hear(_message(6, [1, 2, 3], [1, 2, 3, 4]))
    assert replicas.hear(_message(5, [1, 2], [1, 2, 3]))
    assert _known(replicas) == (8, [2, 3, 4])


def test_what_is_old_is_known_already(replicas: Replicas) -> None:
    assert replicas.hear(_message(4, [1], [1, 2]))
    assert _known(replicas) == (5, [1, 2])


def test_a_changed_floor_is_read_again(replicas: Replicas) -> None:
    assert not replicas.hear({**_message(5, [1, 2], [1, 2]), "reread": True})


def test_what_is_read_late_does_not_undo_what_was_heard(replicas: Replicas) -> None:
    replicas.hear(_message(5, [1, 2], [1, 2, 3]))
    replicas.keep(_snapshot(5, 1, 2))
    assert _known(replicas) == (6, [1, 2, 3])


def test_a_version_that_was_spoken_of_and_did_not_come_is_missing(replicas: Replicas) -> None:
    assert replicas.newest("line") is replicas.latest("line")
    replicas.hear_versions({"line": 6})
    replicas.hear_versions({"line": 4})
    assert replicas.newest("line") is None
    replicas.hear(_message(5, [1, 2], [1, 2, 3]))
    assert replicas.newest("line") is replicas.latest("line")
    replicas.hear({**_message(6, [1, 2], [1, 2]), "reread": True})
    assert replicas.newest("line") is None


def test_the_visits_called_last_go_on_from_change_to_change() -> None:
    """As SQL has them: finished ones alone, by when they were called, no more than anybody shows."""
    known = _snapshot(5, 1)
    for number in range(1, ANSWERED_KEPT + 3):
        over = replace(walk_in(number, 0), state=State.FINISHED, called_at=at(60 - number))
        gone = replace(walk_in(number + 20, 0), state=State.LEFT, called_at=at(70))
        uncalled = replace(walk_in(number + 40, 0), state=State.FINISHED)
        known = known.then(5 + number, known.line, [over, gone, uncalled], DAY, known.counted)
    assert [one.number for one in known.answered] == [1, 2, 3, 4]
    assert (known.version, known.read_at) == (5 + ANSWERED_KEPT + 2, 5)


def test_another_day_is_another_line(replicas: Replicas) -> None:
    assert replicas.at("line", 5, DAY) is not None
    assert replicas.at("line", 5, DAY + timedelta(days=1)) is None


def test_memory_is_bounded(replicas: Replicas) -> None:
    for version in range(100, 100 + 2 * AHEAD_KEPT):
        replicas.hear(_message(version, [1, 2], [1, 2]))
    assert len(replicas._ahead["line"]) == AHEAD_KEPT
    for version in range(6, 6 + 2 * ENDED_KEPT):
        gone = replace(walk_in(version, 0), state=State.LEFT)
        replicas.keep(replace(_snapshot(version, 1), ended={gone.id: gone}))
    found = replicas.latest("line")
    assert found is not None
    assert len(found.ended) == ENDED_KEPT
    assert f"t{5 + 2 * ENDED_KEPT:02d}" in found.ended


# With the database


async def test_a_call_reads_no_ticket_that_this_process_knows(hall: Hall) -> None:
    await hall.take()
    await hall.open()
    await hall.take()  # the desk that was opened is known again
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split()))

    engine = hall.runtime.db.writer.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    called = await hall.call()
    event.remove(engine, "before_cursor_execute", note)
    assert called is not None
    read = [one for one in asked if one.startswith("SELECT") and "passes_left" in one]
    assert read == []
    assert len(asked) <= 11


async def _leave_and_fail(hall: Hall, ticket: Ticket) -> None:
    async with hall.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        locked = await lock(tx, office, [ticket.line_id])
        line = locked.lines[ticket.line_id]
        left = replace(line.tickets[0], state=State.LEFT)
        await commit(locked, [line.with_tickets(left)], "left", "citizen")
        raise RuntimeError("on purpose")


async def test_what_was_taken_back_is_not_remembered(hall: Hall) -> None:
    issued = await hall.take()
    with pytest.raises(RuntimeError, match="on purpose"):
        await _leave_and_fail(hall, issued.ticket)
    assert await hall.state(issued) == "waiting"
    await hall.open()
    called = await hall.call()
    assert called is not None
    assert called.id == issued.ticket.id


async def test_another_process_changes_a_line_and_this_one_reads_it_again(hall: Hall) -> None:
    """The same database behind a second memory, with no bus between."""
    issued = await hall.take()
    other = replace(hall.runtime, db=Database(hall.runtime.db.url))
    try:
        await service.leave(other, issued.token)
    finally:
        await other.db.close()
    await hall.open()
    assert await hall.call() is None
    async with hall.runtime.reading() as session:
        known = memory_of(session).of(Replicas).latest(issued.ticket.line_id)
    assert known is not None
    assert known.line.tickets == ()


async def test_a_desk_that_was_closed_elsewhere_calls_nobody(hall: Hall) -> None:
    await hall.take()
    desk = await hall.open()
    other = replace(hall.runtime, db=Database(hall.runtime.db.url))
    try:
        await service.close_desk(other, BORIS, desk)
    finally:
        await other.db.close()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await hall.call()


async def test_what_happens_after_a_wait_happens_after_what_was_waited_for(hall: Hall, clock: FakeClock) -> None:
    """The moment of a change is taken under the line's lock."""
    issued = await hall.take()
    async with hall.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        began = tx.now
        clock.advance(seconds=2)  # as long as somebody else held the line
        await lock(tx, office, [issued.ticket.line_id])
        assert tx.now == began + timedelta(seconds=2)


async def test_whoever_waited_past_midnight_counts_for_the_new_day(hall: Hall, clock: FakeClock) -> None:
    """The day of a change is that of its moment."""
    issued = await hall.take()
    clock.set(datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC))  # a second before midnight in Madrid
    async with hall.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        clock.advance(seconds=2)  # as long as somebody else held the line
        locked = await lock(tx, office, [issued.ticket.line_id])
    assert locked.day == date(2026, 11, 26)
