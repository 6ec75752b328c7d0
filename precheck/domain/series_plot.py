"""Recorded series of a test: their summary, and the bands of their grades. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...core.formats.charts import PlotBand
from .grade_scales import GradeScale
from .technical_details import SeriesPoint
from .verdict import Grade


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


def plot_bands(scale: GradeScale, words: Mapping[Grade, str]) -> Callable[[float], Sequence[PlotBand]]:
    """Return a function that splits the values from 0 to a value by grade, lowest first.

    Empty bands are left out.
    """
    bounds: tuple[tuple[float, float, Grade], ...] = (
        (0.0, scale.green, Grade.GREEN),
        (scale.green, scale.amber, Grade.AMBER),
        (scale.amber, math.inf, Grade.RED),
    )
    if scale.is_higher_better:
        bounds = (
            (0.0, scale.amber, Grade.RED),
            (scale.amber, scale.green, Grade.AMBER),
            (scale.green, math.inf, Grade.GREEN),
        )
    return lambda most: [
        PlotBand(low, min(high, most), grade, words[grade]) for low, high, grade in bounds if low < most
    ]
