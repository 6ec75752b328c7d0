"""Normalised text for the grammars: lower case, no accents, corrected spelling. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz.distance import OSA

EMOJI_WORDS = {"\N{THUMBS UP SIGN}": " ok ", "\N{THUMBS DOWN SIGN}": " no ", "\N{OK HAND SIGN}": " ok "}
PLURAL_ENDINGS = ("s", "es", "n")  # `próximos`, `changes`, `vienen`
MIN_CORRECTED_LENGTH = 4  # letters; shorter words are too similar: `mar` is not `mal`
# Minimum length of a word, and the number of wrong letters that is accepted: `juevs`, `noviemrbe`, `wensday`.
_ALLOWED_ERRORS = ((9, 2), (7, 2), (4, 1))
_SEPARATOR_BETWEEN_DIGITS = re.compile(r"(?<=\d)[:.,/-](?=\d)")
_PROTECT_SEPARATORS = str.maketrans({":": "\x01", ".": "\x02", "/": "\x03", "-": "\x04", ",": "\x05"})
_RESTORE_SEPARATORS = str.maketrans({"\x01": ":", "\x02": ".", "\x03": "/", "\x04": "-", "\x05": "."})


def normalise_text(text: str) -> str:
    """Reduce a text to letters, digits, commas and separators between digits.

    `¿El 3/12, a las 10:30?` becomes `el 3/12 , a las 10:30`.
    """
    for sign, word in EMOJI_WORDS.items():
        text = text.replace(sign, word)
    small = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in small if not unicodedata.combining(character))
    letters = re.sub(r"['’‘`´]", "", letters)
    joined = _SEPARATOR_BETWEEN_DIGITS.sub(lambda found: found.group().translate(_PROTECT_SEPARATORS), letters)
    commas = re.sub(r"[,;.!?…]+(?=\s|$)", " , ", joined)
    spaced = re.sub(r"[^a-z0-9,\x01-\x05]+", " ", commas)
    return re.sub(r"(\s*,\s*)+", " , ", spaced).strip(" ,").translate(_RESTORE_SEPARATORS)


def correct_spelling(
    text: str, known: Collection[str], unchanged: Collection[str] = (), common: Collection[str] = ()
) -> str:
    """Replace misspelt words by the nearest word of `known`, except the words of `unchanged`.

    A word of `common` is a word of its own: only its plural ending is cut.
    """
    return " ".join(
        _known_singular(word, known) if word in common else _correct_word(word, known, unchanged)
        for word in text.split()
    )


def _known_singular(word: str, known: Collection[str]) -> str:
    if word in known:
        return word
    singulars = (word.removesuffix(ending) for ending in PLURAL_ENDINGS if word.endswith(ending))
    return next((singular for singular in singulars if singular in known), word)


def _correct_word(word: str, known: Collection[str], unchanged: Collection[str]) -> str:
    if len(word) < MIN_CORRECTED_LENGTH or not word.isalpha() or word in known or word in unchanged:
        return word
    sound = phonetic_form(word)
    near = [
        (_spelling_distance(candidate, word, sound), candidate)
        for candidate in known
        if abs(len(candidate) - len(word)) <= 2
        and (candidate[0] == word[0] or _cached_phonetic_form(candidate)[:1] == sound[:1])
    ]
    best = min(near, default=None)
    return best[1] if best and best[0] <= allowed_errors(best[1]) else word


def has_same_initial_sound(known: str, word: str) -> bool:
    """Whether two words may be the same: spelling errors in the first sound are rare."""
    return known[0] == word[0] or _cached_phonetic_form(known)[:1] == phonetic_form(word)[:1]


def spelling_distance(known: str, word: str) -> int:
    """Count the missing, added, wrong and swapped letters; 0 if the words sound alike."""
    return _spelling_distance(known, word, phonetic_form(word))


def _spelling_distance(known: str, word: str, sound: str) -> int:
    return int(min(OSA.distance(known, word), OSA.distance(_cached_phonetic_form(known), sound)))


# Letters with the same sound in Spanish, which people confuse: b and v, s and z, g and j before e…
_SOUNDS = (
    (re.compile(r"ch"), "\x10"),
    (re.compile(r"h"), ""),
    (re.compile(r"v"), "b"),
    (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"qu(?=[ei])|c|q"), "k"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"ll"), "y"),
)


@lru_cache(maxsize=8_192)  # words of lexicons and catalogues only, never the words of citizens
def _cached_phonetic_form(word: str) -> str:
    return phonetic_form(word)


def phonetic_form(word: str) -> str:
    """Write a word as it sounds, so that `keja` equals `queja`."""
    for spelling, sound in _SOUNDS:
        word = spelling.sub(sound, word)
    return word


def allowed_errors(word: str) -> int:
    """Return the number of wrong letters that is accepted in a word of this length."""
    return next((errors for length, errors in _ALLOWED_ERRORS if len(word) >= length), 0)
