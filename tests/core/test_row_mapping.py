"""Mapping of rows to dataclasses by field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace

import pytest
from office360.core.row_mapping import field_names, from_row, row_values


class MappedColour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class MappedPart:
    name: str
    colours: tuple[MappedColour, ...] = ()


@dataclass(frozen=True)
class MappedWhole:
    id: str
    colour: MappedColour
    other: MappedColour | None
    words: tuple[str, ...] | None
    parts: tuple[MappedPart, ...]
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
    whole = from_row(MappedWhole, SimpleNamespace(**STORED, unused=1))
    assert whole == MappedWhole(
        "1",
        MappedColour.RED,
        None,
        ("a", "b"),
        (MappedPart("first", (MappedColour.BLUE,)), MappedPart("older")),
        {"es": "uno"},
    )
    assert isinstance(whole.colour, MappedColour)
    assert (
        from_row(MappedWhole, SimpleNamespace(**STORED | {"words": None, "other": "blue"})).other
        is MappedColour.BLUE
    )


def test_given_values_replace_columns() -> None:
    row = SimpleNamespace(**{name: value for name, value in STORED.items() if name != "parts"})
    assert from_row(MappedWhole, row, parts=(), id="2") == MappedWhole(
        "2", MappedColour.RED, None, ("a", "b"), (), {"es": "uno"}
    )


def test_missing_column_raises_error() -> None:
    with pytest.raises(AttributeError, match="parts"):
        from_row(MappedWhole, SimpleNamespace(id="1", colour="red", other=None, words=None))


def test_row_values_restore_the_object() -> None:
    whole = from_row(MappedWhole, SimpleNamespace(**STORED))
    columns = row_values(whole, id="3", added=True)
    assert columns == STORED | {
        "id": "3",
        "added": True,
        "parts": [{"name": "first", "colours": ["blue"]}, {"name": "older", "colours": []}],
    }
    assert tuple(STORED) == field_names(MappedWhole)


class LaterName:
    """A row whose name is not among its own values, as a column that is not loaded yet."""

    def __init__(self) -> None:
        self.colours = ["red"]

    @property
    def name(self) -> str:
        return "loaded"


@dataclass(frozen=True, slots=True)
class SlottedRow:
    name: str
    colours: tuple[str, ...]


@pytest.mark.parametrize("row", [LaterName(), SlottedRow("loaded", ("red",))])
def test_row_without_values_in_dict_is_read_by_attributes(row: object) -> None:
    assert from_row(MappedPart, row) == MappedPart("loaded", (MappedColour.RED,))
