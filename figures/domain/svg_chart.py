"""Charts of figures as SVG elements for a page: boxes, lines and bars. Pure.

Colours come from classes of the page's stylesheet, so that charts follow its light and dark mode. Each chart is
drawn twice, for a narrow and a wide place, because text in a scaled drawing would be too small on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from ...core.formats.drawing_area import DrawingArea

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 960, 1_920)  # between two lines of the scale
MAX_SCALE_LINES = 5
CHARACTER_PX = 8.4  # mean width of a character at 15 px


# Text of 15 px is legible in both.
NARROW = DrawingArea("narrow", 320, 220, left=54, right=8, top=16, bottom=34)
WIDE = DrawingArea("wide", 640, 260, left=58, right=14, top=16, bottom=34)


@dataclass(frozen=True, slots=True)
class ChartText:
    """The words of a chart.

    `id` is unique on its page. `target_label` stands at the line of the target.
    """

    id: str
    title: str
    description: str
    format_value: Callable[[float], str]
    target_label: str = ""


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """One place of the horizontal axis.

    `low` and `high` end its box; `low` alone is a point. None is a gap. `before_low` and `before_high` are those
    of the period to compare with, drawn dashed.
    """

    label: str
    low: float | None
    high: float | None = None
    before_low: float | None = None
    before_high: float | None = None

    @property
    def values(self) -> list[float]:
        """Return the known values."""
        found = (self.low, self.high, self.before_low, self.before_high)
        return [value for value in found if value is not None]


def draw_boxes(text: ChartText, columns: Sequence[ChartColumn], target: float | None = None) -> str:
    """Draw a box from `low` to `high` for each column, with a heavy line at `low`."""
    return _draw_sizes(text, columns, target, _box_parts)


def draw_line(
    text: ChartText, columns: Sequence[ChartColumn], target: float | None = None, *, is_percent: bool = False
) -> str:
    """Draw a line through `low`, and a lighter one through `high`. Gaps interrupt them."""
    return _draw_sizes(text, columns, target, _line_parts, is_percent=is_percent)


def draw_bars(text: ChartText, columns: Sequence[ChartColumn], target: float | None = None) -> str:
    """Draw a bar of the height `low` for each column, with a mark at `high`."""
    return _draw_sizes(text, columns, target, _bar_parts)


@dataclass(frozen=True, slots=True)
class ChartScale:
    """Positions of columns and values in one drawing."""

    size: DrawingArea
    count: int
    most: float
    step: float
    least: float = 0.0

    def x(self, index: int) -> float:
        return self.size.left + self.size.plot_width * (index + 0.5) / self.count

    def y(self, value: float) -> float:
        height = self.size.base - self.size.top
        return self.size.base - height * (min(value, self.most) - self.least) / (self.most - self.least)

    @property
    def box_width(self) -> float:
        return min(36.0, 0.7 * self.size.plot_width / self.count)


PartsFunction = Callable[[ChartScale, Sequence[ChartColumn]], list[str]]


def _draw_sizes(
    text: ChartText,
    columns: Sequence[ChartColumn],
    target: float | None,
    draw_parts: PartsFunction,
    *,
    is_percent: bool = False,
) -> str:
    values = [value for column in columns for value in column.values]
    values += [] if target is None else [target]
    sizes = (NARROW, WIDE)
    scales = [
        _percent_scale(size, len(columns), values) if is_percent else _scale(size, len(columns), values)
        for size in sizes
    ]
    return "".join(_draw(scale, text, columns, target, draw_parts) for scale in scales)


def _scale(size: DrawingArea, count: int, values: Sequence[float]) -> ChartScale:
    """Return a scale from 0 to the largest value."""
    largest = max([*values, 1.0])
    step = next((step for step in STEPS if largest / step <= MAX_SCALE_LINES), largest / MAX_SCALE_LINES)
    return ChartScale(size, max(1, count), step * math.ceil(largest / step), step)


def _percent_scale(size: DrawingArea, count: int, values: Sequence[float]) -> ChartScale:
    """Return a scale up to 100 that begins below the smallest value."""
    smallest = min(values, default=0.0)
    step = next((step for step in (5, 10) if 100 - MAX_SCALE_LINES * step <= smallest - step / 2), 20)
    least = max(0.0, 100.0 - MAX_SCALE_LINES * step)
    return ChartScale(size, max(1, count), 100.0, step, least)


def _draw(
    scale: ChartScale,
    text: ChartText,
    columns: Sequence[ChartColumn],
    target: float | None,
    draw_parts: PartsFunction,
) -> str:
    size = scale.size
    ids = f"{text.id}-{size.name}"
    return "".join(
        [
            f'<svg class="chart {size.name}" viewBox="0 0 {size.width} {size.height}" role="img"',
            f' aria-labelledby="{ids}-title {ids}-text"><title id="{ids}-title">{escape(text.title)}</title>',
            f'<desc id="{ids}-text">{escape(text.description)}</desc>',
            *_grid_parts(scale, text),
            *draw_parts(scale, columns),
            *_label_parts(scale, columns),
            *(_target_parts(scale, target, text.target_label) if target is not None else []),
            "</svg>",
        ]
    )


def _grid_parts(scale: ChartScale, text: ChartText) -> list[str]:
    size, parts = scale.size, []
    for number in range(round((scale.most - scale.least) / scale.step) + 1):
        at = scale.least + number * scale.step
        y = scale.y(at)
        parts.append(f'<path class="rule" d="M{size.left} {y:.1f}H{size.width - size.right}"/>')
        value = escape(text.format_value(at))
        parts.append(f'<text class="end" x="{size.left - 8}" y="{y + 5:.1f}">{value}</text>')
    return parts


def _label_parts(scale: ChartScale, columns: Sequence[ChartColumn]) -> list[str]:
    """Write as many labels as fit, at equal distances, the last one always."""
    longest = max((len(column.label) for column in columns), default=1)
    fitting = max(1, int(scale.size.plot_width / (longest * CHARACTER_PX + 10)))
    every = math.ceil(len(columns) / fitting)
    offset = (len(columns) - 1) % every if columns else 0
    y = scale.size.base + 24
    parts = []
    for index, column in enumerate(columns):
        if index % every == offset:
            half = len(column.label) * CHARACTER_PX / 2
            x = min(max(scale.x(index), half), scale.size.width - half)
            parts.append(f'<text class="middle" x="{x:.1f}" y="{y}">{escape(column.label)}</text>')
    return parts


def _target_parts(scale: ChartScale, target: float, label: str) -> list[str]:
    size, y = scale.size, scale.y(target)
    text_y = y - 7 if y > size.top + 20 else y + 18
    return [
        f'<path class="target" d="M{size.left} {y:.1f}H{size.width - size.right}"/>',
        f'<text class="target-label" x="{size.left + 6}" y="{text_y:.1f}">{escape(label)}</text>',
    ]


def _box_parts(scale: ChartScale, columns: Sequence[ChartColumn]) -> list[str]:
    """Draw each box; the one to compare with stands at its right, narrower."""
    parts, width, shift = [], scale.box_width, 0.0
    if any(column.before_low is not None for column in columns):
        pair = min(44.0, 0.86 * scale.size.plot_width / scale.count)
        width, narrow = 0.56 * pair, 0.36 * pair
        shift = (pair - width) / 2
        parts += [
            part
            for index, column in enumerate(columns)
            for part in _before_box_parts(scale, column, scale.x(index) + pair / 2 - narrow, narrow)
        ]
    for index, column in enumerate(columns):
        if column.low is None:
            continue
        x, low = scale.x(index) - shift - width / 2, scale.y(column.low)
        high = scale.y(column.high if column.high is not None else column.low)
        height = max(low - high, 2.0)
        parts.append(
            f'<rect class="box" x="{x:.1f}" y="{high:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3"/>'
        )
        parts.append(f'<path class="usual" d="M{x:.1f} {low:.1f}h{width:.1f}"/>')
    return parts


def _before_box_parts(scale: ChartScale, column: ChartColumn, x: float, width: float) -> list[str]:
    if column.before_low is None:
        return []
    low = scale.y(column.before_low)
    high = scale.y(column.before_high if column.before_high is not None else column.before_low)
    height = max(low - high, 2.0)
    return [
        f'<rect class="before" x="{x:.1f}" y="{high:.1f}" width="{width:.1f}" height="{height:.1f}"/>',
        f'<path class="before usual" d="M{x:.1f} {low:.1f}h{width:.1f}"/>',
    ]


def _bar_parts(scale: ChartScale, columns: Sequence[ChartColumn]) -> list[str]:
    parts, width = [], scale.box_width
    for index, column in enumerate(columns):
        if column.low is None:
            continue
        x, y = scale.x(index) - width / 2, scale.y(column.low)
        height = scale.size.base - y
        parts.append(f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>')
        if column.high is not None:
            parts.append(f'<path class="usual" d="M{x:.1f} {scale.y(column.high):.1f}h{width:.1f}"/>')
    return parts


def _line_parts(scale: ChartScale, columns: Sequence[ChartColumn]) -> list[str]:
    parts = [
        _path("before", scale, [column.before_high for column in columns]),
        _path("before usual", scale, [column.before_low for column in columns]),
        _path("second", scale, [column.high for column in columns]),
    ]
    parts.append(_path("line", scale, [column.low for column in columns]))
    if len(columns) <= MAX_DOTS:
        parts += [
            f'<circle class="dot" cx="{scale.x(index):.1f}" cy="{scale.y(column.low):.1f}" r="4"/>'
            for index, column in enumerate(columns)
            if column.low is not None
        ]
    return [part for part in parts if part]


MAX_DOTS = 32  # more would touch each other on a phone


def _path(kind: str, scale: ChartScale, values: Sequence[float | None]) -> str:
    """Return the path through the known values; a single one between two gaps is a short dash."""
    commands, is_drawing = [], False
    for index, value in enumerate(values):
        if value is None:
            is_drawing = False
            continue
        commands.append(f"{'L' if is_drawing else 'M'}{scale.x(index):.1f} {scale.y(value):.1f}")
        if not is_drawing and (index + 1 == len(values) or values[index + 1] is None):
            commands.append("h.1")
        is_drawing = True
    return f'<path class="{kind}" d="{"".join(commands)}"/>' if commands else ""


ROW_PX, LABEL_PX = 54, 20  # of a chart of rows: a whole row, and its words
BAR_PX, BEFORE_PX = 18, 8  # the bar, and the box to compare with under it


def draw_rows(
    text: ChartText, rows: Sequence[ChartColumn], target: float | None = None, *, most: float | None = None
) -> str:
    """Draw a row for each entry, its words above.

    It is a box from `low` to `high`, or a bar up to `low` alone. The one to compare with stands under it, lower.

    `most`: the value at the end of the scale; the largest value without it.
    """
    return "".join(_draw_row_chart(size, text, rows, target, most) for size in (NARROW, WIDE))


def _draw_row_chart(
    size: DrawingArea, text: ChartText, rows: Sequence[ChartColumn], target: float | None, most: float | None
) -> str:
    values = [value for row in rows for value in row.values]
    row_px = ROW_PX + (BEFORE_PX if any(row.before_low is not None for row in rows) else 0)
    end = most or max([*values, *([target] if target is not None else []), 1.0])
    area = size.width - 70  # the value stands behind the bar
    height = row_px * len(rows) + (LABEL_PX if target is not None else 0)
    ids = f"{text.id}-{size.name}"
    parts = [
        f'<svg class="chart {size.name}" viewBox="0 0 {size.width} {height}" role="img"',
        f' aria-labelledby="{ids}-title {ids}-text"><title id="{ids}-title">{escape(text.title)}</title>',
        f'<desc id="{ids}-text">{escape(text.description)}</desc>',
    ]
    for number, row in enumerate(rows):
        parts += _row_parts(row, number * row_px, area / end, text)
    if target is not None:
        x = target * area / end
        parts.append(f'<path class="target" d="M{x:.1f} 0V{height - LABEL_PX}"/>')
        anchor = "target-label end" if x > size.width / 2 else "target-label"
        parts.append(f'<text class="{anchor}" x="{x:.1f}" y="{height - 4}">{escape(text.target_label)}</text>')
    return "".join([*parts, "</svg>"])


def _row_parts(row: ChartColumn, y: float, unit: float, text: ChartText) -> list[str]:
    bar_y = y + LABEL_PX + 2
    parts = [f'<text class="name" x="0" y="{y + 15}">{escape(row.label)}</text>']
    parts += _before_row_parts(row, bar_y + BAR_PX + 3, unit)
    if row.low is None:
        return [*parts, f'<text x="0" y="{bar_y + 15}">–</text>']
    low, high = row.low * unit, (row.high if row.high is not None else row.low) * unit
    if row.high is None:
        parts.append(f'<rect class="bar" x="0" y="{bar_y}" width="{max(low, 2):.1f}" height="{BAR_PX}"/>')
    else:
        parts.append(f'<path class="rule" d="M0 {bar_y + 9}H{low:.1f}"/>')
        width = max(high - low, 2)
        parts.append(f'<rect class="box" x="{low:.1f}" y="{bar_y}" width="{width:.1f}" height="{BAR_PX}" rx="3"/>')
        parts.append(f'<path class="usual" d="M{low:.1f} {bar_y}v{BAR_PX}"/>')
    shown = text.format_value(row.high if row.high is not None else row.low)
    return [*parts, f'<text x="{high + 8:.1f}" y="{bar_y + 15}">{escape(shown)}</text>']


def _before_row_parts(row: ChartColumn, y: float, unit: float) -> list[str]:
    if row.before_low is None:
        return []
    low = row.before_low * unit
    width = max((row.before_high if row.before_high is not None else row.before_low) * unit - low, 2)
    return [
        f'<rect class="before" x="{low:.1f}" y="{y}" width="{width:.1f}" height="{BEFORE_PX}"/>',
        f'<path class="before usual" d="M{low:.1f} {y}v{BEFORE_PX}"/>',
    ]
