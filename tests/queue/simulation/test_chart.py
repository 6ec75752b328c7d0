"""The picture of a day: whole, for the light and for the dark, and without anything from elsewhere."""

from __future__ import annotations

import re
from datetime import UTC
from xml.etree import ElementTree

from office360.queue.simulation.chart import svg
from office360.queue.simulation.engine import live
from office360.queue.simulation.plan import Day

from ..support.simulation_plans import random_plan

SVG = "{http://www.w3.org/2000/svg}"


def _day(seed: int = 5) -> Day:
    return live(random_plan(seed), seed, shown=False)


def _drawn(day: Day, other: Day | None = None, name: str = "Registry") -> ElementTree.Element:
    names = {line.id: f"{name} {line.letter}" for line in day.plan.lines}
    text = svg(day, f"Office & <{name}>", [("12", "people served")], names, UTC, other, "all, with 9 desks")
    return ElementTree.fromstring(text)


def test_everybody_who_was_called_has_a_mark() -> None:
    day = _day()
    marks = [one for one in _drawn(day).iter() if (one.get("class") or "").startswith("mark ")]
    assert len(marks) == sum(1 for life in day.lives if life.called_at is not None)


def test_every_line_has_its_colour_and_its_name() -> None:
    day = _day()
    texts = {one.text for one in _drawn(day).iter(f"{SVG}text")}
    assert {f"Registry {line.letter}" for line in day.plan.lines} <= texts
    assert {"People waiting", "12", "people served"} <= texts


def test_the_other_number_of_desks_is_a_line_beside_and_named() -> None:
    assert not [one for one in _drawn(_day()).iter() if one.get("class") == "other"]
    drawn = _drawn(_day(), _day(6))
    assert len([one for one in drawn.iter() if one.get("class") == "other"]) == 2  # the line, and what it means
    assert "all, with 9 desks" in {one.text for one in drawn.iter(f"{SVG}text")}


def test_it_is_told_to_whoever_cannot_see_it() -> None:
    drawn = _drawn(_day())
    assert drawn.get("role") == "img"
    assert drawn.findtext(f"{SVG}title") == "Office & <Registry>"
    assert drawn.findtext(f"{SVG}desc") == "people served: 12"


def test_it_is_for_the_light_and_the_dark_and_asks_for_nothing() -> None:
    day = _day()
    text = svg(day, "Office", [], {line.id: line.letter for line in day.plan.lines}, UTC)
    assert "prefers-color-scheme: dark" in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script|href", text)


def test_nothing_is_drawn_outside() -> None:
    for seed in range(4):
        for one in _drawn(_day(seed)).iter():
            for name in ("x", "cx", "x1", "x2"):
                assert 0 <= float(one.get(name) or 0) <= 1120
