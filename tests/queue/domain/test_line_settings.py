"""The settings of a line: defaults, overrides, and the error of each invalid value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.errors import Invalid
from office360.offices.domain.documents.field import Number, declared_fields
from office360.queue.domain.line_settings import DEFAULT_LINE_SETTINGS, LineSettings

SETTINGS = {key: kind for key, kind in declared_fields(LineSettings).items() if isinstance(kind, Number)}
BOUNDS = {key: (kind.least, kind.most) for key, kind in SETTINGS.items()}
ORDERED = [(key, kind.not_above) for key, kind in SETTINGS.items() if kind.not_above]


def test_line_without_overrides_has_defaults() -> None:
    assert LineSettings.from_overrides({}) == DEFAULT_LINE_SETTINGS == LineSettings()


def test_override_changes_only_the_named_settings() -> None:
    settings = LineSettings.from_overrides({"guard_wait": 3600, "rejoins": 2})
    assert (settings.guard_wait, settings.rejoins) == (timedelta(hours=1), 2)
    assert settings.missed_after == DEFAULT_LINE_SETTINGS.missed_after


def test_every_setting_has_bounds_that_contain_its_default() -> None:
    numbers = DEFAULT_LINE_SETTINGS.to_numbers()
    assert all(BOUNDS[name][0] <= number <= BOUNDS[name][1] for name, number in numbers.items())
    assert LineSettings.from_overrides(numbers) == DEFAULT_LINE_SETTINGS


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
        ({"missed_after": 180_000}, "rules.missed_after", "out_of_range"),  # the value is in milliseconds
        ({"recall_after": 200, "missed_after": 120}, "rules.recall_after", "out_of_range"),
        ({"late_until": 300}, "rules.on_time_until", "out_of_range"),
    ],
)
def test_invalid_setting_is_named_with_its_code(settings: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        LineSettings.from_overrides(settings)
    assert [(error.field, error.code) for error in caught.value.fields] == [(field, code)]


def test_all_invalid_settings_are_reported_together() -> None:
    with pytest.raises(Invalid) as caught:
        LineSettings.from_overrides({"rejoins": -1, "nonsense": 1})
    assert {error.field for error in caught.value.fields} == {"rules.rejoins", "rules.nonsense"}


@given(st.fixed_dictionaries({}, optional={name: st.integers(*bounds) for name, bounds in BOUNDS.items()}))
def test_accepted_settings_are_returned_unchanged(settings: dict[str, int]) -> None:
    numbers = DEFAULT_LINE_SETTINGS.to_numbers() | settings
    if all(numbers[small] <= numbers[large] for small, large in ORDERED):
        assert LineSettings.from_overrides(settings).to_numbers() == numbers
    else:
        with pytest.raises(Invalid):
            LineSettings.from_overrides(settings)
