"""Mean opinion score: check values, and more impairment never scores better."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.precheck.domain.mos import mean_opinion_score

milliseconds = st.floats(min_value=0, max_value=5_000)
per_cent = st.floats(min_value=0, max_value=100)


@pytest.mark.parametrize(
    ("rtt_ms", "jitter_ms", "loss_pct", "score"),
    [(200, 20, 2, 4.18), (300, 30, 5, 3.63), (400, 60, 8, 2.69)],
)
def test_mean_opinion_score_matches_check_values(
    rtt_ms: float, jitter_ms: float, loss_pct: float, score: float
) -> None:
    assert mean_opinion_score(rtt_ms, jitter_ms, loss_pct) == pytest.approx(score, abs=0.005)


def test_perfect_line_scores_4_4() -> None:
    assert mean_opinion_score(0, 0, 0) == pytest.approx(4.40, abs=0.01)


@given(milliseconds, milliseconds, per_cent)
def test_score_stays_between_1_and_4_5(rtt_ms: float, jitter_ms: float, loss_pct: float) -> None:
    assert 1 <= mean_opinion_score(rtt_ms, jitter_ms, loss_pct) <= 4.5


@given(milliseconds, milliseconds, per_cent, milliseconds, milliseconds, per_cent)
def test_worse_measurements_never_score_higher(
    rtt_ms: float, jitter_ms: float, loss_pct: float, more_rtt: float, more_jitter: float, more_loss: float
) -> None:
    better = mean_opinion_score(rtt_ms, jitter_ms, loss_pct)
    worse = mean_opinion_score(rtt_ms + more_rtt, jitter_ms + more_jitter, min(100, loss_pct + more_loss))
    assert worse <= better + 1e-9
