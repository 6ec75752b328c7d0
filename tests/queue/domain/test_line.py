"""Who is next: the five rules, the guard, lateness, and the overtaking promise."""

from __future__ import annotations

from dataclasses import replace

from office360.queue.domain.call_order import OpenDesk, order, order_at_desk, replay
from office360.queue.domain.line import Line, Why, call_next, choose, passes_at_issue
from office360.queue.domain.ticket import Kind, LineRules, State

from ..support.tickets import at, booked, held, line, preferential, walk_in


def _next(one: Line, minute: float, desk: str = "d1") -> tuple[int, Why] | None:
    choice = choose([one], desk, at(minute))
    return (choice.ticket.number, choice.why) if choice else None


# Rule 1


def test_whoever_this_desk_put_on_hold_comes_first_when_the_hold_is_over() -> None:
    waiting = line(walk_in(1, -60), held(walk_in(2, -20), "d1", until=0))
    assert _next(waiting, 0) == (2, Why.RETURNED)
    assert _next(waiting, -1) == (1, Why.ARRIVAL)


def test_another_desk_does_not_call_whoever_is_bound_to_this_one() -> None:
    bound = replace(walk_in(2, -20), returns_to="d1")
    assert _next(line(bound), 0, desk="d1") == (2, Why.RETURNED)
    assert _next(line(bound), 0, desk="d2") is None


# The guard


def test_after_two_appointments_whoever_has_waited_45_minutes_goes_before_the_third() -> None:
    two = (Kind.APPOINTMENT, Kind.APPOINTMENT)
    people = (walk_in(1, -45), booked(2, -10, 0))
    assert _next(line(*people, last_calls=two), 0) == (1, Why.LONGEST_WAIT)
    assert _next(line(*people, last_calls=two), -0.1) == (2, Why.APPOINTMENT_DUE)


def test_the_guard_sleeps_when_one_of_the_last_two_calls_was_a_walk_in() -> None:
    people = (walk_in(1, -60), booked(2, -10, 0))
    for calls in ((Kind.APPOINTMENT,), (Kind.APPOINTMENT, Kind.WALK_IN), (Kind.WALK_IN, Kind.APPOINTMENT)):
        assert _next(line(*people, last_calls=calls), 0) == (2, Why.APPOINTMENT_DUE)


def test_for_the_guard_30_minutes_are_enough_for_preferential_people() -> None:
    two = (Kind.APPOINTMENT, Kind.APPOINTMENT)
    people = (walk_in(1, -40), preferential(2, -30), booked(3, -10, 0))
    assert _next(line(*people, last_calls=two), 0) == (2, Why.LONGEST_WAIT)


# Rule 3


def test_an_appointment_is_due_two_minutes_before_its_time() -> None:
    people = line(walk_in(1, -40), booked(2, -10, 5))
    assert _next(people, 3) == (2, Why.APPOINTMENT_DUE)
    assert _next(people, 2.9) == (1, Why.ARRIVAL)


def test_of_due_appointments_the_earliest_time_goes_first_whoever_came_first() -> None:
    assert _next(line(booked(1, -14, 1), booked(2, -5, 0)), 5) == (2, Why.APPOINTMENT_DUE)


def test_an_appointment_checked_in_within_ten_minutes_is_still_in_time() -> None:
    assert _next(line(walk_in(1, -40), booked(2, 10, 0)), 10) == (2, Why.APPOINTMENT_DUE)


# Rule 4


def test_without_appointments_whoever_came_first_goes_first() -> None:
    assert _next(line(walk_in(2, -10), walk_in(1, -20)), 0) == (1, Why.ARRIVAL)


def test_a_late_appointment_counts_as_if_it_had_come_ten_minutes_before() -> None:
    late = booked(2, 11, 0)
    assert _next(line(walk_in(1, 0.5), late), 12) == (1, Why.ARRIVAL)
    assert _next(line(walk_in(1, 1.5), late), 12) == (2, Why.LATE_APPOINTMENT)


def test_preferential_people_count_as_if_they_had_come_15_minutes_before() -> None:
    assert _next(line(walk_in(1, -14), preferential(2, 0)), 0) == (2, Why.PREFERENTIAL)
    assert _next(line(walk_in(1, -16), preferential(2, 0)), 0) == (1, Why.ARRIVAL)


def test_a_tie_goes_to_the_smaller_number() -> None:
    assert _next(line(walk_in(2, -5), walk_in(1, -5)), 0) == (1, Why.ARRIVAL)


def test_of_several_lines_whoever_waits_longest_is_called_and_preference_decides_a_tie() -> None:
    first = line(walk_in(1, -5), line_id="first")
    second = line(walk_in(7, -6), line_id="second")
    tied = line(walk_in(7, -5), line_id="second")
    assert choose([first, second], "d1", at(0)).ticket.line_id == "second"  # type: ignore[union-attr]
    assert choose([tied, first], "d1", at(0)).ticket.line_id == "second"  # type: ignore[union-attr]
    assert choose([first, tied], "d1", at(0)).ticket.line_id == "first"  # type: ignore[union-attr]


# Rule 5


def test_an_early_appointment_is_called_only_when_nobody_else_waits() -> None:
    early = booked(1, -1, 14)
    assert _next(line(early, walk_in(2, 0)), 0) == (2, Why.ARRIVAL)
    assert _next(line(early), 0) == (1, Why.EARLY_APPOINTMENT)


# Cool-down and absence


def test_whoever_asked_for_ten_minutes_is_not_called_before() -> None:
    later = replace(walk_in(1, -30), not_before=at(10))
    assert _next(line(later, walk_in(2, -5)), 9) == (2, Why.ARRIVAL)
    assert _next(line(later, walk_in(2, -5)), 10) == (1, Why.ARRIVAL)


def test_nobody_is_called_who_is_not_waiting() -> None:
    away = [replace(walk_in(1, -9), state=state) for state in State if state is not State.WAITING]
    assert all(_next(line(one), 0) is None for one in away)


# The overtaking promise


def test_at_issue_a_ticket_may_be_passed_by_those_booked_and_two_more() -> None:
    assert passes_at_issue(3, LineRules()) == 5


def test_being_passed_costs_one_and_says_why() -> None:
    people = line(walk_in(1, -40), booked(2, -10, 0), walk_in(3, -5))
    (after,), choice = call_next([people], "d1", "boris", at(0))
    assert choice is not None
    assert choice.ticket.number == 2
    passed, behind = after.ticket("t01"), after.ticket("t03")
    assert (passed.passes_left, passed.reason) == (9, "appointment_due")
    assert (behind.passes_left, behind.reason) == (10, None)  # came later, so was not passed


def test_whoever_may_not_be_passed_any_more_is_called_before_all_who_came_later() -> None:
    people = line(
        walk_in(1, -40, passes_left=0),
        booked(2, -10, 0),
        held(walk_in(3, -8), "d1", until=-1),
        preferential(4, -7),
    )
    assert _next(people, 0) == (1, Why.ARRIVAL)


def test_the_promise_does_not_hold_back_those_who_came_before() -> None:
    people = line(walk_in(1, -40), walk_in(2, -30, passes_left=0), booked(3, -10, 0))
    assert _next(people, 0) == (1, Why.ARRIVAL)


def test_whoever_steps_aside_is_not_passed_and_holds_nobody_back() -> None:
    aside = walk_in(1, -40, passes_left=0, not_before=at(5))
    (after,), choice = call_next([line(aside, walk_in(2, -5))], "d1", "boris", at(0))
    assert choice is not None
    assert choice.ticket.number == 2
    assert after.ticket("t01") == aside


# Calling


def test_a_call_sets_the_desk_and_is_remembered_for_the_guard() -> None:
    (after,), choice = call_next([line(booked(1, -5, 0))], "d7", "boris", at(0))
    assert choice is not None
    called = after.ticket("t01")
    assert (called.state, called.desk_id, called.agent_id) == (State.CALLED, "d7", "boris")
    assert called.called_at == at(0)
    assert after.last_calls == (Kind.APPOINTMENT,)


def test_nobody_there_changes_nothing() -> None:
    empty = line()
    assert call_next([empty], "d1", "boris", at(0)) == ((empty,), None)


# The order of calls


def test_the_order_is_that_of_the_calls_to_come() -> None:
    people = line(walk_in(1, -40), booked(2, -10, 0), walk_in(3, -30), preferential(4, -20))
    assert [place.ticket.number for place in order(people, at(0))] == [2, 1, 4, 3]


def test_an_early_appointment_takes_its_place_when_its_time_comes() -> None:
    people = line(*(walk_in(number, -20 + number) for number in range(1, 6)), booked(9, 0, 14))
    # One desk and ten minutes each: after two people it is 20 minutes later, and the appointment is due.
    places = replay([people], [OpenDesk(("line",), at(0))], at(0))
    assert [place.ticket.number for place in places] == [1, 2, 9, 3, 4, 5]
    assert [place.at for place in places[:3]] == [at(0), at(10), at(20)]


def test_as_of_now_an_early_appointment_comes_last() -> None:
    people = line(walk_in(1, -5), booked(9, 0, 14))
    assert [(place.ticket.number, place.at) for place in order(people, at(0))] == [(1, at(0)), (9, at(0))]


def test_whoever_asked_for_time_stands_where_the_call_will_find_them() -> None:
    people = line(replace(walk_in(1, -30), not_before=at(10)), walk_in(2, -5), walk_in(3, -4))
    places = replay([people], [OpenDesk(("line",), at(0))], at(0))
    assert [place.ticket.number for place in places] == [2, 1, 3]


def test_a_desk_that_idles_calls_whoever_comes_back_when_they_do() -> None:
    people = line(replace(walk_in(1, -30), not_before=at(10)))
    assert [place.at for place in replay([people], [OpenDesk(("line",), at(0))] * 2, at(0))] == [at(10)]


def test_each_desk_calls_from_its_own_lines_only() -> None:
    first = line(walk_in(1, -20), walk_in(2, -19), line_id="first")
    second = line(walk_in(3, -30), line_id="second")
    places = replay([first, second], [OpenDesk(("first",), at(5))], at(0))
    assert [(place.ticket.number, place.at) for place in places] == [(1, at(5)), (2, at(15))]


def test_the_order_keeps_the_promise_too() -> None:
    appointments = [booked(number, -14 + number / 10, 0) for number in range(2, 6)]
    people = line(walk_in(1, -40, passes_left=2), *appointments)
    assert [place.ticket.number for place in order(people, at(0))] == [2, 3, 1, 4, 5]


def test_a_desk_sees_its_next_people_and_the_reasons() -> None:
    people = line(walk_in(1, -40), booked(2, -10, 0), walk_in(3, -30), walk_in(4, -2))
    following = order_at_desk([people], "d1", at(0), 3)
    assert [(one.ticket.number, one.why) for one in following] == [
        (2, Why.APPOINTMENT_DUE),
        (1, Why.ARRIVAL),
        (3, Why.ARRIVAL),
    ]
