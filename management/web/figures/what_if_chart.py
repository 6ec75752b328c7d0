"""Geometry of the what-if chart: two bars for each hour, with their ranges. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....queue.service import HourComparison, HourRange

WIDTH, HEIGHT, LEFT, BASE, TOP = 720, 260, 40, 228, 12  # units of the viewBox
SCALE_STEPS_MIN = (5, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 480)
BAR_SHARE = 0.36  # of the width of an hour


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar from the base to the mean, and a line over its range."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ChartHour:
    """The bars of one hour. None: no person was called."""

    hour: int
    middle: float
    as_is: ChartBar | None
    changed: ChartBar | None


@dataclass(frozen=True, slots=True)
class HourChart:
    """The chart: hours, and lines of the scale as height and minutes."""

    hours: tuple[ChartHour, ...]
    scale: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = BASE


def draw_hours(hours: Sequence[HourComparison]) -> HourChart | None:
    """Lay out the chart; None without an hour."""
    ranges = [one for hour in hours for one in (hour.as_is, hour.changed) if one is not None]
    if not ranges:
        return None
    longest = max(max(one.high, one.mean) for one in ranges)
    end = next((step for step in SCALE_STEPS_MIN if step >= longest), round(longest))
    step = (WIDTH - LEFT) / len(hours)

    def y(minutes: float) -> float:
        return BASE - (BASE - TOP) * minutes / end

    def bar(one: HourRange | None, start: float) -> ChartBar | None:
        if one is None:
            return None
        width = step * BAR_SHARE
        top = y(one.mean)
        return ChartBar(start, top, width, BASE - top, start + width / 2, y(one.low), y(one.high))

    return HourChart(
        hours=tuple(
            ChartHour(
                hour.hour,
                LEFT + step * (place + 0.5),
                bar(hour.as_is, LEFT + step * (place + 0.5 - BAR_SHARE) - 1),
                bar(hour.changed, LEFT + step * (place + 0.5) + 1),
            )
            for place, hour in enumerate(hours)
        ),
        scale=tuple((y(minutes), round(minutes)) for minutes in (0, end / 2, end)),
    )
