"""A picture of the requests of a page over time, a version below the other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ...queue.simulation.chart import SVG_STYLE
from .slow_line import SlowLoad

WIDTH, LEFT, RIGHT, TOP = 1120, 76, 32, 64  # pixels: the picture, and its margins
ROW, HEAD, GAP = 4, 30, 44  # pixels: one request; above and below the requests of a version
COLOURS = {"Document": "l0", "Stylesheet": "l1", "Script": "l2"}
LEGEND = (("l0", "HTML"), ("l1", "styles"), ("l2", "scripts"), ("l3", "other requests"))


def draw_waterfall(title: str, loads: Sequence[tuple[str, SlowLoad]]) -> str:
    """Draw the requests of each version; all share a scale of time."""
    end_ms = max(max(load.answers_ms, load.paint_ms) for _, load in loads) * 1.02
    scale = (WIDTH - LEFT - RIGHT) / end_ms
    parts, top = [], TOP
    for name, load in loads:
        files = sorted(
            (file for file in load.files if file.began_ms < load.answers_ms), key=lambda file: file.began_ms
        )
        kilobytes = sum(file.kilobytes for file in files)
        heading = (
            f"{name}: {len(files)} requests, {kilobytes:.0f} KB; paints after {load.paint_ms / 1_000:.1f} s, "
            f"answers after {load.answers_ms / 1_000:.1f} s"
        )
        parts.append(f'<text class="head" x="{LEFT}" y="{top + 16}">{escape(heading)}</text>')
        base = top + HEAD + ROW * len(files)
        parts += _draw_scale(scale, end_ms, top + HEAD, base)
        for number, file in enumerate(files):
            x, width = LEFT + scale * file.began_ms, max(1.0, scale * (file.ended_ms - file.began_ms))
            kind = COLOURS.get(file.kind, "l3")
            y = top + HEAD + ROW * number
            parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}"/>')
        for at_ms in (load.paint_ms, load.answers_ms):
            x = LEFT + scale * at_ms
            parts.append(f'<path class="other" d="M{x:.1f} {top + HEAD - 4}V{base + 4}"/>')
        top = base + GAP
    return "\n".join([*_draw_head(title, top), *parts, "</svg>"]) + "\n"


def _draw_head(title: str, height: int) -> list[str]:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t">',
        f'<title id="t">{escape(title)}</title><style>{SVG_STYLE}</style>',
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="{LEFT}" y="42">{escape(title)}</text>',
    ]
    for number, (kind, name) in enumerate(LEGEND):
        x = WIDTH - RIGHT - 130 * (len(LEGEND) - number)
        parts.append(f'<rect class="{kind}" x="{x}" y="29" width="14" height="14" rx="3"/>')
        parts.append(f'<text x="{x + 20}" y="41">{name}</text>')
    return parts


def _draw_scale(scale: float, end_ms: float, top: int, base: int) -> list[str]:
    parts = []
    for second in range(int(end_ms / 1_000) + 1):
        x = LEFT + scale * 1_000 * second
        parts.append(f'<path class="rule" d="M{x:.1f} {top}V{base}"/>')
        parts.append(f'<text class="soft middle" x="{x:.1f}" y="{base + 20}">{second} s</text>')
    return parts
