"""Danger in a message: violence, self-harm, illness, fire. Pure.

The search runs before any other grammar.

Harmless expressions with the same words ("I'm dying to know") are removed first. What is left is compared with the
phrases of each kind. Phrases that also occur in requests for a service count only without such a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .danger_lexicon import DangerKind, DangerPhrases
from .en.danger_phrases import ENGLISH_DANGER
from .es.danger_phrases import SPANISH_DANGER
from .lexicon import CUT_OUT
from .normalize import MIN_CORRECTED_LENGTH, normalise_text, spelling_distance

DANGER_PHRASES: Mapping[str, DangerPhrases] = {"es": SPANISH_DANGER, "en": ENGLISH_DANGER}
MAX_SEARCHED_CHARACTERS = 2_000  # bounds the time of the search: a message that asks for something has 500 at most
MIN_LENGTH_FOR_ERROR = 6  # a shorter word is corrected only if it sounds alike: `pagan` is not `pegan`
_REPEATED_CHARACTERS = re.compile(r"([a-z])\1{2,}")  # `socorrooo`


@dataclass(frozen=True, slots=True)
class Danger:
    """Kinds of danger, the most important first, and the language of the phrases."""

    kinds: tuple[DangerKind, ...]
    language: str


def find_danger(text: str, expected_language: str) -> Danger | None:
    """Find danger in a message in any language, the expected first; None without danger."""
    normal = _REPEATED_CHARACTERS.sub(r"\1", normalise_text(text[:MAX_SEARCHED_CHARACTERS]))
    has_request = any(each.request.search(normal) for each in DANGER_PHRASES.values())
    languages = sorted(DANGER_PHRASES, key=lambda language: language != expected_language)
    found = [(language, _find_kinds(normal, language, has_request)) for language in languages]
    return next((Danger(kinds, language) for language, kinds in found if kinds), None)


def _find_kinds(normal: str, language: str, has_request: bool) -> tuple[DangerKind, ...]:
    phrases = DANGER_PHRASES[language]
    # `explosión de ofertas`: a harmless expression may hold a word of danger of the other language
    words = normal
    for other in DANGER_PHRASES.values():
        if other is not phrases:
            words = _remove_harmless(words, other)
    words = " ".join(phrases.short_spellings.get(word, word) for word in words.split())
    words = _remove_harmless(" ".join(_correct_word(word, phrases) for word in words.split()), phrases)
    groups = [phrases.acute] if has_request else [phrases.acute, phrases.without_request]
    return tuple(
        kind for kind in DangerKind if any(kind in group and group[kind].search(words) for group in groups)
    )


def _remove_harmless(words: str, phrases: DangerPhrases) -> str:
    for pattern in phrases.harmless:
        words = " ".join(pattern.sub(CUT_OUT, words).split())
    return words


def _correct_word(word: str, phrases: DangerPhrases) -> str:
    """Replace a misspelt word that has a single wrong letter, or sounds like the right word."""
    if len(word) < MIN_CORRECTED_LENGTH or word in phrases.correctable_words or word in phrases.similar_words:
        return word
    errors = 1 if len(word) >= MIN_LENGTH_FOR_ERROR else 0
    near = [
        (spelling_distance(known, word), known)
        for known in phrases.correctable_words
        if abs(len(known) - len(word)) <= 2
    ]
    best = min(near, default=None)
    return best[1] if best and best[0] <= errors else word
