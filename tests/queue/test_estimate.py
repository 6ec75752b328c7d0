"""How long it takes: ranges of clock times from the order of calls, the desks and the services' minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.estimate import Booked, Range, could_pass, free_at, newcomer, outlook
from office360.queue.line import Line, OpenDesk
from office360.queue.ticket import LineRules, State

from .people import at, booked, line, walk_in

TEN = timedelta(minutes=10)


def desks(count: int, free: float = 0, lines: tuple[str, ...] = ("line",)) -> list[OpenDesk]:
    return [OpenDesk(lines, at(free)) for _ in range(count)]


def found(
    people: Line, working: list[OpenDesk], coming: list[Booked] | None = None, now: datetime = at(0)
) -> dict[str, Range]:
    return outlook(people, [people], working, coming or [], now)[1]


def crowd(count: int) -> Line:
    return line(*(walk_in(number, -10) for number in range(1, count + 1)))


def test_a_person_ahead_costs_the_expected_minutes_divided_by_the_open_desks() -> None:
    assert found(crowd(7), desks(2))["t05"].earliest == at(20)  # four ahead, ten minutes each, two desks


def test_a_range_is_on_multiples_of_five_minutes_and_never_empty() -> None:
    for one in found(crowd(8), desks(3, 1.3), now=at(1.3)).values():
        assert one.earliest.minute % 5 == one.latest.minute % 5 == 0
        assert one.latest - one.earliest >= timedelta(minutes=5)


def test_a_range_never_begins_in_the_past() -> None:
    soon = found(crowd(1), desks(1, 2), now=at(2))["t01"]
    assert soon == Range(at(5), at(10))
    assert found(crowd(1), desks(1, 0), now=at(0))["t01"].earliest == at(0)


def test_a_range_widens_with_the_people_ahead() -> None:
    ranges = found(crowd(29), desks(1))
    assert ranges["t29"].latest - ranges["t29"].earliest > ranges["t02"].latest - ranges["t02"].earliest


def test_appointments_that_may_still_come_stretch_the_end_of_the_range_only() -> None:
    without = found(crowd(5), desks(1))["t05"]
    stretched = found(crowd(5), desks(1), [Booked(at(15), TEN), Booked(at(500), TEN)])["t05"]
    assert (stretched.earliest, stretched.latest) == (without.earliest, without.latest + TEN)


def test_the_appointments_own_range_is_not_stretched() -> None:
    own = found(line(booked(1, -10, 0)), desks(1), [Booked(at(0), TEN)])["t01"]
    assert own == Range(at(0), at(5))


def test_without_a_desk_there_is_an_order_and_no_range() -> None:
    people = line(walk_in(1, -5))
    assert outlook(people, [people], [], [], at(0)) == (["t01"], {})
    assert outlook(people, [people], desks(3, lines=("other",)), [], at(0)) == (["t01"], {})


def test_a_newcomer_comes_after_those_who_wait() -> None:
    people = crowd(3)
    expected = newcomer(people, TEN, [people], desks(1), [], at(0))
    assert expected is not None
    assert expected.earliest == at(30)


def test_people_of_another_line_count_where_they_are_called_by_the_same_desk() -> None:
    mine = line(walk_in(1, -5), line_id="mine")
    other = line(walk_in(2, -9), walk_in(3, -8), line_id="other")
    shared = desks(1, lines=("mine", "other"))
    assert outlook(mine, [mine, other], shared, [], at(0))[1]["t01"].earliest == at(20)
    own = [*shared, *desks(1, lines=("mine",))]
    assert outlook(mine, [mine, other], own, [], at(0))[1]["t01"].earliest == at(0)


def test_a_desk_is_free_when_its_visit_has_taken_what_is_expected() -> None:
    serving = replace(walk_in(1, -20), state=State.SERVING, since=at(-4))
    assert free_at(None, at(0)) == at(0)
    assert free_at(serving, at(0)) == at(6)
    assert free_at(serving, at(20)) == at(22.5)  # it lasts longer: a quarter of ten minutes more
    assert free_at(replace(serving, state=State.CALLED), at(0)) == at(10)


def test_those_who_could_pass_are_booked_before_the_call_and_not_yet_too_late() -> None:
    coming = [Booked(at(minute), TEN) for minute in (-31, -29, 0, 20, 22, 23)]
    assert could_pass(coming, at(20), at(0), LineRules()) == 4


@given(st.integers(1, 12), st.floats(0.2, 12), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_nobody_is_promised_an_earlier_time_than_whoever_is_before(
    count: int, offset: float, minutes: list[int]
) -> None:
    people = line(
        *(walk_in(n, -60 + n, expected=timedelta(minutes=length)) for n, length in enumerate(minutes, 1))
    )
    ids, ranges = outlook(people, [people], desks(count, offset), [], at(0))
    starts = [ranges[ticket_id].earliest for ticket_id in ids]
    assert starts == sorted(starts)
    assert all(at(0) <= one.earliest < one.latest for one in ranges.values())


def test_a_range_begins_no_earlier_than_one_asked_to_be_called() -> None:
    waiting = line(walk_in(1, 0, not_before=at(13)))
    found = outlook(waiting, [waiting], [OpenDesk((waiting.id,), at(0))], [], at(0))[1]
    assert [one.earliest for one in found.values()] == [at(15)]
