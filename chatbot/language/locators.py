"""Locators in any grouping and case, and words of eight letters that are none. Pure.

Of all locators, 5 % have no digit (core/ids.py draws it from 32 characters), so digits alone do not tell a word
from a locator.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ...core.ids import CROCKFORD, normalize_locator
from .words.common_words import all_common_words

_GAP = r"[\s.\-\N{EN DASH}\N{EM DASH}]{0,3}"
_NEVER_FIRST = r"(?i:cita|hora|para|esta|code|slot|book|visit|with|mine|move)\b(?=\s)"  # of `my cita 2CY9 F1CW`
_GROUPED = re.compile(rf"(?<![\w@.-])(?!{_NEVER_FIRST})(?=([0-9A-Za-z]{{4}})({_GAP})([0-9A-Za-z]{{4}})(?![\w@-]))")
_UNMIXED = re.compile(r"(?<![\w@.-])([0-9A-Za-z]{8})(?![\w@-])")
_NAMED = re.compile(
    r"(?:locali[sz]ador|locator|c[oó]digo|code|referenc\w+)(?:\W+(?:es|is|n[uú]mero|number))?\W*$", re.I
)
_TIME = re.compile(r"\d{1,2}(?:am|pm|hs|de)|20\d\d", re.IGNORECASE)
_SPOKEN_CHARACTERS = """
    cero=0 uno=1 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 zero=0 one=1 two=2 three=3 four=4
    five=5 six=6 seven=7 eight=8 nine=9 be=B ce=C efe=F ge=G hache=H jota=J ka=K eme=M ene=N pe=P cu=Q erre=R
    ese=S te=T uve=V equis=X zeta=Z kay=K em=M queue=Q cue=Q ex=X jay=J tee=T pee=P dee=D vee=V zed=Z zee=Z bee=B
    gee=G aitch=H ess=S ef=F eff=F
"""  # characters that are written as words: `siete ka tres eme`
_SPOKEN = dict(pair.split("=") for pair in _SPOKEN_CHARACTERS.split())
# Groups in which people write eight characters, by their lengths.
_GROUP_LENGTHS = {(8,), (4, 4), (2, 2, 2, 2), (1,) * 8, (3, 3, 2), (2, 3, 3), (3, 2, 3)}
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MAX_KEYBOARD_RUN = 5  # adjacent keys in a row; 1 locator in a million has as many
_MIN_WORD_VOWELS = 3  # a locator without digits has at most two vowels
_MIN_DIFFERENT_CHARACTERS = 4  # a text with fewer, such as `jajajaja`, is not a locator


def find_locator(text: str) -> tuple[str | None, str]:
    """Find a locator with letters and digits, and return the sentence without it."""
    candidates = [found for found in _GROUPED.finditer(text) if _is_grouped_locator(*found.groups())]
    if not candidates:
        return _find_unmixed_locator(text)
    # of two candidates that overlap, that without an everyday word: `la cita 2CY9 F1CW`
    found = max(candidates, key=lambda found: _count_unusual_groups((found[1], found[3])))
    return (found[1] + found[3]).upper(), f"{text[: found.start()]} {text[found.end(3) :]}"


def _is_grouped_locator(first: str, gap: str, second: str) -> bool:
    """Whether two groups can be a locator, and are no time, or word and number."""
    if not _is_plausible(first + second) or (gap and _TIME.match(first)):
        return False
    return not (gap.isspace() and _is_word_and_number(first, second))


def _count_unusual_groups(groups: Sequence[str]) -> int:
    return sum(group.lower() not in all_common_words() for group in groups)


def _find_unmixed_locator(text: str) -> tuple[str | None, str]:
    """Find a locator of digits or letters only, if it is named so or in capitals."""
    for found in _UNMIXED.finditer(text):
        code, before = found[1], text[: found.start(1)]
        stands_out = code.isupper() and text != text.upper()
        is_code = _has_locator_characters(code) and not _is_word(code.lower())
        if is_code and (stands_out or _NAMED.search(before)):
            return code.upper(), f"{before} {text[found.end(1) :]}"
    return None, text


def _is_plausible(code: str) -> bool:
    """Whether a code has letters and digits, and no character that locators do not have."""
    is_mixed = any(map(str.isdigit, code)) and any(map(str.isalpha, code))
    return is_mixed and _has_locator_characters(code)


def _has_locator_characters(code: str) -> bool:
    return set(normalize_locator(code)) <= set(CROCKFORD)


def _is_word_and_number(first: str, second: str) -> bool:
    """Whether two groups are a word and a number: `hora 1630`."""
    return (first.isalpha() and second.isdigit()) or (first.isdigit() and second.isalpha())


def parse_locator_answer(text: str) -> str | None:
    """Find the locator in the answer to the question for it, in any grouping.

    Of several candidates, that with the most digits is the locator: `7k3m 9q2x, creo`.
    """
    text = re.sub(r"(?<=\w)['’]\w+", "", text)  # the s of "it's" is no character of a locator
    tokens = [_SPOKEN.get(token.lower(), token) for token in re.split(r"[^0-9A-Za-z]+", text) if token]
    slices = (tokens[first:last] for last in range(1, len(tokens) + 1) for first in range(last))
    grouped = [("".join(groups), groups) for groups in slices if tuple(map(len, groups)) in _GROUP_LENGTHS]
    candidates = [
        (_count_digits(code), _count_unusual_groups(groups), code)
        for code, groups in grouped
        if _has_locator_characters(code) and not _is_word(code.lower())
    ]
    return max(candidates, key=lambda candidate: candidate[:2])[2].upper() if candidates else None


def _count_digits(code: str) -> int:
    return sum(map(str.isdigit, code))


def _is_word(code: str) -> bool:
    """Whether a code without digits is a word, repeated letters or a run of keys."""
    if _count_digits(code):
        return False
    vowels = sum(letter in "aeio" for letter in code)
    return (
        vowels >= _MIN_WORD_VOWELS
        or len(set(code)) < _MIN_DIFFERENT_CHARACTERS
        or _longest_keyboard_run(code) >= _MAX_KEYBOARD_RUN
    )


def _longest_keyboard_run(code: str) -> int:
    """Return the length of the longest run of adjacent keys, in either direction."""
    longest = run = 1
    for key, following in pairwise(code):
        are_adjacent = any(key + following in row or following + key in row for row in _KEYBOARD_ROWS)
        run = run + 1 if are_adjacent else 1
        longest = max(longest, run)
    return longest
