"""What is typed finds what is meant."""

from __future__ import annotations

import pytest
from office360.core.i18n.text_search import is_found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("munoz", "Amina Muñoz Pérez"),
        ("perez amina", "Amina Muñoz Pérez"),
        ("b 42", "B-42"),
        ("612 34 56 78", "+34612345678"),
        ("7kqm 2x9t", "7KQM2X9T"),
        ("AMINA@", "amina@example.org"),
    ],
)
def test_capitals_accents_spaces_and_dashes_do_not_matter(query: str, text: str) -> None:
    assert is_found(query, [text])


def test_every_word_must_stand_somewhere() -> None:
    assert is_found("amina b042", ["B-042", "Amina"])
    assert not is_found("amina b043", ["B-042", "Amina"])


@pytest.mark.parametrize("query", ["", "  ", "-", "?"])
def test_nothing_finds_nothing(query: str) -> None:
    assert not is_found(query, ["Amina", None])
