"""Reasons to cancel: a text of the office's list, own words, or both."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from office360.core.errors import Invalid
from office360.staff.domain.cancel_reasons import MAX_REASON, cancel_reason_texts

OFFICE: Any = SimpleNamespace(choices={"cancel_reasons": {"works": {"es": "Obras.", "en": "Works."}}})


def texts(key: str, words: str) -> Any:
    return cancel_reason_texts(OFFICE, key, words, lambda sentence: {"es": sentence, "en": sentence})


def test_own_words_follow_the_listed_reason() -> None:
    assert texts("works", "Hasta mayo.") == {"es": "Obras. Hasta mayo.", "en": "Works. Hasta mayo."}
    assert texts("own", "Hasta mayo.") == {"es": "Hasta mayo."}
    assert texts("works", "") == {"es": "Obras.", "en": "Works."}


@pytest.mark.parametrize(
    ("key", "words", "code"),
    [("own", "", "required"), ("own", "a" * (MAX_REASON + 1), "too_long"), ("works", "a" * 294, "too_long")],
)
def test_empty_and_long_reasons_are_refused(key: str, words: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        texts(key, words)
    assert [(error.field, error.code) for error in refused.value.fields] == [("words", code)]


def test_reason_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid):
        texts("no_time", "")
