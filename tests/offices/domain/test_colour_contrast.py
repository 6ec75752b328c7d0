"""Contrast ratios of known colours, and the nearest legible colours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.offices.domain.colour_contrast import (
    Oklch,
    contrast_ratio,
    is_colour,
    nearest_legible_colour,
    round_contrast,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#FFFFFF", "#FFFFFF", 1.0),
        ("#777777", "#FFFFFF", 4.48),  # the best-known grey that fails
        ("#767676", "#FFFFFF", 4.54),  # and the next colour, which passes
        ("#FF0000", "#FFFFFF", 4.00),
        ("#0B5C6B", "#FFFFFF", 7.62),
        ("#F2B705", "#13202B", 9.10),
    ],
)
def test_contrast_equals_known_values(first: str, second: str, ratio: float) -> None:
    assert contrast_ratio(first, second) == contrast_ratio(second, first)
    assert contrast_ratio(first, second) == pytest.approx(ratio, abs=0.01)


def test_red_has_known_oklch_coordinates() -> None:
    red = Oklch.from_hex("#FF0000")
    assert (red.lightness, red.chroma, red.hue) == pytest.approx((0.628, 0.258, 0.510), abs=0.001)


@given(COLOURS)
def test_colour_survives_conversion(colour: str) -> None:
    assert Oklch.from_hex(colour).to_hex() == colour


@given(COLOURS)
def test_nearest_colour_is_legible_on_all_backgrounds(colour: str) -> None:
    backgrounds = ("#FFFFFF", "#F2EFE8")
    nearest = nearest_legible_colour(colour, backgrounds)
    assert min(contrast_ratio(nearest, other) for other in backgrounds) >= 4.5


@given(COLOURS)
def test_legible_colour_stays_unchanged(colour: str) -> None:
    nearest = nearest_legible_colour(colour, ("#FFFFFF",))
    assert (nearest == colour) == (contrast_ratio(colour, "#FFFFFF") >= 4.5)
    assert nearest_legible_colour(nearest, ("#FFFFFF",)) == nearest


def test_rounded_contrast_never_passes_by_rounding() -> None:
    assert round_contrast(4.49) == 4.4


@pytest.mark.parametrize("text", ["", "teal", "#12345", "#1234567", "0B5C6B", "#0B5C6G", "#0B5C6B;"])
def test_other_texts_are_no_colours(text: str) -> None:
    assert not is_colour(text)
