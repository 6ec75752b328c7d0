"""Durations as people type them, converted exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.management.domain.amounts import UNIT_SECONDS, format_amount, parse_amount


@pytest.mark.parametrize(
    ("typed", "base", "stored"),
    [
        ("10 minutes", "seconds", 600),
        ("1.5 hours", "minutes", 90),
        ("1,5 hours", "minutes", 90),
        ("30 days", "minutes", 43_200),
        ("0", "minutes", 0),
        ("-5 minutes", "seconds", -300),
        ("90 seconds", "seconds", 90),
        ("90 seconds", "minutes", None),
        ("0.33 hours", "minutes", None),
        ("ten minutes", "minutes", None),
        ("10 weeks", "minutes", None),
        ("1e3 minutes", "minutes", None),
        ("", "minutes", None),
        ("٣ minutes", "minutes", None),
    ],
)
def test_amount_is_converted_exactly_or_not_at_all(typed: str, base: str, stored: int | None) -> None:
    assert parse_amount(typed, base) == stored


@pytest.mark.parametrize(
    ("value", "units", "base", "written"),
    [
        (600, ("minutes",), "seconds", "10 minutes"),
        (100, ("minutes",), "seconds", "100 seconds"),
        (1440, ("minutes", "hours", "days"), "minutes", "1 days"),
        (90, ("minutes", "hours", "days"), "minutes", "90 minutes"),
        (0, ("minutes", "hours"), "minutes", "0 minutes"),
    ],
)
def test_amount_is_written_in_largest_exact_unit(
    value: int, units: tuple[str, ...], base: str, written: str
) -> None:
    assert format_amount(value, units, base) == written


@given(
    st.integers(0, 10_000_000),
    st.sampled_from(["seconds", "minutes", "days"]),
    st.lists(st.sampled_from(list(UNIT_SECONDS)), min_size=1, unique=True),
)
def test_written_amount_is_read_back(value: int, base: str, units: list[str]) -> None:
    possible = [unit for unit in units if UNIT_SECONDS[unit] >= UNIT_SECONDS[base]] or [base]
    assert parse_amount(format_amount(value, possible, base), base) == value
