"""Charts as SVG elements: scale, axes, boxes, lines, bars, rows, pairs, series. Pure.

Colours come from classes of the page's stylesheet, so that charts follow its light and dark mode and print.
A chart is drawn twice, for a narrow and a wide place: text in a scaled drawing would be too small on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

FormatValue = Callable[[float], str]

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 960, 1_920)  # between two lines of a scale of minutes
MAX_SCALE_LINES = 5
MAX_DOTS = 32  # on a line; more would touch each other on a phone
CHARACTER_PX = 8.4  # mean width of a character at 15 px
# in a series without a point for longer, nothing was measured, and the line is interrupted
GAP_S = 3
LABELLED_BAND_PX = 16  # the word of a band fits into a band of this height
ROW_PX, LABEL_PX = 54, 20  # of a chart of rows: a whole row, and its words
BAR_PX, BEFORE_PX = 18, 8  # the bar of a row, and the box to compare with under it


@dataclass(frozen=True, slots=True)
class DrawingArea:
    """Size and margins in pixels. `name` is a class of the stylesheet."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def base(self) -> int:
        """Return where the horizontal axis lies."""
        return self.height - self.bottom

    @property
    def plot_width(self) -> int:
        """Return the width between the margins."""
        return self.width - self.left - self.right


# Text of 15 px is legible in both.
NARROW = DrawingArea("narrow", 320, 220, left=54, right=8, top=16, bottom=34)
WIDE = DrawingArea("wide", 640, 260, left=58, right=14, top=16, bottom=34)
# Text of 14 px is legible in both. The words of the bands stand in the right margin.
COMPACT = DrawingArea("compact", 330, 176, left=50, right=62, top=10, bottom=28)
ROOMY = DrawingArea("roomy", 540, 190, left=50, right=62, top=10, bottom=28)


@dataclass(frozen=True, slots=True)
class ChartText:
    """The words of a chart.

    `id` is unique on its page. `target_label` stands at the line of the target.
    """

    id: str
    title: str
    description: str
    format_value: FormatValue
    target_label: str = ""


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """A place of the horizontal axis.

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


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar of a pair, with a line from `low` to `high` over it.

    `kind` is a class of the stylesheet.
    """

    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlotLine:
    """A line of a series of seconds and values. `kind` is a class of the stylesheet."""

    kind: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlotBand:
    """Values from `low` to `high` that have the same grade.

    `kind` is a class of the stylesheet, `word` the name of the grade.
    """

    low: float
    high: float
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Positions of values, and of shares of the horizontal axis, in one drawing."""

    area: DrawingArea
    most: float
    step: float
    least: float = 0.0

    def x(self, share: float) -> float:
        return self.area.left + self.area.plot_width * min(1.0, max(0.0, share))

    def y(self, value: float) -> float:
        height = self.area.base - self.area.top
        return self.area.base - height * (min(value, self.most) - self.least) / (self.most - self.least)

    @property
    def marks(self) -> list[float]:
        """Return the values that have a line and a number."""
        count = round((self.most - self.least) / self.step) + 1
        return [self.least + number * self.step for number in range(count)]


def round_scale(area: DrawingArea, values: Iterable[float], max_lines: int = MAX_SCALE_LINES) -> Scale:
    """Return a scale from 0 to the largest value in steps that people count in."""
    largest = max([*values, 1.0])
    step = next((step for step in STEPS if largest / step <= max_lines), largest / max_lines)
    return Scale(area, step * math.ceil(largest / step), step)


def decimal_scale(area: DrawingArea, values: Iterable[float], least_top: float, max_lines: int = 4) -> Scale:
    """Return a scale from 0 to the largest value, at least to `least_top`.

    Its steps are 1, 2, 5, 10, 20, 50 …
    """
    largest = max([*values, least_top])
    power = 10.0 ** math.floor(math.log10(largest / max_lines))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= largest / max_lines * 0.999)
    return Scale(area, step * math.ceil(round(largest / step, 6)), step)


def _percent_scale(area: DrawingArea, values: Sequence[float]) -> Scale:
    """Return a scale up to 100 that begins below the smallest value."""
    smallest = min(values, default=0.0)
    step = next((step for step in (5, 10) if 100 - MAX_SCALE_LINES * step <= smallest - step / 2), 20)
    return Scale(area, 100.0, step, max(0.0, 100.0 - MAX_SCALE_LINES * step))


# Elements


def draw_path(kind: str, commands: str) -> str:
    return f'<path class="{kind}" d="{commands}"/>' if commands else ""


def draw_rect(kind: str, x: float, y: float, width: float, height: float, radius: int = 0) -> str:
    rounded = f' rx="{radius}"' if radius else ""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {place}{rounded}/>'


def draw_text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def draw_grid(scale: Scale, format_value: FormatValue, kind: str = "end", gap: int = 8) -> list[str]:
    """Draw a line and a number for each mark of the scale."""
    area, parts = scale.area, []
    for value in scale.marks:
        parts += [
            draw_path("rule", f"M{area.left} {scale.y(value):.1f}H{area.width - area.right}"),
            draw_text(kind, area.left - gap, scale.y(value) + 5, format_value(value)),
        ]
    return parts


def join_points(points: Iterable[tuple[float, float] | None]) -> str:
    """Return the path through positions. None is a gap.

    A point between two gaps is a short dash.
    """
    commands: list[str] = []
    length = 0
    for point in [*points, None]:
        if point is not None:
            commands.append(f"{'L' if length else 'M'}{point[0]:.1f} {point[1]:.1f}")
        elif length == 1:
            commands.append("h.1")
        length = 0 if point is None else length + 1
    return "".join(commands)


def _frame(kind: str, area: DrawingArea, text: ChartText, parts: Iterable[str]) -> str:
    ids = f"{text.id}-{area.name}"
    return "".join(
        [
            f'<svg class="{kind} {area.name}" viewBox="0 0 {area.width} {area.height}" role="img"',
            f' aria-labelledby="{ids}-title" aria-describedby="{ids}-text">',
            f'<title id="{ids}-title">{escape(text.title)}</title>',
            f'<desc id="{ids}-text">{escape(text.description)}</desc>',
            *parts,
            "</svg>",
        ]
    )


# Columns


def draw_boxes(text: ChartText, columns: Sequence[ChartColumn], target: float | None = None) -> str:
    """Draw a box from `low` to `high` for each column, with a heavy line at `low`."""
    return _draw_columns(text, columns, target, _box_parts)


def draw_line(
    text: ChartText, columns: Sequence[ChartColumn], target: float | None = None, *, is_percent: bool = False
) -> str:
    """Draw a line through `low`, and a lighter line through `high`. Gaps interrupt them."""
    return _draw_columns(text, columns, target, _line_parts, is_percent=is_percent)


def draw_bars(text: ChartText, columns: Sequence[ChartColumn], target: float | None = None) -> str:
    """Draw a bar of the height `low` for each column, with a mark at `high`."""
    return _draw_columns(text, columns, target, _bar_parts)


def draw_pairs(text: ChartText, pairs: Sequence[tuple[str, ChartBar | None, ChartBar | None]]) -> str:
    """Draw two bars for each label, each with its range."""
    bars = [bar for _, *both in pairs for bar in both if bar is not None]

    def parts(scale: Scale) -> Iterable[str]:
        place = scale.area.plot_width / len(pairs)
        for index, (_, *both) in enumerate(pairs):
            for side, bar in zip((-1, 0), both, strict=True):
                if bar is not None:
                    width = 0.36 * place
                    x = scale.x((index + 0.5) / len(pairs)) + side * width + (1 + 2 * side) * 0.5
                    yield draw_rect(bar.kind, x, scale.y(bar.value), width, scale.area.base - scale.y(bar.value))
                    span = f"M{x + width / 2:.1f} {scale.y(bar.low):.1f}V{scale.y(bar.high):.1f}"
                    yield draw_path("span", span)

    labels = [label for label, *_ in pairs]
    scales = [
        round_scale(area, (value for bar in bars for value in (bar.value, bar.high))) for area in (NARROW, WIDE)
    ]
    return "".join(_draw_over_labels(scale, text, labels, parts(scale)) for scale in scales)


def _draw_columns(
    text: ChartText,
    columns: Sequence[ChartColumn],
    target: float | None,
    draw_parts: Callable[[Scale, Sequence[ChartColumn]], list[str]],
    *,
    is_percent: bool = False,
) -> str:
    values = [value for column in columns for value in column.values] + ([] if target is None else [target])
    scale_values = _percent_scale if is_percent else round_scale
    drawn = []
    for scale in (scale_values(area, values) for area in (NARROW, WIDE)):
        parts = draw_parts(scale, columns) if columns else []
        labels = [column.label for column in columns]
        drawn.append(_draw_over_labels(scale, text, labels, parts, target))
    return "".join(drawn)


def _draw_over_labels(
    scale: Scale, text: ChartText, labels: Sequence[str], parts: Iterable[str], target: float | None = None
) -> str:
    target_parts = [] if target is None else _target_parts(scale, target, text.target_label)
    shown = [*draw_grid(scale, text.format_value), *parts, *_label_parts(scale, labels), *target_parts]
    return _frame("chart", scale.area, text, shown)


def _label_parts(scale: Scale, labels: Sequence[str]) -> list[str]:
    """Write as many labels as fit, at equal distances, the last always."""
    longest = max(map(len, labels), default=1)
    every = math.ceil(len(labels) / max(1, int(scale.area.plot_width / (longest * CHARACTER_PX + 10))))
    parts = []
    for index, label in enumerate(labels):
        if (len(labels) - 1 - index) % every == 0:
            half = len(label) * CHARACTER_PX / 2
            x = min(max(scale.x((index + 0.5) / len(labels)), half), scale.area.width - half)
            parts.append(draw_text("middle", x, scale.area.base + 24, label))
    return parts


def _target_parts(scale: Scale, target: float, label: str) -> list[str]:
    area, y = scale.area, scale.y(target)
    return [
        draw_path("target", f"M{area.left} {y:.1f}H{area.width - area.right}"),
        draw_text("target-label", area.left + 6, y - 7 if y > area.top + 20 else y + 18, label),
    ]


def _box_parts(scale: Scale, columns: Sequence[ChartColumn]) -> list[str]:
    """Draw each box; the box to compare with stands at its right, narrower."""
    place = scale.area.plot_width / len(columns)
    width, shift = min(36.0, 0.7 * place), 0.0
    parts: list[str] = []
    if any(column.before_low is not None for column in columns):
        pair = min(44.0, 0.86 * place)
        width, narrow = 0.56 * pair, 0.36 * pair
        shift = (pair - width) / 2
        for index, column in enumerate(columns):
            x = scale.x((index + 0.5) / len(columns)) + pair / 2 - narrow
            parts += _box(scale, x, narrow, column.before_low, column.before_high, ("before", "before usual"))
    for index, column in enumerate(columns):
        x = scale.x((index + 0.5) / len(columns)) - shift - width / 2
        parts += _box(scale, x, width, column.low, column.high, ("box", "usual"))
    return parts


def _box(
    scale: Scale, x: float, width: float, low: float | None, high: float | None, kinds: tuple[str, str]
) -> list[str]:
    if low is None:
        return []
    bottom, top = scale.y(low), scale.y(low if high is None else high)
    return [
        draw_rect(kinds[0], x, top, width, max(bottom - top, 2.0), radius=3 if kinds[0] == "box" else 0),
        draw_path(kinds[1], f"M{x:.1f} {bottom:.1f}h{width:.1f}"),
    ]


def _bar_parts(scale: Scale, columns: Sequence[ChartColumn]) -> list[str]:
    parts, width = [], min(36.0, 0.7 * scale.area.plot_width / len(columns))
    for index, column in enumerate(columns):
        if column.low is not None:
            x, y = scale.x((index + 0.5) / len(columns)) - width / 2, scale.y(column.low)
            parts.append(draw_rect("bar", x, y, width, scale.area.base - y))
            if column.high is not None:
                parts.append(draw_path("usual", f"M{x:.1f} {scale.y(column.high):.1f}h{width:.1f}"))
    return parts


def _line_parts(scale: Scale, columns: Sequence[ChartColumn]) -> list[str]:
    xs = [scale.x((index + 0.5) / len(columns)) for index in range(len(columns))]
    lines = (
        ("before", [column.before_high for column in columns]),
        ("before usual", [column.before_low for column in columns]),
        ("second", [column.high for column in columns]),
        ("line", [column.low for column in columns]),
    )
    parts = []
    for kind, values in lines:
        points = [None if value is None else (x, scale.y(value)) for x, value in zip(xs, values, strict=True)]
        parts.append(draw_path(kind, join_points(points)))
    if len(columns) <= MAX_DOTS:
        parts += [
            f'<circle class="dot" cx="{x:.1f}" cy="{scale.y(column.low):.1f}" r="4"/>'
            for x, column in zip(xs, columns, strict=True)
            if column.low is not None
        ]
    return parts


# Rows


def draw_rows(
    text: ChartText, rows: Sequence[ChartColumn], target: float | None = None, *, most: float | None = None
) -> str:
    """Draw a row for each entry, its words above.

    It is a box from `low` to `high`, or a bar up to `low` alone. The box to compare with stands under it, lower.

    `most`: the value at the end of the scale; the largest value without it.
    """
    values = [value for row in rows for value in row.values]
    row_px = ROW_PX + (BEFORE_PX if any(row.before_low is not None for row in rows) else 0)
    end = most or max([*values, *([target] if target is not None else []), 1.0])
    height = row_px * len(rows) + (LABEL_PX if target is not None else 0)
    drawn = []
    for size in (NARROW, WIDE):
        unit = (size.width - 70) / end  # the value stands behind the bar
        parts = [part for number, row in enumerate(rows) for part in _row_parts(row, number * row_px, unit, text)]
        if target is not None:
            x = target * unit
            parts.append(draw_path("target", f"M{x:.1f} 0V{height - LABEL_PX}"))
            anchor = "target-label end" if x > size.width / 2 else "target-label"
            parts.append(draw_text(anchor, x, height - 4, text.target_label))
        drawn.append(_frame("chart", DrawingArea(size.name, size.width, height, 0, 0, 0, 0), text, parts))
    return "".join(drawn)


def _row_parts(row: ChartColumn, y: float, unit: float, text: ChartText) -> list[str]:
    bar_y = y + LABEL_PX + 2
    parts = [draw_text("name", 0, y + 15, row.label)]
    if row.before_low is not None:
        high = row.before_low if row.before_high is None else row.before_high
        parts += _row_box(row.before_low, high, bar_y + BAR_PX + 3, BEFORE_PX, unit, ("before", "before usual"))
    if row.low is None:
        return [*parts, draw_text("value", 0, bar_y + 15, "–")]
    end = row.low if row.high is None else row.high
    if row.high is None:
        parts.append(draw_rect("bar", 0, bar_y, max(row.low * unit, 2), BAR_PX))
    else:
        parts.append(draw_path("rule", f"M0 {bar_y + 9:.1f}H{row.low * unit:.1f}"))
        parts += _row_box(row.low, end, bar_y, BAR_PX, unit, ("box", "usual"))
    return [*parts, draw_text("value", end * unit + 8, bar_y + 15, text.format_value(end))]


def _row_box(low: float, high: float, y: float, height: int, unit: float, kinds: tuple[str, str]) -> list[str]:
    x, width = low * unit, max((high - low) * unit, 2)
    return [
        draw_rect(kinds[0], x, y, width, height, radius=3 if kinds[0] == "box" else 0),
        draw_path(kinds[1], f"M{x:.1f} {y:.1f}v{height}"),
    ]


# Series


def draw_series(
    text: ChartText,
    lines: Sequence[PlotLine],
    bands: Callable[[float], Sequence[PlotBand]],
    *,
    seconds: float,
    least_top: float,
    format_seconds: FormatValue,
) -> str:
    """Draw lines over bands of grades.

    `seconds`: the end of the time axis. `bands`: returns the bands up to a value.
    """
    values = [value for line in lines for _at, value in line.points]
    end_s = max(seconds, 1.0)
    drawn = []
    for scale in (decimal_scale(area, values, least_top) for area in (COMPACT, ROOMY)):
        parts = [*_band_parts(scale, bands(scale.most)), *_axis_parts(scale, text, end_s, format_seconds)]
        parts += [draw_path(f"line {line.kind}", _series_path(scale, line.points, end_s)) for line in lines]
        drawn.append(_frame("series-plot", scale.area, text, parts))
    return "".join(drawn)


def _band_parts(scale: Scale, bands: Sequence[PlotBand]) -> list[str]:
    parts, area = [], scale.area
    for band in bands:
        top, bottom = scale.y(band.high), scale.y(band.low)
        parts.append(draw_rect(f"band {band.kind}", area.left, top, area.plot_width, bottom - top))
        if band.low > 0:
            parts.append(draw_path("bound", f"M{area.left} {bottom:.1f}h{area.plot_width}"))
        if bottom - top >= LABELLED_BAND_PX:
            x = area.width - area.right + 7
            parts.append(draw_text(f"grade {band.kind}", x, (top + bottom) / 2 + 5, band.word))
    return parts


def _axis_parts(scale: Scale, text: ChartText, end_s: float, format_seconds: FormatValue) -> list[str]:
    area = scale.area
    parts = [draw_path("axis", f"M{area.left} {area.top}V{area.base}h{area.plot_width}")]
    for value in scale.marks:
        parts += [
            draw_path("axis", f"M{area.left} {scale.y(value):.1f}h-4"),
            draw_text("end", area.left - 7, scale.y(value) + 5, text.format_value(value)),
        ]
    step_s = next((step for step in STEPS if end_s / step <= MAX_SCALE_LINES), end_s / MAX_SCALE_LINES)
    for number in range(math.floor(end_s / step_s + 1e-6) + 1):
        x = scale.x(number * step_s / end_s)
        parts += [
            draw_path("axis", f"M{x:.1f} {area.base}v4"),
            draw_text("middle", x, area.base + 21, format_seconds(number * step_s)),
        ]
    return parts


def _series_path(scale: Scale, points: Sequence[tuple[float, float]], end_s: float) -> str:
    """Return the path through the points in order of time, interrupted by gaps."""
    found: list[tuple[float, float] | None] = []
    before_s = -math.inf
    for at, value in sorted(points):
        found += [None] if at - before_s > GAP_S else []
        found.append((scale.x(at / end_s), scale.y(value)))
        before_s = at
    return join_points(found)
