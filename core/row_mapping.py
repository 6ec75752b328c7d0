"""Mapping of rows to domain dataclasses by the names of their fields. No SQL.

A column that is named like a field needs no code. A caller passes only the values that differ.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Converter = Callable[[Any], Any]


def from_row(to_type: Callable[..., T], row: Any, **values: Any) -> T:
    """Build a dataclass from the columns that are named like its fields.

    `values` replace columns. Enums, tuples, sets and nested dataclasses are converted by their annotations.
    """
    names, read, converters = _columns(to_type, tuple(values))
    columns = dict(zip(names, read(row), strict=True))
    for name, converter in converters:
        columns[name] = _apply(converter, columns[name])
    return to_type(**columns, **values)


def row_values(item: Any, **values: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as columns. `values` replace or add columns.

    Tuples become lists, which JSON columns store, and nested dataclasses become objects.
    """
    return {
        name: _to_column(getattr(item, name)) for name in field_names(item.__class__) if name not in values
    } | values


@cache
def field_names(of_type: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields in order: its columns."""
    return tuple(field.name for field in fields(of_type))


@cache
def _columns(
    to_type: Any, given: tuple[str, ...]
) -> tuple[list[str], Callable[[Any], Any], list[tuple[str, Converter]]]:
    """Return the columns to read, what reads them at once, and the converters of some."""
    converters = {name: converter for name, converter in _converters(to_type) if name not in given}
    names = list(converters)
    used = [(name, converter) for name, converter in converters.items() if converter is not None]
    return names, column_reader(tuple(names)), used


@cache
def column_reader(names: tuple[str, ...]) -> Callable[[Any], Sequence[Any]]:
    """Return a function that reads these columns of a row at once."""
    if len(names) < 2:  # attrgetter would return no tuple
        return lambda row: [getattr(row, name) for name in names]
    from_attributes: Callable[[Any], Sequence[Any]] = attrgetter(*names)
    from_dict: Callable[[Any], Sequence[Any]] = itemgetter(*names)

    def read(row: Any) -> Sequence[Any]:
        # A mapped object keeps its loaded columns in `__dict__`. Each of its attributes is a Python call, which
        # took a fifth of reading an office. Rows of Core and dataclasses with slots have no `__dict__`.
        if not type(row).__dictoffset__:
            return from_attributes(row)
        try:
            return from_dict(row.__dict__)
        except KeyError:
            # a column that is not loaded, or a property
            return from_attributes(row)

    return read


@cache
def _converters(to_type: Any) -> tuple[tuple[str, Converter | None], ...]:
    hints = get_type_hints(to_type)
    return tuple((name, _converter(hints[name])) for name in field_names(to_type))


def _converter(hint: Any) -> Converter | None:
    """Return the converter of stored values to this annotation; None if none is needed."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        present = [argument for argument in arguments if argument is not types.NoneType]
        return _converter(present[0]) if len(present) == 1 else None
    if origin in (tuple, frozenset):
        member = _converter(arguments[0]) if Ellipsis in arguments or origin is frozenset else None
        return origin if member is None else lambda stored: origin(map(member, stored))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if is_dataclass(hint):
        return lambda stored: _from_json(hint, stored)
    return None


def _from_json(to_type: Any, stored: Mapping[str, Any]) -> Any:
    converters = dict(_converters(to_type))
    # keys that are missing were added after the row was written, and take their default
    return to_type(**{name: _apply(converters[name], value) for name, value in stored.items()})


def _apply(converter: Converter | None, value: Any) -> Any:
    return value if converter is None or value is None else converter(value)


def _to_column(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_column(member) for member in value]
    return row_values(value) if is_dataclass(value) else value
