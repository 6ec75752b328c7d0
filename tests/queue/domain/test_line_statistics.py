"""Statistics of visits from their segments."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.line_statistics import (
    MeasuredVisit,
    TicketSegment,
    distribution,
    visit_figures,
)
from office360.queue.domain.ticket import TicketKind, TicketState

from ..support.tickets import at_minute


def make_visit(*periods: tuple[TicketState, float], arrived: float = 0, **changes: Any) -> MeasuredVisit:
    """Make a visit.

    `periods`: consecutive states with their minutes. `arrived`: the minute of arrival.
    """
    segments, clock = [], arrived
    for state, minutes in periods:
        segments.append(TicketSegment(state, at_minute(clock), at_minute(clock + minutes)))
        clock += minutes
    changes = {"state": TicketState.FINISHED, "line": "registry", "service": "documents", **changes}
    return MeasuredVisit(
        day=at_minute(0).date(),
        kind=changes.pop("kind", TicketKind.WALK_IN),
        arrived_at=at_minute(arrived),
        segments=tuple(segments),
        **changes,
    )


SERVED_STATES = ((TicketState.WAITING, 10), (TicketState.CALLED, 1), (TicketState.SERVING, 7))


def test_wait_runs_from_arrival_to_first_call() -> None:
    called_twice = make_visit(
        *SERVED_STATES[:2],
        (TicketState.MISSED, 5),
        (TicketState.WAITING, 5),
        (TicketState.CALLED, 2),
        (TicketState.SERVING, 7),
    )
    assert called_twice.wait_s == 600


def test_way_time_is_of_the_answered_call() -> None:
    called_twice = make_visit(
        *SERVED_STATES[:2],
        (TicketState.MISSED, 5),
        (TicketState.WAITING, 5),
        (TicketState.CALLED, 2),
        (TicketState.SERVING, 7),
    )
    assert called_twice.way_s == 120


def test_service_time_sums_desk_time_without_hold() -> None:
    assert make_visit(*SERVED_STATES, (TicketState.ON_HOLD, 30), (TicketState.SERVING, 3)).service_s == 600


def test_unfinished_visit_has_no_service_time() -> None:
    assert make_visit(*SERVED_STATES, (TicketState.ON_HOLD, 30), state=TicketState.SERVING).service_s is None


def test_uncalled_visit_has_no_wait() -> None:
    left = make_visit((TicketState.WAITING, 10), state=TicketState.LEFT)
    assert (left.wait_s, left.way_s, left.service_s) == (None, None, None)
    found = visit_figures([left])
    assert (found.left, found.wait.count, found.wait.p50_s, found.no_shows.share) == (1, 0, None, None)


def test_appointment_wait_starts_at_its_time() -> None:
    def called(after: float, arrived: float = -5) -> MeasuredVisit:
        wait = (TicketState.WAITING, after - arrived)
        return make_visit(
            wait,
            (TicketState.CALLED, 1),
            arrived=arrived,
            kind=TicketKind.APPOINTMENT,
            appointment_at=at_minute(0),
        )

    early, punctual, slow = called(-2), called(10), called(11)
    assert (early.wait_s, punctual.wait_s, slow.wait_s) == (0, 600, 660)
    found = visit_figures([early, punctual, slow, called(15, arrived=10)])
    assert (found.delay.count, found.on_time.of, found.on_time.count) == (4, 4, 3)


def test_late_arrival_waits_from_arrival_and_is_not_judged() -> None:
    late = make_visit(
        (TicketState.WAITING, 30),
        (TicketState.CALLED, 1),
        arrived=11,
        kind=TicketKind.APPOINTMENT,
        appointment_at=at_minute(0),
    )
    assert late.wait_s == 1800
    assert visit_figures([late]).on_time.of == 0


def test_estimate_is_judged_by_first_call_and_shown_range() -> None:
    def called(minute: float, **changes: Any) -> MeasuredVisit:
        return make_visit(
            (TicketState.WAITING, minute),
            (TicketState.CALLED, 1),
            **{"shown_range": (at_minute(10), at_minute(20)), **changes},
        )

    within = [called(10), called(20.9)]
    outside = [called(9.9), called(21)]
    not_judged = [
        called(15, shown_range=None),
        called(15, is_excluded=True),
        make_visit((TicketState.WAITING, 15), shown_range=(at_minute(10), at_minute(20))),
    ]
    found = visit_figures([*within, *outside, *not_judged])
    assert (found.in_range.of, found.in_range.count, found.by_latest.count) == (4, 2, 3)


def test_no_show_share_counts_ended_visits_only() -> None:
    gone = make_visit(*SERVED_STATES[:2], (TicketState.MISSED, 20), state=TicketState.NO_SHOW)
    waiting = make_visit(state=TicketState.WAITING)
    found = visit_figures([gone, make_visit(*SERVED_STATES), make_visit(*SERVED_STATES), waiting])
    assert (found.tickets, found.served) == (4, 2)
    assert (found.no_shows.of, found.no_shows.count) == (3, 1)


def test_percentiles_are_observed_durations() -> None:
    found = distribution([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.p50_s, found.p90_s, found.longest_s, found.mean_s) == (3.0, 5.0, 5.0, 3.0)


@given(st.lists(st.floats(0, 1e5), min_size=1))
def test_percentiles_are_in_order(seconds: list[float]) -> None:
    found = distribution(seconds)
    assert found.p50_s is not None
    assert found.p90_s is not None
    assert found.longest_s is not None
    assert min(seconds) <= found.p50_s <= found.p90_s <= found.longest_s == max(seconds)
