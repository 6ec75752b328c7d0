"""Proposals for short names, letters and desk numbers of a new part of an office."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from string import ascii_uppercase

from ...offices.domain.documents.field import MAX_SLUG, SLUG

_SMALL_WORDS = frozenset({"de", "del", "la", "las", "el", "los", "y", "e", "of", "the", "and"})


def propose_slug(name: str, taken: Collection[str]) -> str:
    """Return a free short name for a name: `Padrón de la ciudad` → `padron-ciudad`.

    Empty if the name has no Latin letter or digit.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    kept = [word for word in words if word not in _SMALL_WORDS] or words
    base = "-".join(kept)[: MAX_SLUG - 3].rstrip("-")
    if not base or base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def is_slug(text: str) -> bool:
    """Tell whether a text can be a short name."""
    return bool(SLUG.fullmatch(text)) and len(text) <= MAX_SLUG


def unused_codes(taken: Collection[str]) -> list[str]:
    """Return the letters that no line has, in alphabetical order."""
    return [code for code in ascii_uppercase if code not in taken]


def propose_desk(names: Collection[str]) -> str:
    """Return the number after the highest."""
    return str(max((int(name) for name in names if is_number(name)), default=0) + 1)


def is_number(text: str) -> bool:
    """Tell whether a text is a number that a desk can have."""
    return text.isascii() and text.isdecimal() and len(text) <= 3
