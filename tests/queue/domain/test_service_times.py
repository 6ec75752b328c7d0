"""What an office's past says of its pace, drawn towards what it expects while the past is short."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.service_times import COLD, CREDIBILITY, NO_SHOW, SPREAD, History, pace_of, shrunk

TEN = timedelta(minutes=10)
EXPECTED = {"documents": TEN}


def _minutes(*lasted: float) -> list[timedelta]:
    return [timedelta(minutes=one) for one in lasted]


def test_without_a_past_a_visit_takes_what_the_office_expects() -> None:
    assert shrunk(TEN, []) == COLD.visit("documents", TEN)
    assert pace_of(History(), EXPECTED).visit("documents", TEN) == COLD.visit("documents", TEN)


def test_after_as_many_visits_as_the_credibility_says_both_count_the_same() -> None:
    few = round(CREDIBILITY)
    assert abs(shrunk(TEN, _minutes(*[20] * few)).mean - timedelta(minutes=15)) < timedelta(seconds=30)


def test_with_many_visits_only_the_past_counts() -> None:
    visit = shrunk(TEN, _minutes(*[4, 8] * 500))
    assert abs(visit.mean - timedelta(minutes=6)) < timedelta(seconds=5)
    assert abs(visit.deviation - timedelta(minutes=2)) < timedelta(seconds=10)


def test_a_visit_that_was_forgotten_is_no_visit() -> None:
    assert shrunk(TEN, _minutes(300, 0)) == shrunk(TEN, [])


def test_a_service_that_the_office_no_longer_gives_is_left_out() -> None:
    assert pace_of(History(visits={"old": (TEN,)}), EXPECTED).visits.keys() == EXPECTED.keys()


def test_shares_of_those_who_do_not_come_begin_at_what_is_known_elsewhere() -> None:
    assert abs(pace_of(History(), EXPECTED).no_show - NO_SHOW) < 1e-9
    assert pace_of(History(), EXPECTED).absent == 0.0
    many = pace_of(History(calls=1000, unanswered=50, appointments=2000, no_shows=200), EXPECTED)
    assert abs(many.absent - 0.05) < 0.002
    assert abs(many.no_show - 0.1) < 0.002


def test_the_more_visits_are_known_the_less_everything_is_in_doubt() -> None:
    doubts = [pace_of(History(visits={"documents": (TEN,) * count}), EXPECTED).doubt for count in (0, 5, 50, 500)]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[-1] > 0.1  # a day is never like the mean


@given(st.lists(st.floats(1, 100), max_size=60))
def test_the_mean_lies_between_what_was_expected_and_what_was(lasted: list[float]) -> None:
    visit = shrunk(TEN, _minutes(*lasted))
    everything = [10.0, *lasted]
    assert min(everything) - 0.01 <= visit.mean.total_seconds() / 60 <= max(everything) + 0.01
    assert visit.deviation > timedelta()
    assert not lasted or visit.deviation <= visit.mean * SPREAD + timedelta(minutes=100)
