"""Edits of a form that two people opened."""

from __future__ import annotations

import pytest
from office360.core.edited_values import form_version, merge_edits, refuse_stale_edit
from office360.core.errors import Conflict


def test_second_editor_keeps_typed_values() -> None:
    loaded = {"name": "Sur", "phone": "1", "town": "Getafe"}
    typed = {"name": "Oficina Sur", "phone": "1", "town": "Getafe"}
    stored = {"name": "El Sur", "phone": "2", "town": "Getafe"}
    merged = merge_edits(form_version(loaded), typed, stored)
    assert merged.values == {"name": "Oficina Sur", "phone": "2", "town": "Getafe"}
    assert merged.changed == {"name": "El Sur", "phone": "2"}


def test_unchanged_record_has_no_conflict() -> None:
    refuse_stale_edit(form_version({"name": "Sur"}), {"name": "El Sur"}, {"name": "Sur"})


def test_same_edit_of_two_people_has_no_conflict() -> None:
    refuse_stale_edit(form_version({"name": "Sur"}), {"name": "El Sur"}, {"name": "El Sur"})


def test_form_without_version_undoes_nothing() -> None:
    refuse_stale_edit({}, {"name": "Sur"}, {"name": None})
    with pytest.raises(Conflict, match="edited_meanwhile"):
        refuse_stale_edit({}, {"name": "Sur"}, {"name": "El Sur"})
