"""Comparison of documents, and two people who edit the same form."""

from __future__ import annotations

from office360.management.domain.document_changes import ORDER, apply_values, find_changes, overlay

BEFORE = {
    "name": "Sur",
    "hours": {"monday": ["09:00-14:00"]},
    "services": {"a": {"minutes": 10}, "b": {"minutes": 5}},
}
AFTER = {"name": "Sur", "town": "Getafe", "hours": {}, "services": {"b": {"minutes": 5}, "a": {"minutes": 15}}}


def test_changes_name_each_value() -> None:
    found = {change.path: (change.before, change.after) for change in find_changes(BEFORE, AFTER)}
    assert found == {
        ("hours", "monday"): (["09:00-14:00"], None),
        ("services", "a", "minutes"): (10, 15),
        ("town",): (None, "Getafe"),
        ("services", ORDER): (["a", "b"], ["b", "a"]),
    }


def test_equal_documents_have_no_changes() -> None:
    assert find_changes(BEFORE, {**BEFORE, "town": "", "desks": {}}) == []


def test_changes_can_be_taken_back() -> None:
    back = apply_values(AFTER, [(change.path, change.before) for change in find_changes(BEFORE, AFTER)])
    assert find_changes(BEFORE, back) == []
    assert list(back["services"]) == ["a", "b"]


def test_overlay_keeps_what_the_other_does_not_mention() -> None:
    assert overlay({"a": 1, "t": {"x": 1, "y": 2}}, {"t": {"y": 3}}) == {"t": {"y": 3, "x": 1}, "a": 1}


def test_removed_values_take_their_table_with_them() -> None:
    before = {"lines": {"a": {"letter": "A", "settings": {}}}}
    after = {"lines": {**before["lines"], "b": {"letter": "B", "settings": {}, "desks": []}}}
    undone = [(change.path, change.before) for change in find_changes(before, after)]
    assert apply_values(after, undone) == before
