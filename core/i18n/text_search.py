"""Text search that ignores case, accents, spaces and dashes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold_text(text: str) -> str:
    """Reduce to lower-case letters and digits without accents: `María-José` gives `mariajose`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isalnum())


def is_search_match(query: str, texts: Iterable[str | None]) -> bool:
    """Tell whether one text contains the query, or the texts together contain all its words."""
    folded = [fold_text(text) for text in texts if text]
    whole = fold_text(query)
    if not whole:
        return False
    if any(whole in text for text in folded):
        return True
    words = [fold_text(word) for word in query.split()]
    return all(any(word in text for text in folded) for word in words if word)
