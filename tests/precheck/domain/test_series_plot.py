"""Plots of series: round scales, bands of grades, gaps, descriptions."""

from __future__ import annotations

import re

import pytest
from office360.core.formats.charts import COMPACT, ChartText, PlotLine, decimal_scale, draw_series
from office360.precheck.domain.grade_scales import RTT_SCALE, UPLOAD_SCALE, GradeScale
from office360.precheck.domain.series_plot import plot_bands, summarize_series
from office360.precheck.domain.verdict import Grade

TEXT = ChartText("plot", "Delay <b>", "From 10 to 40 ms.", str)
WORDS = {grade: grade.value for grade in Grade}


def draw(points: list[tuple[float, float]]) -> str:
    bands = plot_bands(RTT_SCALE, WORDS)
    return draw_series(TEXT, [PlotLine("only", points)], bands, seconds=20, least_top=100, format_seconds=str)


@pytest.mark.parametrize(
    ("values", "least_top", "most", "step"),
    [
        ([12, 40], 100, 100, 50),
        ([640], 100, 800, 200),
        ([0.4, 11.2], 2, 15, 5),
        ([], 2, 2, 0.5),
        ([4_843], 1, 6_000, 2_000),
    ],
)
def test_scale_ends_at_a_round_step(values: list[float], least_top: float, most: float, step: float) -> None:
    scale = decimal_scale(COMPACT, values, least_top)
    assert (scale.most, scale.step) == (most, step)
    assert (scale.x(0), scale.x(1)) == (COMPACT.left, COMPACT.left + COMPACT.plot_width)
    assert (scale.y(0), scale.y(most), scale.y(10 * most)) == (COMPACT.base, COMPACT.top, COMPACT.top)


def test_bands_split_the_scale_by_grade() -> None:
    def bands(scale: GradeScale, most: float) -> list[tuple[float, float, str]]:
        return [(band.low, band.high, band.kind) for band in plot_bands(scale, WORDS)(most)]

    assert bands(RTT_SCALE, 150) == [(0, 150, Grade.GREEN)]
    assert bands(RTT_SCALE, 600) == [(0, 200, Grade.GREEN), (200, 400, Grade.AMBER), (400, 600, Grade.RED)]
    assert [kind for *_, kind in bands(UPLOAD_SCALE, 2_000)] == [Grade.RED, Grade.AMBER, Grade.GREEN]


def test_gap_of_measurements_interrupts_the_line() -> None:
    (first, *_rest) = re.findall(
        r'class="line only" d="([^"]*)"', draw([(1, 20), (0, 10), (9, 30), (10, 40), (19, 5)])
    )
    assert re.findall("[MLh]", first) == ["M", "L", "M", "L", "M", "h"]


def test_plot_is_described_and_escaped() -> None:
    drawn = draw([(0, 10), (1, 40)])
    assert drawn.count('role="img"') == 2  # for a narrow and a wide place
    assert "Delay &lt;b&gt;" in drawn
    assert "From 10 to 40 ms." in drawn
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids)) == 4
    assert "style=" not in drawn


def test_summary_has_median_and_last_second() -> None:
    found = summarize_series([(2, 30), (0, 10), (1, 20), (3, 100)])
    assert (found.least, found.usual, found.most, found.seconds) == (10, 25, 100, 3)
