"""Typed hours of a day: intervals, midnight, errors, and days side by side."""

from __future__ import annotations

from datetime import date

import pytest
from office360.management.domain.week_hours import (
    days_between,
    find_error,
    group_days,
    pairs_to_intervals,
    typed_pairs,
)

EMPTY = ("", "")


@pytest.mark.parametrize("intervals", [[], ["09:00-14:00", "16:00-24:00"], ["00:00-24:00"]])
def test_intervals_survive_the_form(intervals: list[str]) -> None:
    pairs = typed_pairs(intervals)
    assert len(pairs) == 3
    assert pairs_to_intervals(pairs) == intervals
    assert find_error(pairs) is None


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ([("09:00", "14:00"), EMPTY, ("16:00", "00:00")], None),
        ([("09:00", "14:00"), ("14:00", "16:00")], None),
        ([("09:00", "")], "hours_incomplete"),
        ([EMPTY, ("", "14:00")], "hours_incomplete"),
        ([("14:00", "09:00")], "ends_before_start"),
        ([("09:00", "09:00")], "ends_before_start"),
        ([("22:00", "02:00")], "ends_before_start"),
        ([("09:00", "14:00"), ("13:00", "16:00")], "overlapping_hours"),
        ([("09:00", "00:00"), ("16:00", "18:00")], "overlapping_hours"),
        ([("9 am", "14:00")], "not_a_clock_time"),
        ([("09:00", "24:30")], "not_a_clock_time"),
    ],
)
def test_first_error_of_a_day_is_found(pairs: list[tuple[str, str]], error: str | None) -> None:
    assert find_error(pairs) == error


def test_consecutive_days_with_one_reason_are_joined() -> None:
    days = dict.fromkeys(days_between(date(2026, 12, 30), date(2027, 1, 2)), "Navidad") | {"2027-01-04": "Navidad"}
    days["2027-01-01"] = "Año Nuevo"
    assert group_days(days.items()) == [
        (["2026-12-30", "2026-12-31"], "Navidad"),
        (["2027-01-01"], "Año Nuevo"),
        (["2027-01-02"], "Navidad"),
        (["2027-01-04"], "Navidad"),
    ]
