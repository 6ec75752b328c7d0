"""Plots of recorded series as SVG elements for a page: lines over bands of grades. Pure.

Colours come from classes of the page's stylesheet, so that plots follow its light and dark mode and print. Each
plot is drawn twice, for a narrow and a wide place, because text in a scaled drawing would be too small on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from ...core.formats.drawing_area import DrawingArea
from .grade_scales import GradeScale
from .technical_details import SeriesPoint
from .verdict import Grade

MAX_VALUE_STEPS, MAX_TIME_STEPS = 4, 5
TIME_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120)
GAP_S = 3  # without a point for longer, nothing was measured, and the line is interrupted
LABELLED_BAND_PX = 16  # the word of a grade fits into a band of this height


# Text of 14 px is legible in both. The words of the grades stand in the right margin.
COMPACT = DrawingArea("compact", 330, 176, left=50, right=62, top=10, bottom=28)
ROOMY = DrawingArea("roomy", 540, 190, left=50, right=62, top=10, bottom=28)


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """The least, usual (median) and largest value of a series, and its last second."""

    least: float
    usual: float
    most: float
    seconds: float


def summarize_series(points: Sequence[SeriesPoint]) -> SeriesSummary:
    """Summarize a series of at least one point."""
    values = sorted(value for _at, value in points)
    middle = len(values) // 2
    usual = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    return SeriesSummary(values[0], usual, values[-1], max(at for at, _value in points))


@dataclass(frozen=True, slots=True)
class GradeBand:
    """Values from `low` to `high` that have the same grade."""

    low: float
    high: float
    grade: Grade


def grade_bands(scale: GradeScale, most: float) -> tuple[GradeBand, ...]:
    """Split the values from 0 to `most` by grade, lowest first; empty bands are left out."""
    if scale.is_higher_better:
        bounds = [(0.0, scale.amber, Grade.RED), (scale.amber, scale.green, Grade.AMBER)]
        bounds.append((scale.green, math.inf, Grade.GREEN))
    else:
        bounds = [(0.0, scale.green, Grade.GREEN), (scale.green, scale.amber, Grade.AMBER)]
        bounds.append((scale.amber, math.inf, Grade.RED))
    return tuple(GradeBand(low, min(high, most), grade) for low, high, grade in bounds if low < most)


@dataclass(frozen=True, slots=True)
class PlotText:
    """The words of a plot. `id` is unique on its page."""

    id: str
    title: str
    description: str
    grades: dict[Grade, str]
    format_value: Callable[[float], str]
    format_seconds: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One line of a plot. `kind` is a class of the stylesheet."""

    kind: str
    points: Sequence[SeriesPoint]


@dataclass(frozen=True, slots=True)
class PlotScale:
    """Positions of seconds and values in one drawing."""

    size: DrawingArea
    seconds: float
    most: float
    value_step: float
    second_step: float

    def x(self, at_s: float) -> float:
        return self.size.left + self.size.plot_width * min(at_s, self.seconds) / self.seconds

    def y(self, value: float) -> float:
        return self.size.base - (self.size.base - self.size.top) * min(value, self.most) / self.most


def plot_scale(size: DrawingArea, values: Sequence[float], seconds: float, least_top: float) -> PlotScale:
    """Return a scale from 0 to the largest value, at least to `least_top`, with round steps."""
    largest = max([*values, least_top])
    step = _round_step(largest / MAX_VALUE_STEPS)
    end_s = max(seconds, 1.0)
    second_step = next((each for each in TIME_STEPS_S if end_s / each <= MAX_TIME_STEPS), end_s / MAX_TIME_STEPS)
    return PlotScale(size, end_s, step * math.ceil(round(largest / step, 6)), step, second_step)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50 … that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)


def draw_series(
    text: PlotText, lines: Sequence[PlotLine], grades: GradeScale, *, seconds: float, least_top: float
) -> str:
    """Draw the lines over bands of their grades. `seconds`: the end of the time axis."""
    values = [value for line in lines for _at, value in line.points]
    scales = [plot_scale(size, values, seconds, least_top) for size in (COMPACT, ROOMY)]
    return "".join(_draw(scale, text, lines, grades) for scale in scales)


def _draw(scale: PlotScale, text: PlotText, lines: Sequence[PlotLine], grades: GradeScale) -> str:
    size = scale.size
    ids = f"{text.id}-{size.name}"
    return "".join(
        [
            f'<svg class="series-plot {size.name}" viewBox="0 0 {size.width} {size.height}" role="img"',
            f' aria-labelledby="{ids}-title" aria-describedby="{ids}-text">',
            f'<title id="{ids}-title">{escape(text.title)}</title>',
            f'<desc id="{ids}-text">{escape(text.description)}</desc>',
            *_band_parts(scale, grade_bands(grades, scale.most), text),
            *_axis_parts(scale, text),
            *(f'<path class="line {line.kind}" d="{_line_path(scale, line.points)}"/>' for line in lines),
            "</svg>",
        ]
    )


def _band_parts(scale: PlotScale, bands: Sequence[GradeBand], text: PlotText) -> list[str]:
    parts, size = [], scale.size
    for band in bands:
        top, bottom = scale.y(band.high), scale.y(band.low)
        place = f'x="{size.left}" y="{top:.1f}" width="{size.plot_width}" height="{bottom - top:.1f}"'
        parts.append(f'<rect class="band {band.grade}" {place}/>')
        if band.low > 0:
            parts.append(f'<path class="bound" d="M{size.left} {bottom:.1f}h{size.plot_width}"/>')
        if bottom - top >= LABELLED_BAND_PX:
            place = f'x="{size.width - size.right + 7}" y="{(top + bottom) / 2 + 5:.1f}"'
            parts.append(f'<text class="grade {band.grade}" {place}>{escape(text.grades[band.grade])}</text>')
    return parts


def _axis_parts(scale: PlotScale, text: PlotText) -> list[str]:
    size = scale.size
    parts = [f'<path class="axis" d="M{size.left} {size.top}V{size.base}h{size.plot_width}"/>']
    for number in range(round(scale.most / scale.value_step) + 1):
        value = number * scale.value_step
        y = scale.y(value)
        shown = escape(text.format_value(value))
        parts.append(f'<path class="axis" d="M{size.left} {y:.1f}h-4"/>')
        parts.append(f'<text class="end" x="{size.left - 7}" y="{y + 5:.1f}">{shown}</text>')
    for number in range(math.floor(scale.seconds / scale.second_step + 1e-6) + 1):
        at = number * scale.second_step
        x, shown = scale.x(at), escape(text.format_seconds(at))
        parts.append(f'<path class="axis" d="M{x:.1f} {size.base}v4"/>')
        parts.append(f'<text class="middle" x="{x:.1f}" y="{size.base + 21}">{shown}</text>')
    return parts


def _line_path(scale: PlotScale, points: Sequence[SeriesPoint]) -> str:
    """Return the path through the points in order of time.

    A point between two gaps is a short dash.
    """
    ordered = sorted(points)
    commands = []
    for index, (at, value) in enumerate(ordered):
        follows = index > 0 and at - ordered[index - 1][0] <= GAP_S
        goes_on = index + 1 < len(ordered) and ordered[index + 1][0] - at <= GAP_S
        commands.append(f"{'L' if follows else 'M'}{scale.x(at):.1f} {scale.y(value):.1f}")
        if not follows and not goes_on:
            commands.append("h.1")
    return "".join(commands)
