"""Merge of two edits of a form: the second person keeps what they typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EditedValues:
    """Values of a form after another person saved the same record.

    `values`: to show and to save next: the typed ones, and the stored ones where nothing was typed. `changed`: the
    stored values that differ from those that the form was loaded with.
    """

    values: Mapping[str, Any]
    changed: Mapping[str, Any]

    @property
    def has_conflict(self) -> bool:
        return bool(self.changed)


def merge_edits(loaded: Mapping[str, Any], typed: Mapping[str, Any], stored: Mapping[str, Any]) -> EditedValues:
    """Compare the loaded, the typed and the stored values of a form."""
    names = dict.fromkeys([*loaded, *typed, *stored])
    changed = {name: stored.get(name) for name in names if stored.get(name) != loaded.get(name)}
    values = {name: stored.get(name) if typed.get(name) == loaded.get(name) else typed.get(name) for name in names}
    return EditedValues(values, {name: value for name, value in changed.items() if value != typed.get(name)})
