"""The numbers of a line: an office sets its own, and a number that makes no sense is named."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.errors import Invalid
from office360.queue.domain.line_settings import BOUNDS, HOUSE, IN_ORDER, LineRules


def test_a_line_that_sets_nothing_has_the_numbers_of_the_house() -> None:
    assert LineRules.of({}) == HOUSE == LineRules()


def test_a_line_sets_seconds_and_counts_by_name_and_keeps_the_rest() -> None:
    rules = LineRules.of({"guard_wait": 3600, "rejoins": 2})
    assert (rules.guard_wait, rules.rejoins) == (timedelta(hours=1), 2)
    assert rules.missed_after == HOUSE.missed_after


def test_every_number_of_a_line_can_be_set_and_has_bounds_that_hold_the_house_s() -> None:
    assert set(BOUNDS) == {one.name for one in fields(LineRules)}
    numbers = HOUSE.as_settings()
    assert all(BOUNDS[name][0] <= number <= BOUNDS[name][1] for name, number in numbers.items())
    assert LineRules.of(numbers) == HOUSE


@pytest.mark.parametrize(
    ("settings", "field", "code"),
    [
        ({"gard_wait": 60}, "rules.gard_wait", "unexpected"),
        ({"guard_wait": "an hour"}, "rules.guard_wait", "not_a_number"),
        ({"guard_wait": 90.5}, "rules.guard_wait", "not_a_number"),
        ({"rejoins": True}, "rules.rejoins", "not_a_number"),
        ({"rejoins": None}, "rules.rejoins", "not_a_number"),
        ({"guard_wait": -1}, "rules.guard_wait", "out_of_range"),
        ({"guard_calls": 0}, "rules.guard_calls", "out_of_range"),
        ({"missed_after": 180_000}, "rules.missed_after", "out_of_range"),  # milliseconds
        ({"recall_after": 200, "missed_after": 120}, "rules.recall_after", "out_of_range"),
        ({"late_until": 300}, "rules.on_time_until", "out_of_range"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        LineRules.of(settings)
    assert [(one.field, one.code) for one in caught.value.fields] == [(field, code)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        LineRules.of({"rejoins": -1, "nonsense": 1})
    assert {one.field for one in caught.value.fields} == {"rules.rejoins", "rules.nonsense"}


def test_every_number_is_documented_as_it_is() -> None:
    text = (Path(__file__).parents[3] / "docs" / "queue_settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+)( s)? \| (\d+) – (\d+) \|", text, re.MULTILINE)
    told = {name: (int(house), bool(unit), (int(least), int(most))) for name, house, unit, least, most in rows}
    durations = {one.name for one in fields(LineRules) if isinstance(getattr(HOUSE, one.name), timedelta)}
    numbers = HOUSE.as_settings()
    assert told == {name: (numbers[name], name in durations, BOUNDS[name]) for name in BOUNDS}


@given(st.fixed_dictionaries({}, optional={name: st.integers(*bounds) for name, bounds in BOUNDS.items()}))
def test_what_was_accepted_is_read_back_as_it_was_set(settings: dict[str, int]) -> None:
    numbers = HOUSE.as_settings() | settings
    if all(numbers[small] <= numbers[large] for small, large in IN_ORDER):
        assert LineRules.of(settings).as_settings() == numbers
    else:
        with pytest.raises(Invalid):
            LineRules.of(settings)
