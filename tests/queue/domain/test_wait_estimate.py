"""How long it takes: ranges of clock times from the order of calls, the desks and the services' minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.call_order import OpenDesk
from office360.queue.domain.line import Line
from office360.queue.domain.service_times import COLD, Pace, Visit
from office360.queue.domain.ticket import LineRules, State
from office360.queue.domain.wait_estimate import Booked, Range, could_pass, forecast, free_at, open_desk, outlook

from ..support.tickets import at, booked, line, walk_in

TEN = timedelta(minutes=10)
SURE = Pace(visits={"documents": Visit(TEN, timedelta())}, no_show=0.0, doubt=0.0)  # every visit takes ten minutes


def desks(count: int, free: float = 0, lines: tuple[str, ...] = ("line",)) -> list[OpenDesk]:
    return [OpenDesk(lines, at(free)) for _ in range(count)]


def found(
    people: Line,
    working: list[OpenDesk],
    coming: list[Booked] | None = None,
    now: datetime = at(0),
    pace: Pace = SURE,
) -> dict[str, Range]:
    return outlook(people, [people], working, coming or [], now, pace)[1]


def crowd(count: int) -> Line:
    return line(*(walk_in(number, -10) for number in range(1, count + 1)))


def test_a_person_ahead_costs_the_expected_minutes_divided_by_the_open_desks() -> None:
    assert found(crowd(7), desks(2))["t05"].earliest == at(20)  # four ahead, ten minutes each, two desks


def test_a_range_is_on_multiples_of_five_minutes_and_never_empty() -> None:
    for one in found(crowd(8), desks(3, 1.3), now=at(1.3), pace=COLD).values():
        assert one.earliest.minute % 5 == one.latest.minute % 5 == 0
        assert one.latest - one.earliest >= timedelta(minutes=5)


def test_whoever_is_called_at_once_is_called_within_the_range() -> None:
    assert found(crowd(1), desks(1, 2), now=at(2))["t01"] == Range(at(0), at(5))
    assert found(crowd(1), desks(1, 0), now=at(0))["t01"].earliest == at(0)


def test_a_range_widens_with_the_people_ahead() -> None:
    ranges = found(crowd(29), desks(1), pace=COLD)
    assert ranges["t29"].latest - ranges["t29"].earliest > ranges["t02"].latest - ranges["t02"].earliest


def test_before_there_is_a_history_a_person_ahead_costs_the_expected_minutes_too() -> None:
    cold = found(crowd(7), desks(2), pace=COLD)["t05"]
    assert cold.earliest + (cold.latest - cold.earliest) / 2 == at(20)
    assert cold.earliest < at(20)


def test_appointments_that_may_still_come_take_their_time_as_likely_as_people_come() -> None:
    coming = [Booked(at(15), TEN, service="documents"), Booked(at(500), TEN, service="documents")]
    assert found(crowd(5), desks(1))["t05"].earliest == at(40)
    assert found(crowd(5), desks(1), coming)["t05"].earliest == at(50)
    half = found(crowd(5), desks(1), coming, pace=replace(SURE, no_show=0.5))["t05"]
    assert (half.earliest, half.latest) < (at(50), at(55))


def test_an_appointment_whose_person_is_late_is_expected_less_every_minute() -> None:
    coming = [Booked(at(0), TEN, service="documents")]
    moments = [found(crowd(2), desks(1, m), coming, at(m))["t02"].earliest - at(m) for m in (0, 5, 10)]
    assert moments == sorted(moments, reverse=True)
    assert moments[-1] == TEN


def test_whoever_is_on_hold_comes_back_and_takes_a_desk() -> None:
    away = replace(walk_in(1, -40), state=State.ON_HOLD, returns_to="d1", not_before=at(5))
    people = line(away, walk_in(2, -10), walk_in(3, -9))
    assert set(found(people, desks(1))) == {"t02", "t03"}
    assert found(people, desks(1))["t03"].earliest == at(20)


def test_those_who_do_not_answer_cost_the_minutes_until_they_are_missed() -> None:
    nobody = found(crowd(6), desks(1), pace=replace(SURE, absent=1.0))
    assert nobody["t06"].earliest == at(15)  # five of three minutes


def test_the_appointments_own_range_is_not_stretched() -> None:
    own = found(line(booked(1, -10, 0)), desks(1), [Booked(at(0), TEN)])["t01"]
    assert own == Range(at(0), at(5))


def test_without_a_desk_there_is_an_order_and_no_range() -> None:
    people = line(walk_in(1, -5))
    assert outlook(people, [people], [], [], at(0)) == (["t01"], {})
    assert outlook(people, [people], desks(3, lines=("other",)), [], at(0)) == (["t01"], {})


def test_a_newcomer_comes_after_those_who_wait() -> None:
    people = crowd(3)
    expected = forecast(people, TEN, [people], desks(1), [], at(0), SURE)
    assert expected is not None
    assert expected.called.earliest == at(30)


def test_people_of_another_line_count_where_they_are_called_by_the_same_desk() -> None:
    mine = line(walk_in(1, -5), line_id="mine")
    other = line(walk_in(2, -9), walk_in(3, -8), line_id="other")
    shared = desks(1, lines=("mine", "other"))
    assert outlook(mine, [mine, other], shared, [], at(0), SURE)[1]["t01"].earliest == at(20)
    own = [*shared, *desks(1, lines=("mine",))]
    assert outlook(mine, [mine, other], own, [], at(0), SURE)[1]["t01"].earliest == at(0)


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


# What admission asks


def test_a_visit_ends_later_the_less_is_known_of_how_long_it_takes() -> None:
    people = crowd(2)
    sure = forecast(people, TEN, [people], desks(1), [], at(0), SURE, "documents")
    cold = forecast(people, TEN, [people], desks(1), [], at(0))
    assert sure is not None
    assert cold is not None
    assert sure.finished_by == at(30)
    assert at(35) < cold.finished_by < at(60)


def test_appointments_that_wait_longer_than_their_time_are_the_delay() -> None:
    people = line(*(booked(n, -10, -5) for n in range(1, 4)))
    found = forecast(people, TEN, [people], desks(1), [], at(0), SURE, "documents")
    assert found is not None
    assert found.delay == timedelta(minutes=25)  # the third is called at 20
    calm = forecast(crowd(5), TEN, [crowd(5)], desks(1), [], at(0), SURE, "documents")
    assert calm is not None
    assert calm.delay == timedelta()


def test_without_a_desk_nobody_can_say_what_becomes_of_a_newcomer() -> None:
    assert forecast(crowd(1), TEN, [crowd(1)], desks(1, lines=("other",)), [], at(0)) is None


def test_a_desk_s_own_visit_is_the_less_certain_the_younger_it_is() -> None:
    serving = replace(walk_in(1, -20), state=State.SERVING, since=at(0))
    young, old = (open_desk(("line",), serving, at(minute)) for minute in (0, 9))
    assert (young.free_at, old.free_at) == (at(10), at(11.5))
    assert young.doubt > old.doubt > timedelta()
    assert open_desk(("line",), None, at(0)) == OpenDesk(("line",), at(0))


def test_a_range_holds_the_whole_minute_in_which_it_ends() -> None:
    told = Range(at(0), at(10))
    assert [told.holds(at(minute)) for minute in (-0.1, 0, 5, 10.9, 11)] == [False, True, True, True, False]
    assert [told.ended_before(at(minute)) for minute in (-5, 10.9, 11)] == [False, False, True]
