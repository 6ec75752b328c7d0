"""Text search without case, accents and spaces."""

from __future__ import annotations

import pytest
from office360.core.i18n.text_search import is_search_match


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
def test_search_ignores_case_accents_spaces_and_dashes(query: str, text: str) -> None:
    assert is_search_match(query, [text])


def test_search_requires_every_word() -> None:
    assert is_search_match("amina b042", ["B-042", "Amina"])
    assert not is_search_match("amina b043", ["B-042", "Amina"])


@pytest.mark.parametrize("query", ["", "  ", "-", "?"])
def test_empty_query_matches_no_text(query: str) -> None:
    assert not is_search_match(query, ["Amina", None])
