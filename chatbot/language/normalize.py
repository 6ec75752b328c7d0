"""What somebody typed, as the grammars read it: small letters, no accents, typing errors mended. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz.distance import OSA

EMOJI_WORDS = {"\N{THUMBS UP SIGN}": " ok ", "\N{THUMBS DOWN SIGN}": " no ", "\N{OK HAND SIGN}": " ok "}
MIN_CORRECTED_LENGTH = 4  # shorter words are too near to one another: `mar` is no `mal`
# How many letters may be wrong, by the length of the word: `juevs`, but also `noviemrbe` and `wensday`.
_ALLOWED_ERRORS = ((9, 2), (7, 2), (4, 1))
_SEPARATOR_BETWEEN_DIGITS = re.compile(r"(?<=\d)[:.,/-](?=\d)")
_PROTECT_SEPARATORS = str.maketrans({":": "\x01", ".": "\x02", "/": "\x03", "-": "\x04", ",": "\x05"})
_RESTORE_SEPARATORS = str.maketrans({"\x01": ":", "\x02": ".", "\x03": "/", "\x04": "-", "\x05": "."})


def normalise_text(text: str) -> str:
    """`¿El 3/12, a las 10:30?` is `el 3/12 , a las 10:30`: letters, figures, commas and what joins figures."""
    for sign, word in EMOJI_WORDS.items():
        text = text.replace(sign, word)
    small = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in small if not unicodedata.combining(one))
    letters = re.sub(r"['’‘`´]", "", letters)
    joined = _SEPARATOR_BETWEEN_DIGITS.sub(lambda found: found.group().translate(_PROTECT_SEPARATORS), letters)
    commas = re.sub(r"[,;.!?…]+(?=\s|$)", " , ", joined)
    spaced = re.sub(r"[^a-z0-9,\x01-\x05]+", " ", commas)
    return re.sub(r"(\s*,\s*)+", " , ", spaced).strip(" ,").translate(_RESTORE_SEPARATORS)


def correct_spelling(text: str, known: Collection[str], unchanged: Collection[str] = ()) -> str:
    """The plain text with misspelt words as they stand in `known`; words of `kept` stay as they are."""
    return " ".join(_correct_word(word, known, unchanged) for word in text.split())


def _correct_word(word: str, known: Collection[str], unchanged: Collection[str]) -> str:
    if len(word) < MIN_CORRECTED_LENGTH or not word.isalpha() or word in known or word in unchanged:
        return word
    heard = phonetic_form(word)
    near = [
        (_spelling_distance(one, word, heard), one)
        for one in known
        if abs(len(one) - len(word)) <= 2 and (one[0] == word[0] or _cached_phonetic_form(one)[:1] == heard[:1])
    ]
    best = min(near, default=None)
    return best[1] if best and best[0] <= allowed_errors(best[1]) else word


def has_same_initial_sound(known: str, word: str) -> bool:
    """Whether two words may be the same: an error in the first sound is rare."""
    return known[0] == word[0] or _cached_phonetic_form(known)[:1] == phonetic_form(word)[:1]


def spelling_distance(known: str, word: str) -> int:
    """How many letters were left out, added, mistaken or swapped with the next; none if they sound alike."""
    return _spelling_distance(known, word, phonetic_form(word))


def _spelling_distance(known: str, word: str, heard: str) -> int:
    return int(min(OSA.distance(known, word), OSA.distance(_cached_phonetic_form(known), heard)))


# What Spanish ears do not tell apart, so that it is written either way: b and v, s and z, g and j before e…
_SOUNDS = (
    (re.compile(r"ch"), "\x10"),
    (re.compile(r"h"), ""),
    (re.compile(r"v"), "b"),
    (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"qu(?=[ei])|c|q"), "k"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"ll"), "y"),
)


@lru_cache(maxsize=8_192)  # words of lexicons and catalogues; what somebody writes is not kept
def _cached_phonetic_form(word: str) -> str:
    return phonetic_form(word)


def phonetic_form(word: str) -> str:
    """A word as it sounds: `keja` is `queja`."""
    for written, heard in _SOUNDS:
        word = written.sub(heard, word)
    return word


def allowed_errors(word: str) -> int:
    """How many of them a word of this length survives."""
    return next((errors for length, errors in _ALLOWED_ERRORS if len(word) >= length), 0)
