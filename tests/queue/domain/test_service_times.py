"""Service times from the history of an office, drawn towards the set durations."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.service_times import (
    CREDIBILITY_VISITS,
    PRIOR_NO_SHOW_SHARE,
    UNMEASURED_SERVICE_TIMES,
    VISIT_SPREAD,
    ServiceHistory,
    estimate_service_times,
    shrink_to_expected,
)

TEN = timedelta(minutes=10)
EXPECTED = {"documents": TEN}


def _minutes(*lasted: float) -> list[timedelta]:
    return [timedelta(minutes=minutes) for minutes in lasted]


def test_service_time_without_history_is_expected_minutes() -> None:
    assert shrink_to_expected(TEN, []) == UNMEASURED_SERVICE_TIMES.visit_time("documents", TEN)
    estimated = estimate_service_times(ServiceHistory(), EXPECTED)
    assert estimated.visit_time("documents", TEN) == UNMEASURED_SERVICE_TIMES.visit_time("documents", TEN)


def test_history_counts_half_at_credibility_visits() -> None:
    few = round(CREDIBILITY_VISITS)
    assert abs(shrink_to_expected(TEN, _minutes(*[20] * few)).mean - timedelta(minutes=15)) < timedelta(seconds=30)


def test_long_history_outweighs_expected_minutes() -> None:
    visit = shrink_to_expected(TEN, _minutes(*[4, 8] * 500))
    assert abs(visit.mean - timedelta(minutes=6)) < timedelta(seconds=5)
    assert abs(visit.deviation - timedelta(minutes=2)) < timedelta(seconds=10)


def test_implausible_durations_are_ignored() -> None:
    assert shrink_to_expected(TEN, _minutes(300, 0)) == shrink_to_expected(TEN, [])


def test_removed_service_is_left_out() -> None:
    history = ServiceHistory(durations_by_service={"old": (TEN,)})
    assert estimate_service_times(history, EXPECTED).by_service.keys() == EXPECTED.keys()


def test_no_show_share_starts_at_published_prior() -> None:
    assert abs(estimate_service_times(ServiceHistory(), EXPECTED).no_show_share - PRIOR_NO_SHOW_SHARE) < 1e-9
    assert estimate_service_times(ServiceHistory(), EXPECTED).unanswered_share == 0.0
    many = estimate_service_times(
        ServiceHistory(calls=1000, unanswered=50, appointments=2000, no_shows=200), EXPECTED
    )
    assert abs(many.unanswered_share - 0.05) < 0.002
    assert abs(many.no_show_share - 0.1) < 0.002


def test_systematic_spread_shrinks_with_history() -> None:
    spreads = [
        estimate_service_times(
            ServiceHistory(durations_by_service={"documents": (TEN,) * count}), EXPECTED
        ).systematic_spread
        for count in (0, 5, 50, 500)
    ]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] > 0.1  # the spread of whole days remains


@given(st.lists(st.floats(1, 100), max_size=60))
def test_mean_lies_between_expected_and_measured(lasted: list[float]) -> None:
    visit = shrink_to_expected(TEN, _minutes(*lasted))
    everything = [10.0, *lasted]
    assert min(everything) - 0.01 <= visit.mean.total_seconds() / 60 <= max(everything) + 0.01
    assert visit.deviation > timedelta()
    assert not lasted or visit.deviation <= visit.mean * VISIT_SPREAD + timedelta(minutes=100)
