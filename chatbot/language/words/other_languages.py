"""Detection of languages that the assistant does not speak, by script and common words.

Latin letters need two words of the other language, and more of them than of the assistant's own languages, so
that a borrowed word or a typing error is no other language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..normalize import normalise_text
from .common_words import common_words

# The language of a script, by the first word of its letters' names in Unicode.
SCRIPT_LANGUAGES: Mapping[str, str] = {"ARABIC": "ar", "CYRILLIC": "ru", "CJK": "zh"}
# Letters that only a single language of a script has.
UKRAINIAN_ALPHABET = frozenset("іїєґ")
UKRAINIAN_WORDS = frozenset({"добрий", "записатися", "дякую", "вона", "треба", "можна"})
MIN_FOREIGN_SIGNS = 2  # letters of another script
MIN_FOREIGN_WORDS = 2  # words of another language; a message of two words may be foreign as a whole


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """Common words of another language.

    `distinctive`: those that tell it apart; `shared`: those that an own language has too.
    """

    distinctive: frozenset[str]
    shared: frozenset[str]


@cache
def words_of_languages() -> Mapping[str, LanguageWords]:
    """Read the words of each other language by its code."""
    lines = (Path(__file__).parent / "other_languages.txt").read_text(encoding="ascii").splitlines()
    rows = (line.partition(" ") for line in lines if not line.startswith("#"))
    parts = ((language, words.split("|")) for language, _, words in rows)
    return {language: LanguageWords(*(frozenset(part.split()) for part in both)) for language, both in parts}


def find_other_language(text: str, own: Mapping[str, Collection[str]]) -> str | None:
    """Return the code of a language that the assistant does not speak, or None.

    `own`: frequent words of each language that the assistant speaks.
    """
    if (by_script := _language_of_script(text)) is not None:
        return by_script
    words = [word for word in normalise_text(text).split() if word.isalpha()]
    counts = {
        language: sum(word in known.distinctive for word in words)
        for language, known in words_of_languages().items()
    }
    language = max(counts, key=lambda code: counts[code])
    others = [word for word in words if word not in words_of_languages()[language].shared]
    own_count = max(
        sum(word in frequent or word in common_words(spoken) for word in others)
        for spoken, frequent in own.items()
    )
    is_all = len(words) <= MIN_FOREIGN_WORDS and counts[language] == len(words) > 0 and own_count == 0
    is_most = counts[language] >= MIN_FOREIGN_WORDS and counts[language] > own_count
    return language if is_all or is_most else None


def _language_of_script(text: str) -> str | None:
    letters = [letter for letter in text.casefold() if letter.isalpha()]
    scripts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    script, count = next(iter(scripts.most_common(1)), ("", 0))
    if script not in SCRIPT_LANGUAGES or count < MIN_FOREIGN_SIGNS:
        return None
    is_ukrainian = UKRAINIAN_ALPHABET & set(letters) or UKRAINIAN_WORDS & set(re.findall(r"\w+", text.casefold()))
    return "uk" if is_ukrainian else SCRIPT_LANGUAGES[script]
