"""Proposals for new parts, and edits of the parts of an office document."""

from __future__ import annotations

import pytest
from office360.core.errors import NotFound
from office360.management.domain.part_edits import add_line_to_desks, move_part, order_lines, remove_part
from office360.management.domain.proposals import propose_desk, propose_slug, unused_codes


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Padrón de la ciudad", [], "padron-ciudad"),
        ("Oficina Centro", ["oficina-centro", "oficina-centro-2"], "oficina-centro-3"),
        ("De la", [], "de-la"),
        ("¿?", [], ""),
        ("x" * 90, [], "x" * 61),
    ],
)
def test_short_name_is_proposed_from_name(name: str, taken: list[str], slug: str) -> None:
    assert propose_slug(name, taken) == slug


def test_next_code_and_desk_number_are_free() -> None:
    assert unused_codes({"A", "C"})[:2] == ["B", "D"]
    assert [propose_desk(names) for names in ([], ["1", "7", "Ventanilla"])] == ["1", "8"]


def office_document() -> dict[str, dict[str, dict[str, list[str]]]]:
    return {
        "lines": {"a": {}, "b": {}},
        "desks": {"1": {"lines": ["b", "a"]}, "2": {"lines": ["a"]}, "3": {"lines": []}},
    }


@pytest.mark.parametrize(("key", "places", "order"), [("2", -1, "213"), ("2", 1, "132"), ("1", -1, "123")])
def test_part_moves_by_one_place(key: str, places: int, order: str) -> None:
    assert "".join(move_part(office_document(), "desks", key, places)["desks"]) == order


def test_unknown_part_does_not_move() -> None:
    with pytest.raises(NotFound):
        move_part(office_document(), "desks", "9", 1)


def test_removed_line_leaves_its_desks() -> None:
    changed = remove_part(office_document(), "lines", "a")
    assert list(changed["lines"]) == ["b"]
    assert [desk["lines"] for desk in changed["desks"].values()] == [["b"], [], []]


def test_new_line_is_the_last_of_each_desk() -> None:
    changed = add_line_to_desks(office_document(), "b")
    assert [desk["lines"] for desk in changed["desks"].values()] == [["a", "b"], ["a", "b"], ["b"]]


def test_lines_are_ordered_by_their_place() -> None:
    assert order_lines({"a": "2", "b": "1", "c": None, "d": "2"}) == ["b", "a", "d"]
