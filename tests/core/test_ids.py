"""Identifiers and locators: their alphabet, length and order."""

from __future__ import annotations

import pytest
from office360.core import ids


def encode_by_definition(number: int, length: int) -> str:
    """Write a number in Crockford's base 32, digit by digit."""
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits = ids.CROCKFORD[digit] + digits
    return digits


@pytest.mark.parametrize(("bits", "length"), [(128, 26), (40, 8)])
def test_encoded_number_follows_crockford(bits: int, length: int) -> None:
    for number in (0, 1, 31, 32, 2**bits - 1, 2 ** (bits - 1) + 12_345, 0x0123456789):
        assert ids._encode_crockford(number, length) == encode_by_definition(number, length)


def test_ids_sort_by_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for millisecond in (1, 2, 31, 32, 1_764_000_000_000):
        monkeypatch.setattr("time.time_ns", lambda at=millisecond: at * 1_000_000)
        made.append(ids.new_id())
    assert made == sorted(made)
    assert {len(made_id) for made_id in made} == {26}
