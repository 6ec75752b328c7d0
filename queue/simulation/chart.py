"""An SVG chart of a simulated day: waiting tickets, waits and desks. Pure.

The colours repeat those of static/core/design_tokens.css, because an SVG file cannot use our stylesheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape

from ...core.formats.charts import DrawingArea, Scale, draw_grid, draw_path, draw_text, round_scale
from ..domain.ticket import TicketKind
from .plan import OfficeSample, SimulatedDay

WIDTH, LEFT, RIGHT = 1120, 76, 32  # pixels: the width of the chart, and its margins
TOP, GAP = 150, 74  # pixels: above the first panel, and between panels
HEIGHTS = (230, 190, 120)  # pixels: the three panels
ONE_MINUTE = timedelta(minutes=1)

SVG_STYLE = """
svg { color-scheme: light dark; font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
  "Noto Sans", Arial, sans-serif; --paper: #FBFAF7; --ink: #13202B; --soft: #4A5862; --rule: #DDD8CC;
  --a: #2F7D8A; --b: #C98A2B; --c: #8A73AD; --d: #4F9A6C; --dot: #FBFAF7; --shade: #E3EFF0; }
@media (prefers-color-scheme: dark) { svg { --paper: #10191F; --ink: #F4F1EA; --soft: #B3BEC5; --rule: #2C3A44;
  --a: #4FA3AF; --b: #C9892F; --c: #9C86C2; --d: #4E9F6D; --dot: #10191F; --shade: #14343C; } }
.paper { fill: var(--paper); } text { fill: var(--ink); font-size: 14px; }
.title { font-size: 25px; font-weight: 700; } .head { font-size: 16px; font-weight: 650; }
.soft { fill: var(--soft); } .big { font-size: 24px; font-weight: 700; font-variant-numeric: tabular-nums; }
.rule { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
.open { fill: var(--shade); } .busy { fill: var(--a); }
.other { fill: none; stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 5; stroke-linecap: round; }
.l0 { fill: var(--a); } .l1 { fill: var(--b); } .l2 { fill: var(--c); } .l3 { fill: var(--d); }
.mark { stroke: var(--dot); stroke-width: 1.2; } .end { text-anchor: end; }
.middle { text-anchor: middle; }
"""


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """A rectangle with time from left to right and a scale of values upwards."""

    scale: Scale
    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        return self.scale.x((moment - self.start) / (self.end - self.start))


def draw_day(
    day: SimulatedDay,
    title: str,
    facts: Sequence[tuple[str, str]],
    lines: Mapping[str, str],
    zone: tzinfo,
    other: SimulatedDay | None = None,
    other_name: str = "",
) -> str:
    """Draw the chart.

    `facts`: pairs of a number and its label. `lines`: names of the lines by id.
    `other`: the same day with other desks; its number of waiting tickets is drawn as a dashed line.
    """
    days = [day, *([other] if other else [])]
    samples = [sample for drawn in days for sample in drawn.samples]
    start = day.plan.opens
    end = max([day.plan.closes, *(sample.at for sample in samples if _has_activity(sample))])
    largest = (
        max(_max_waiting(drawn) for drawn in days),
        max(_longest_wait_min(drawn) for drawn in days),
        max(sample.open_desks for sample in samples),
    )
    bases = [TOP + sum(HEIGHTS[: number + 1]) + GAP * number for number in range(3)]
    areas = [
        DrawingArea("panel", WIDTH, base, LEFT, RIGHT, base - height, 0)
        for base, height in zip(bases, HEIGHTS, strict=True)
    ]
    waiting, waits, desks = (
        ChartPanel(round_scale(area, [most], max_lines=6), start, end)
        for area, most in zip(areas, largest, strict=True)
    )
    height = bases[-1] + 60
    parts = [
        *_draw_header(title, facts, height),
        *_draw_legend(lines, TOP - 38, other_name if other else ""),
        *_draw_waiting_panel(day, waiting, lines, zone, other),
        *_draw_waits_panel(day, waits, lines, zone),
        *_draw_desks_panel(day, desks, zone),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _draw_header(title: str, facts: Sequence[tuple[str, str]], height: int) -> list[str]:
    description = "; ".join(f"{label}: {number}" for number, label in facts)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(facts))
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        ' aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(description)}</desc>',
        f"<style>{SVG_STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="{LEFT}" y="42">{escape(title)}</text>',
        *(
            f'<text class="big" x="{LEFT + step * n:.0f}" y="80">{escape(number)}</text>'
            f'<text class="soft" x="{LEFT + step * n:.0f}" y="100">{escape(label)}</text>'
            for n, (number, label) in enumerate(facts)
        ),
    ]


def _draw_legend(lines: Mapping[str, str], y: float, other_name: str) -> list[str]:
    """Draw the legend of the colours, at the right above the first panel."""
    x, parts = float(WIDTH - RIGHT), []
    names = [(f"l{n % 4}", name) for n, name in enumerate(lines.values())]
    for kind, name in reversed([*names, *([("other", other_name)] if other_name else [])]):
        x -= 7.4 * len(name)
        parts.append(draw_text("legend", x, y + 26, name))
        x -= 22
        parts.append(
            f'<path class="other" d="M{x:.0f} {y + 21:.0f}h16"/>'
            if kind == "other"
            else f'<rect class="{kind}" x="{x:.0f}" y="{y + 15:.0f}" width="14" height="14" rx="3"/>'
        )
        x -= 18
    return parts


def _draw_panel_frame(panel: ChartPanel, title: str, zone: tzinfo) -> list[str]:
    """Draw the title, the scale with its values, and the hours below."""
    area = panel.scale.area
    parts = [
        draw_text("head", LEFT, area.top - 14, title),
        *draw_grid(panel.scale, lambda value: f"{value:g}", "soft end", gap=10),
        draw_path("axis", f"M{LEFT} {area.base}H{WIDTH - RIGHT}"),
    ]
    every = max(1, math.ceil((panel.end - panel.start) / timedelta(hours=12)))
    moment = panel.start.replace(minute=0, second=0, microsecond=0)
    while moment <= panel.end:
        hour = moment.astimezone(zone).hour
        if moment >= panel.start and hour % every == 0:
            parts.append(draw_text("soft middle", panel.x(moment), area.base + 20, f"{hour}:00"))
        moment += timedelta(hours=1)
    return parts


def _draw_waiting_panel(
    day: SimulatedDay, panel: ChartPanel, lines: Mapping[str, str], zone: tzinfo, other: SimulatedDay | None
) -> list[str]:
    """Draw the number of waiting tickets as stacked areas, an area for each line."""
    parts = _draw_panel_frame(panel, "People waiting", zone)
    ids = list(lines)
    # the sum of all lines first: the smaller sums are drawn over it
    for number in range(len(ids), 0, -1):
        below = ids[:number]

        # a default, because the body would see the value of the last round
        def total(sample: OfficeSample, below: Sequence[str] = below) -> float:
            return sum(sample.waiting.get(line_id, 0) for line_id in below)

        parts.append(draw_path(f"l{(number - 1) % 4}", _area_path(day.samples, panel, total)))
    if other is not None:
        parts.append(draw_path("other", _step_path(other.samples, panel, _count_waiting)))
    return parts


def _draw_waits_panel(day: SimulatedDay, panel: ChartPanel, lines: Mapping[str, str], zone: tzinfo) -> list[str]:
    """Draw the wait of each ticket at its time of issue.

    A dot is a walk-in, a diamond an appointment.
    """
    parts = _draw_panel_frame(panel, "Minutes until the first call, by when people came", zone)
    marks = "● without appointment   ◆ appointment, from its time"
    parts.append(draw_text("soft end", WIDTH - RIGHT, panel.scale.area.top - 14, marks))
    colours = {line_id: f"l{n % 4}" for n, line_id in enumerate(lines)}
    for outcome in day.outcomes:
        if outcome.waited is not None:
            x, y = panel.x(outcome.issued_at), panel.scale.y(outcome.waited / ONE_MINUTE)
            kind = f'class="mark {colours.get(outcome.line_id, "l0")}"'
            parts.append(
                f'<circle {kind} cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
                if outcome.kind is TicketKind.WALK_IN
                else f'<path {kind} d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5-5.5z"/>'
            )
    return parts


def _draw_desks_panel(day: SimulatedDay, panel: ChartPanel, zone: tzinfo) -> list[str]:
    return [
        draw_path("open", _area_path(day.samples, panel, lambda sample: sample.open_desks)),
        draw_path("busy", _area_path(day.samples, panel, lambda sample: sample.busy_desks)),
        *_draw_panel_frame(panel, "Desks: open, and busy with a person", zone),
    ]


def _area_path(samples: Sequence[OfficeSample], panel: ChartPanel, value: Callable[[OfficeSample], float]) -> str:
    """Return the path of `_step_path`, closed at the base of the panel."""
    return f"{_step_path(samples, panel, value)}V{panel.scale.area.base}z"


def _step_path(samples: Iterable[OfficeSample], panel: ChartPanel, value: Callable[[OfficeSample], float]) -> str:
    """Return the path of a step line, with a point only where the value changes."""
    path, drawn = [f"M{LEFT} {panel.scale.area.base}"], 0.0
    for sample in samples:
        if value(sample) != drawn:
            drawn = value(sample)
            path.append(f"H{panel.x(sample.at):.1f}V{panel.scale.y(drawn):.1f}")
    return "".join([*path, f"H{panel.x(panel.end):.1f}"])


def _count_waiting(sample: OfficeSample) -> float:
    return sum(sample.waiting.values())


def _has_activity(sample: OfficeSample) -> bool:
    return bool(sample.busy_desks or _count_waiting(sample))


def _max_waiting(day: SimulatedDay) -> float:
    return max((_count_waiting(sample) for sample in day.samples), default=0)


def _longest_wait_min(day: SimulatedDay) -> float:
    return max((outcome.waited / ONE_MINUTE for outcome in day.outcomes if outcome.waited is not None), default=0)
