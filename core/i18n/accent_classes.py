"""Patterns with which a database finds accented names by plain words. No SQL."""

from __future__ import annotations

from functools import cache

from .text_search import fold_text

# Latin-1 and Latin Extended-A, and the Romanian letters with comma: the names of most of Europe
_ACCENTED_CODES = (*range(0x00C0, 0x0180), *range(0x0218, 0x021C))


@cache
def _accented_by_plain() -> dict[str, str]:
    found: dict[str, str] = {}
    for code in _ACCENTED_CODES:
        plain = fold_text(chr(code))
        if len(plain) == 1 and plain.isascii():
            found[plain] = found.get(plain, "") + chr(code)
    return found


def accent_pattern(folded_word: str) -> str:
    """Build a pattern of classes for a folded word: `[gGĝ…][aAá…]`.

    SQLite's GLOB and the regular expressions of PostgreSQL read it alike, because a folded word has letters and
    digits only. It tells capitals apart, so that a class names both.
    """
    return "".join(_character_class(character) for character in folded_word)


def _character_class(character: str) -> str:
    if not character.isalpha():
        return character
    both = character + character.upper() + _accented_by_plain().get(character, "")
    return "[" + "".join(dict.fromkeys(both)) + "]"
