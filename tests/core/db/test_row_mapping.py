"""Mapping of rows to dataclasses by field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace

import pytest
from office360.core.db.row_mapping import field_names, from_row, row_values


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    name: str
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True)
class Whole:
    id: str
    colour: Colour
    other: Colour | None
    words: tuple[str, ...] | None
    parts: tuple[Part, ...]
    texts: Mapping[str, str] = field(default_factory=dict)


STORED = {
    "id": "1",
    "colour": "red",
    "other": None,
    "words": ["a", "b"],
    "parts": [{"name": "first", "colours": ["blue"]}, {"name": "older"}],
    "texts": {"es": "uno"},
}


def test_row_is_converted_by_annotations() -> None:
    whole = from_row(Whole, SimpleNamespace(**STORED, unused=1))
    assert whole == Whole(
        "1", Colour.RED, None, ("a", "b"), (Part("first", (Colour.BLUE,)), Part("older")), {"es": "uno"}
    )
    assert isinstance(whole.colour, Colour)
    assert from_row(Whole, SimpleNamespace(**STORED | {"words": None, "other": "blue"})).other is Colour.BLUE


def test_given_values_replace_columns() -> None:
    row = SimpleNamespace(**{name: value for name, value in STORED.items() if name != "parts"})
    assert from_row(Whole, row, parts=(), id="2") == Whole("2", Colour.RED, None, ("a", "b"), (), {"es": "uno"})


def test_missing_column_raises_error() -> None:
    with pytest.raises(AttributeError, match="parts"):
        from_row(Whole, SimpleNamespace(id="1", colour="red", other=None, words=None))


def test_row_values_restore_the_object() -> None:
    whole = from_row(Whole, SimpleNamespace(**STORED))
    columns = row_values(whole, id="3", added=True)
    assert columns == STORED | {
        "id": "3",
        "added": True,
        "parts": [{"name": "first", "colours": ["blue"]}, {"name": "older", "colours": []}],
    }
    assert tuple(STORED) == field_names(Whole)
