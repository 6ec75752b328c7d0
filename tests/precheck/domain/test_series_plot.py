"""Plots of series: round scales, bands of grades, gaps, descriptions."""

from __future__ import annotations

import re

import pytest
from office360.precheck.domain.grade_scales import RTT_SCALE, UPLOAD_SCALE
from office360.precheck.domain.series_plot import (
    COMPACT,
    GradeBand,
    PlotLine,
    PlotText,
    draw_series,
    grade_bands,
    plot_scale,
    summarize_series,
)
from office360.precheck.domain.verdict import Grade

TEXT = PlotText("plot", "Delay <b>", "From 10 to 40 ms.", {grade: grade.value for grade in Grade}, str, str)


def draw(points: list[tuple[float, float]]) -> str:
    return draw_series(TEXT, [PlotLine("only", points)], RTT_SCALE, seconds=20, least_top=100)


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
    scale = plot_scale(COMPACT, values, 38, least_top)
    assert (scale.most, scale.value_step, scale.second_step) == (most, step, 10)
    assert (scale.x(0), scale.x(38)) == (COMPACT.left, COMPACT.left + COMPACT.plot_width)
    assert (scale.y(0), scale.y(most), scale.y(10 * most)) == (COMPACT.base, COMPACT.top, COMPACT.top)


def test_bands_split_the_scale_by_grade() -> None:
    assert grade_bands(RTT_SCALE, 150) == (GradeBand(0, 150, Grade.GREEN),)
    assert [(band.high, band.grade) for band in grade_bands(RTT_SCALE, 600)] == [
        (200, Grade.GREEN),
        (400, Grade.AMBER),
        (600, Grade.RED),
    ]
    assert [band.grade for band in grade_bands(UPLOAD_SCALE, 2_000)] == [Grade.RED, Grade.AMBER, Grade.GREEN]


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
