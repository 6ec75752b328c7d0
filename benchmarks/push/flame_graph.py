"""A flame graph of py-spy's stacks as a picture that is readable at the width of a page.

    make bench ARGS="--profile cost"
    python -m office360.benchmarks.push.flame_graph var/bench/cost-personal.txt docs/pictures/push-flame-graph.svg

The event loop's own thread only. Functions with less than 1.5 % of its time are left out.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

WIDTH_PX, ROW_PX, FONT_PX = 1_000, 18, 11
CHARACTER_PX = 6.3  # of the font, on average
SMALLEST_SHARE = 0.015
LABELLED_PX = 30  # narrower rectangles have their text as a tooltip only
EVENT_LOOP = "run_forever", "Runner.run"  # functions in which the stacks of the event loop begin
COLOURS = "#f6c28b", "#f3b06c", "#f7d3a4", "#efa15a"


@dataclass
class Frame:
    """A function with its share of the samples, and the functions that it called."""

    name: str
    samples: int = 0
    callees: dict[str, Frame] = field(default_factory=dict)

    def add_stack(self, names: list[str], samples: int) -> None:
        self.samples += samples
        if names:
            self.callees.setdefault(names[0], Frame(names[0])).add_stack(names[1:], samples)

    def rows(self) -> int:
        return 1 + max((callee.rows() for callee in self.callees.values()), default=0)

    def prune(self, fewest: float) -> None:
        """Drop small functions, and calls that only pass on all of their time."""
        self.callees = {name: callee for name, callee in self.callees.items() if callee.samples >= fewest}
        for callee in self.callees.values():
            callee.prune(fewest)
            while len(callee.callees) == 1:
                (only,) = callee.callees.values()
                if only.samples < 0.97 * callee.samples:
                    break
                callee.name, callee.callees = only.name, only.callees


def read_stacks(text: str) -> Frame:
    """Read py-spy's raw format: functions separated by semicolons, then the samples."""
    root = Frame("event loop")
    for line in text.splitlines():
        stack, _, samples = line.rpartition(" ")
        names = [_short_name(frame) for frame in stack.split(";")]
        begins = [place for place, name in enumerate(names) if name.startswith(EVENT_LOOP)]
        if begins:
            root.add_stack(names[begins[-1] + 1 :], int(samples))
    root.prune(SMALLEST_SHARE * root.samples)
    return root


def _short_name(frame: str) -> str:
    """Shorten a name of py-spy (a function, its file and line) to `Class.function · module`."""
    function, _, place = frame.partition(" (")
    return f"{function} · {Path(place.split(':')[0].rstrip(')')).stem}"


def draw(root: Frame) -> str:
    """Draw the graph as SVG, callees below their caller."""
    height = root.rows() * ROW_PX
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" font-family="sans-serif"'
    return f'{head} font-size="{FONT_PX}">\n' + "\n".join(_draw(root, root.samples, 0.0, 0)) + "\n</svg>\n"


def _draw(frame: Frame, total: int, left: float, row: int) -> Iterator[str]:
    width, share = frame.samples / total * WIDTH_PX, frame.samples / total
    text = f"{share:.0%} {frame.name}"
    label = text[: int(width / CHARACTER_PX)] if width >= LABELLED_PX else ""
    top, colour = row * ROW_PX, COLOURS[row % len(COLOURS)]
    yield (
        f'<g><title>{html.escape(text)}</title><rect x="{left:.1f}" y="{top}" width="{max(0.5, width - 1):.1f}" '
        f'height="{ROW_PX - 1}" fill="{colour}"/><text x="{left + 3:.1f}" y="{top + 13}" fill="#222">'
        f"{html.escape(label)}</text></g>"
    )
    for callee in sorted(frame.callees.values(), key=lambda branch: -branch.samples):
        yield from _draw(callee, total, left, row + 1)
        left += callee.samples / total * WIDTH_PX


def main() -> None:
    stacks, picture = map(Path, sys.argv[1:])
    picture.write_text(draw(read_stacks(stacks.read_text())))


if __name__ == "__main__":
    main()
