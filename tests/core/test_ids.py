"""Identifiers and locators."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from office360.core.ids import CROCKFORD, group_locator, new_id, new_locator, normalize_locator


def test_identifiers_are_unique_and_sort_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert [one[:10] for one in made] == sorted(one[:10] for one in made)
    assert all(len(one) == 26 for one in made)


def test_locator_uses_dictation_alphabet() -> None:
    locator = new_locator()
    assert len(locator) == 8
    assert set(locator) <= set(CROCKFORD)


def test_typed_locator_is_normalized() -> None:
    assert normalize_locator(" 7kqm-2x9t ") == "7KQM2X9T"
    assert normalize_locator("oil") == "011"
    for typed in (
        "7K-QM-2X-9T",
        "7kqm\N{NO-BREAK SPACE}2x9t",
        "7 K Q M 2 X 9 T",
        "7KQM \N{EN DASH} 2X9T",
        "7KQM2X9T.",
    ):
        assert normalize_locator(typed) == "7KQM2X9T", typed


@given(st.text(CROCKFORD, min_size=8, max_size=8))
def test_formatted_locator_normalizes_to_itself(locator: str) -> None:
    assert normalize_locator(group_locator(locator).lower()) == locator
