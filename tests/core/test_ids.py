"""Identifiers and locators."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from office360.core.ids import CROCKFORD, new_id, new_locator, normalise_locator, spoken_locator


def test_identifiers_are_unique_and_sort_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert [one[:10] for one in made] == sorted(one[:10] for one in made)
    assert all(len(one) == 26 for one in made)


def test_a_locator_can_be_dictated() -> None:
    locator = new_locator()
    assert len(locator) == 8
    assert set(locator) <= set(CROCKFORD)


def test_what_a_person_types_is_read_kindly() -> None:
    assert normalise_locator(" 7kqm-2x9t ") == "7KQM2X9T"
    assert normalise_locator("oil") == "011"
    for typed in (
        "7K-QM-2X-9T",
        "7kqm\N{NO-BREAK SPACE}2x9t",
        "7 K Q M 2 X 9 T",
        "7KQM \N{EN DASH} 2X9T",
        "7KQM2X9T.",
    ):
        assert normalise_locator(typed) == "7KQM2X9T", typed


@given(st.text(CROCKFORD, min_size=8, max_size=8))
def test_a_locator_is_read_as_itself(locator: str) -> None:
    assert normalise_locator(spoken_locator(locator).lower()) == locator
