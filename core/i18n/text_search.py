"""Finds what people mean: without capitals, accents, spaces and dashes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold_text(text: str) -> str:
    """Only letters and figures, small and without accents: `María-José` is `mariajose`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if one.isalnum())


def is_search_match(query: str, texts: Iterable[str | None]) -> bool:
    """Whether one text holds the query as it is written, or every word of it stands somewhere in them."""
    folded = [fold_text(text) for text in texts if text]
    whole = fold_text(query)
    if not whole:
        return False
    if any(whole in text for text in folded):
        return True
    words = [fold_text(word) for word in query.split()]
    return all(any(word in text for text in folded) for word in words if word)
