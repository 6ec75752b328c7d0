"""Version of a form that several people open, and the merge of their edits. Pure.

A form carries its version in the hidden field `loaded`. A version is hashes instead of values: legal texts in
several languages would fill the longest form that the server takes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Conflict

FormVersion = Mapping[str, str]  # a short hash of each value that a form showed, by field


@dataclass(frozen=True, slots=True)
class EditedValues:
    """Values of a form after another person saved the same record.

    `values`: to show and to save next: the typed ones, and the stored ones where nothing was typed. `changed`: the
    stored values that differ from those that the form was loaded with, and from the typed ones.
    """

    values: Mapping[str, Any]
    changed: Mapping[str, Any]


def form_version(values: Mapping[str, Any]) -> FormVersion:
    """Return the version of the values that a form shows: plain ones, as JSON has them."""
    return {name: _hash(value) for name, value in values.items()}


def merge_edits(loaded: FormVersion, typed: Mapping[str, Any], stored: Mapping[str, Any]) -> EditedValues:
    """Compare the loaded version, the typed and the stored values of a form."""
    names = dict.fromkeys([*loaded, *typed, *stored])
    shown = {name: loaded.get(name, NO_VALUE) for name in names}
    values = {name: (stored if _hash(typed.get(name)) == shown[name] else typed).get(name) for name in names}
    changed = {
        name: stored.get(name)
        for name in names
        if _hash(stored.get(name)) != shown[name] and stored.get(name) != typed.get(name)
    }
    return EditedValues(values, changed)


def refuse_stale_edit(loaded: FormVersion, typed: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Refuse an edit that would undo what another person saved after the form was opened.

    Raises Conflict("edited_meanwhile").
    """
    if merge_edits(loaded, typed, stored).changed:
        raise Conflict("edited_meanwhile")


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


NO_VALUE = _hash(None)
