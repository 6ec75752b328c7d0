"""How long it takes: ranges of clock times from the order of calls, the desks and the services' minutes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.estimate import Booked, OpenDesk, could_pass, newcomer, pace, ranges
from office360.queue.line import Pace
from office360.queue.ticket import LineRules

from .people import at, booked, line, walk_in

TEN = timedelta(minutes=10)
FREE = OpenDesk(("line",), free=True)
BUSY = OpenDesk(("line",), free=False)


def test_a_person_ahead_costs_the_expected_minutes_divided_by_the_open_desks() -> None:
    people = line(*(walk_in(number, -10) for number in range(1, 8)))
    _, found = ranges(people, Pace(2, at(0)), [], at(0))
    assert found["t05"].earliest == at(20)  # four ahead, ten minutes each, two desks


def test_a_range_is_on_multiples_of_five_minutes_and_never_empty() -> None:
    people = line(*(walk_in(number, -10) for number in range(1, 9)))
    _, found = ranges(people, Pace(3, at(1.3)), [], at(1.3))
    for one in found.values():
        assert one.earliest.minute % 5 == one.latest.minute % 5 == 0
        assert one.latest - one.earliest >= timedelta(minutes=5)


def test_a_range_widens_with_the_people_ahead() -> None:
    people = line(*(walk_in(number, -10) for number in range(1, 30)))
    _, found = ranges(people, Pace(1, at(0)), [], at(0))
    assert found["t29"].latest - found["t29"].earliest > found["t02"].latest - found["t02"].earliest


def test_appointments_that_may_still_come_stretch_the_end_of_the_range_only() -> None:
    people = line(*(walk_in(number, -10) for number in range(1, 6)))
    _, without = ranges(people, Pace(1, at(0)), [], at(0))
    _, with_two = ranges(people, Pace(1, at(0)), [Booked(at(15), TEN), Booked(at(500), TEN)], at(0))
    assert with_two["t05"].earliest == without["t05"].earliest
    assert with_two["t05"].latest == without["t05"].latest + TEN


def test_the_appointments_own_range_is_not_stretched() -> None:
    people = line(booked(1, -10, 0))
    _, found = ranges(people, Pace(1, at(0)), [Booked(at(0), TEN)], at(0))
    assert (found["t01"].earliest, found["t01"].latest) == (at(0), at(5))


def test_without_a_desk_there_is_an_order_and_no_range() -> None:
    assert ranges(line(walk_in(1, -5)), None, [], at(0)) == (["t01"], {})
    assert pace(line(walk_in(1, -5)), [], {}, at(0)) is None


def test_a_newcomer_comes_after_those_who_wait() -> None:
    people = line(*(walk_in(number, -10) for number in range(1, 4)))
    found = newcomer(people, TEN, Pace(1, at(0)), [], at(0))
    assert found is not None
    assert found.earliest == at(30)


def test_a_free_desk_calls_at_once_and_a_busy_one_in_half_a_visit() -> None:
    people = line(walk_in(1, -5))
    assert pace(people, [FREE, BUSY], {"line": 1}, at(0)) == Pace(2, at(0))
    assert pace(people, [BUSY], {"line": 1}, at(0)) == Pace(1, at(5))


def test_a_desk_of_two_lines_gives_each_a_share_by_its_people() -> None:
    shared = OpenDesk(("line", "other"), free=True)
    people = line(walk_in(1, -5))
    assert pace(people, [shared], {"line": 1, "other": 3}, at(0)) == Pace(0.25, at(0))
    assert pace(people, [shared], {"line": 1}, at(0)) == Pace(1, at(0))


def test_those_who_could_pass_are_booked_before_the_call_and_not_yet_too_late() -> None:
    coming = [Booked(at(minute), TEN) for minute in (-31, -29, 0, 20, 22, 23)]
    assert could_pass(coming, at(20), at(0), LineRules()) == 4


@given(st.integers(1, 12), st.floats(0.2, 12), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_nobody_is_promised_an_earlier_time_than_whoever_is_before(
    desks: int, offset: float, minutes: list[int]
) -> None:
    people = line(
        *(walk_in(n, -60 + n, expected=timedelta(minutes=length)) for n, length in enumerate(minutes, 1))
    )
    ids, found = ranges(people, Pace(desks, at(offset)), [], at(0))
    starts = [found[ticket_id].earliest for ticket_id in ids]
    assert starts == sorted(starts)
    assert all(at(-5) <= one.earliest < one.latest for one in found.values())
