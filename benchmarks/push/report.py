"""Results as a table for people, and as JSON lines for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .figure import FigureResult

COLUMNS = ("figure", "what", "ours", "target", "ceiling", "ratio", "others in the same run", "verdict")
VERDICTS = {True: "met", False: "MISSED", None: ""}


def format_table(rows: Sequence[FigureResult]) -> str:
    """Format the results as an aligned Markdown table."""
    cells = [COLUMNS, *[_cells(row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    notes = [f"{row.figure}. {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([lines[0], rule, *lines[1:], "", *notes])


def _cells(row: FigureResult) -> tuple[str, ...]:
    others = ", ".join(f"{name} {_number(value)}" for name, value in row.peers.items())
    return (
        str(row.figure),
        row.what,
        f"{_number(row.ours)} {row.unit}".strip() if row.ours is not None else "not measured",
        row.target,
        _number(row.ceiling),
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        others,
        VERDICTS[row.met],
    )


def _number(value: float | None) -> str:
    """Format a number with three significant figures."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def write_json_lines(path: Path, rows: Sequence[FigureResult]) -> None:
    path.write_text("".join(f"{row.to_json()}\n" for row in rows))
