"""Comparison of two documents value by value. No SQL, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...offices.domain.documents.field import PATH_SEPARATOR
from ...offices.domain.documents.office_kinds import CHOICE_LISTS

Document = dict[str, Any]
Path = tuple[str, ...]
# last part of the path of a table whose keys changed their order; no key contains a `#`
ORDER = "#order"
ORDERED_TABLES = ("services", "desks", "texts", *CHOICE_LISTS)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A changed value. None: there was no value, or there is none any more."""

    path: Path
    before: Any
    after: Any

    @property
    def dotted(self) -> str:
        return ".".join(self.path)

    @property
    def is_order_of_kept(self) -> bool:
        """Whether it is the order of a table whose keys were only added or removed."""
        if self.path[-1] != ORDER:
            return False
        return [key for key in self.before if key in self.after] == [
            key for key in self.after if key in self.before
        ]


def flatten(document: Mapping[str, Any], path: Path = ()) -> dict[Path, Any]:
    """List the values of a document by path. Lists are values; empty tables have none."""
    values: dict[Path, Any] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            values |= flatten(value, (*path, key))
        else:
            values[(*path, key)] = value
    return values


def find_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ValueChange]:
    """Compare two documents. Empty texts and lists count as no value."""
    old, new = flatten(before), flatten(after)
    changes = [
        ValueChange(path, old.get(path), new.get(path))
        for path in dict.fromkeys([*old, *new])
        if _filled(old.get(path)) != _filled(new.get(path))
    ]
    return changes + _order_changes(before, after)


def _filled(value: Any) -> Any:
    return None if value in ("", [], None) else value


def _order_changes(before: Mapping[str, Any], after: Mapping[str, Any], path: Path = ()) -> list[ValueChange]:
    changes = []
    for key, table in before.items():
        other = after.get(key)
        if not isinstance(table, Mapping) or not isinstance(other, Mapping):
            continue
        kept = [name for name in table if name in other]
        # Values alone restore the order if keys were only added or removed at the end.
        is_plain = list(table)[: len(kept)] == kept == list(other)[: len(kept)]
        if key in ORDERED_TABLES and not is_plain:
            changes.append(ValueChange((*path, key, ORDER), list(table), list(other)))
        changes += _order_changes(table, other, (*path, key))
    return changes


def apply_values(document: Mapping[str, Any], values: Iterable[tuple[Path, Any]]) -> Document:
    """Return a copy with these values.

    None removes a value, and the tables that it leaves without values. Values are removed first, so that a table
    can take the place of a value.
    """
    result = copy_document(document)
    for path, value in sorted(values, key=lambda pair: pair[1] is not None):
        if path[-1] == ORDER:
            _reorder(result, path[:-1], value)
        elif value is None:
            _remove(result, path)
        else:
            _set(result, path, value)
    return result


def copy_document(document: Mapping[str, Any]) -> Document:
    """Copy the tables of a document; its values are shared."""
    return {key: copy_document(value) if isinstance(value, Mapping) else value for key, value in document.items()}


def overlay(document: Mapping[str, Any], other: Mapping[str, Any]) -> Document:
    """Return the document with every value that `other` has; the rest stays.

    Keys have the order of `merge_order`.
    """
    result: Document = {}
    for key in merge_order(list(document), list(other)):
        present, value = document.get(key), other.get(key)
        if isinstance(value, Mapping) and isinstance(present, Mapping):
            result[key] = overlay(present, value)
        else:
            result[key] = value if key in other else present
    return result


def merge_order(present: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Order keys so that those of `wanted` stand as in it, and the rest keeps its place.

    A new key follows the key before it in `wanted`.
    """
    known, named = set(present), set(wanted)
    reordered = iter([key for key in wanted if key in known])
    order = [next(reordered) if key in named else key for key in present]
    for place, key in enumerate(wanted):
        if key in known:
            continue
        if place:
            order.insert(order.index(wanted[place - 1]) + 1, key)
        else:
            after = [order.index(other) for other in wanted if other in known]
            order.insert(after[0] if after else len(order), key)
    return order


def value_at(document: Mapping[str, Any], path: Path) -> Any:
    """Return the value at a path, the keys of a table for its order; None if there is none."""
    value: Any = document
    for key in path:
        if key == ORDER:
            return list(value) if isinstance(value, Mapping) else None
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def has_values(document: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a document still has the values of an audit entry, by their dotted path."""
    return all(value_at(document, tuple(dotted.split(PATH_SEPARATOR))) == after[dotted] for dotted in after)


def _set(document: Document, path: Path, value: Any) -> None:
    for key in path[:-1]:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    document[path[-1]] = value


def _remove(document: Document, path: Path) -> None:
    key, rest = path[0], path[1:]
    if key not in document:
        return
    if not rest:
        del document[key]
        return
    if isinstance(document[key], dict):
        _remove(document[key], rest)
        if all(_filled(value) is None for value in flatten(document[key]).values()):
            del document[key]


def _reorder(document: Document, path: Path, keys: Iterable[str]) -> None:
    table = value_at(document, path)
    if isinstance(table, dict):
        ordered = {key: table[key] for key in keys if key in table}
        rest = {key: value for key, value in table.items() if key not in ordered}
        table.clear()
        table.update(ordered | rest)
