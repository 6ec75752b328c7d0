"""The chart of a simulated day: complete, accessible, in light and dark mode."""

from __future__ import annotations

import re
from datetime import UTC
from xml.etree import ElementTree

from office360.queue.simulation.chart import draw_day
from office360.queue.simulation.engine import simulate_day
from office360.queue.simulation.plan import SimulatedDay

from ..support.simulation_plans import random_plan

SVG = "{http://www.w3.org/2000/svg}"


def _simulated_day(seed: int = 5) -> SimulatedDay:
    return simulate_day(random_plan(seed), seed, shows_ranges=False)


def _draw(day: SimulatedDay, other: SimulatedDay | None = None, name: str = "Registry") -> ElementTree.Element:
    names = {line.id: f"{name} {line.letter}" for line in day.plan.lines}
    text = draw_day(day, f"Office & <{name}>", [("12", "people served")], names, UTC, other, "all, with 9 desks")
    return ElementTree.fromstring(text)


def test_every_called_ticket_has_a_mark() -> None:
    day = _simulated_day()
    marks = [element for element in _draw(day).iter() if (element.get("class") or "").startswith("mark ")]
    assert len(marks) == sum(1 for outcome in day.outcomes if outcome.called_at is not None)


def test_legend_names_every_line() -> None:
    day = _simulated_day()
    texts = {element.text for element in _draw(day).iter(f"{SVG}text")}
    assert {f"Registry {line.letter}" for line in day.plan.lines} <= texts
    assert {"People waiting", "12", "people served"} <= texts


def test_compared_day_is_drawn_and_named() -> None:
    assert not [element for element in _draw(_simulated_day()).iter() if element.get("class") == "other"]
    drawn = _draw(_simulated_day(), _simulated_day(6))
    assert (
        len([element for element in drawn.iter() if element.get("class") == "other"]) == 2
    )  # the line and its legend
    assert "all, with 9 desks" in {element.text for element in drawn.iter(f"{SVG}text")}


def test_svg_has_role_title_and_description() -> None:
    drawn = _draw(_simulated_day())
    assert drawn.get("role") == "img"
    assert drawn.findtext(f"{SVG}title") == "Office & <Registry>"
    assert drawn.findtext(f"{SVG}desc") == "people served: 12"


def test_svg_supports_dark_mode_and_loads_nothing() -> None:
    day = _simulated_day()
    text = draw_day(day, "Office", [], {line.id: line.letter for line in day.plan.lines}, UTC)
    assert "prefers-color-scheme: dark" in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script|href", text)


def test_nothing_is_drawn_outside_the_picture() -> None:
    for seed in range(4):
        for element in _draw(_simulated_day(seed)).iter():
            for name in ("x", "cx", "x1", "x2"):
                assert 0 <= float(element.get(name) or 0) <= 1120
