"""What became of visits, in figures."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.line_statistics import Segment, Visit, figures, grouped, spread
from office360.queue.domain.ticket import Kind, State

from ..support.tickets import at


def visit(*stretches: tuple[State, float], arrived: float = 0, **changes: Any) -> Visit:
    """Somebody who came at that minute, and for how many minutes they were in each state, one after the other."""
    segments, clock = [], arrived
    for state, minutes in stretches:
        segments.append(Segment(state, at(clock), at(clock + minutes)))
        clock += minutes
    changes = {"state": State.FINISHED, "line": "registry", "service": "documents", **changes}
    return Visit(
        day=at(0).date(),
        kind=changes.pop("kind", Kind.WALK_IN),
        arrived_at=at(arrived),
        segments=tuple(segments),
        **changes,
    )


SERVED = ((State.WAITING, 10), (State.CALLED, 1), (State.SERVING, 7))


def test_the_wait_is_from_being_there_to_the_first_call() -> None:
    again = visit(*SERVED[:2], (State.MISSED, 5), (State.WAITING, 5), (State.CALLED, 2), (State.SERVING, 7))
    assert again.wait_s == 600


def test_the_way_is_of_the_call_that_was_followed() -> None:
    again = visit(*SERVED[:2], (State.MISSED, 5), (State.WAITING, 5), (State.CALLED, 2), (State.SERVING, 7))
    assert again.way_s == 120


def test_service_is_what_was_spent_at_desks_altogether_without_the_hold() -> None:
    assert visit(*SERVED, (State.ON_HOLD, 30), (State.SERVING, 3)).service_s == 600


def test_whoever_is_still_being_served_has_no_service_time_yet() -> None:
    assert visit(*SERVED, (State.ON_HOLD, 30), state=State.SERVING).service_s is None


def test_whoever_was_never_called_has_no_wait() -> None:
    left = visit((State.WAITING, 10), state=State.LEFT)
    assert (left.wait_s, left.way_s, left.service_s) == (None, None, None)
    found = figures([left])
    assert (found.left, found.wait.count, found.wait.p50_s, found.no_shows.share) == (1, 0, None, None)


def test_an_appointment_waits_from_its_time_on_and_is_on_time_within_ten_minutes() -> None:
    def called(after: float, arrived: float = -5) -> Visit:
        wait = (State.WAITING, after - arrived)
        return visit(wait, (State.CALLED, 1), arrived=arrived, kind=Kind.APPOINTMENT, appointment_at=at(0))

    early, punctual, slow = called(-2), called(10), called(11)
    assert (early.wait_s, punctual.wait_s, slow.wait_s) == (0, 600, 660)
    found = figures([early, punctual, slow, called(15, arrived=10)])
    assert (found.delay.count, found.on_time.of, found.on_time.count) == (4, 4, 3)


def test_who_comes_late_waits_from_coming_and_says_nothing_of_punctuality() -> None:
    late = visit((State.WAITING, 30), (State.CALLED, 1), arrived=11, kind=Kind.APPOINTMENT, appointment_at=at(0))
    assert late.wait_s == 1800
    assert figures([late]).on_time.of == 0


def test_an_estimate_is_judged_by_the_minute_of_the_first_call_and_by_what_was_shown() -> None:
    def called(minute: float, **changes: Any) -> Visit:
        return visit((State.WAITING, minute), (State.CALLED, 1), **{"shown": (at(10), at(20)), **changes})

    within = [called(10), called(20.9)]
    outside = [called(9.9), called(21)]
    not_judged = [
        called(15, shown=None),
        called(15, aside=True),
        visit((State.WAITING, 15), shown=(at(10), at(20))),
    ]
    found = figures([*within, *outside, *not_judged])
    assert (found.in_range.of, found.in_range.count, found.by_latest.count) == (4, 2, 3)


def test_no_shows_are_of_those_who_are_over() -> None:
    gone = visit(*SERVED[:2], (State.MISSED, 20), state=State.NO_SHOW)
    waiting = visit(state=State.WAITING)
    found = figures([gone, visit(*SERVED), visit(*SERVED), waiting])
    assert (found.tickets, found.served) == (4, 2)
    assert (found.no_shows.of, found.no_shows.count) == (3, 1)


def test_percentiles_are_durations_that_somebody_had() -> None:
    found = spread([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.p50_s, found.p90_s, found.longest_s, found.mean_s) == (3.0, 5.0, 5.0, 3.0)


@given(st.lists(st.floats(0, 1e5), min_size=1))
def test_percentiles_are_in_order(seconds: list[float]) -> None:
    found = spread(seconds)
    assert found.p50_s is not None
    assert found.p90_s is not None
    assert found.longest_s is not None
    assert min(seconds) <= found.p50_s <= found.p90_s <= found.longest_s == max(seconds)


@given(st.lists(st.sampled_from(["registry", "identity"])))
def test_groups_add_up_to_the_whole(lines: list[str]) -> None:
    visits = [visit(*SERVED, line=line) for line in lines]
    groups = grouped(visits, lambda one: one.line)
    assert sum(one.tickets for one in groups.values()) == figures(visits).tickets
    assert list(groups) == sorted(set(lines))
