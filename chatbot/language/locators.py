"""Locators as people write them: in groups, with dashes, in small letters; and what is none. Pure.

One in twenty has no figure (core/ids.py draws them from 32 characters), so a word cannot be told by that alone.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ...core.ids import CROCKFORD, normalize_locator

_GAP = r"[\s.\-\N{EN DASH}\N{EM DASH}]{0,3}"
_GROUPED = re.compile(rf"(?<![\w@.-])([0-9A-Za-z]{{4}})({_GAP})([0-9A-Za-z]{{4}})(?![\w@-])")
_TIME = re.compile(r"\d{1,2}(?:am|pm|hs|de)|20\d\d", re.IGNORECASE)
# How people write eight characters: as one, in two groups, two by two, one by one.
_GROUP_LENGTHS = {(8,), (4, 4), (2, 2, 2, 2), (1,) * 8, (3, 3, 2), (2, 3, 3), (3, 2, 3)}
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MAX_KEYBOARD_RUN = 5  # keys beside one another that nobody's locator has: one in a million
_MIN_WORD_VOWELS = 3  # a locator of letters has one or two of A and E
_MIN_DIFFERENT_CHARACTERS = 4  # different ones that it has at least


def find_locator(text: str) -> tuple[str | None, str]:
    """A locator in any sentence, and the text without it: letters and figures, and neither a time nor a year."""
    for found in _GROUPED.finditer(text):
        first, gap, second = found.groups()
        if not _is_plausible(first + second) or (gap and _TIME.match(first)):
            continue
        if not (gap.isspace() and _is_word_and_number(first, second)):
            return (first + second).upper(), f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _is_plausible(code: str) -> bool:
    """Letters and figures, all of them such as locators are made of."""
    mixed = any(one.isdigit() for one in code) and any(one.isalpha() for one in code)
    return mixed and _has_locator_characters(code)


def _has_locator_characters(code: str) -> bool:
    return set(normalize_locator(code)) <= set(CROCKFORD)


def _is_word_and_number(first: str, second: str) -> bool:
    """`hora 1630` is just that."""
    return (first.isalpha() and second.isdigit()) or (first.isdigit() and second.isalpha())


def parse_locator_answer(text: str) -> str | None:
    """The locator in the answer to the question for it, however it is grouped; a word of eight letters is none."""
    tokens = [one for one in re.split(r"[^0-9A-Za-z]+", text) if one]
    several = (tokens[first:last] for last in range(1, len(tokens) + 1) for first in range(last))
    codes = ["".join(groups) for groups in several if tuple(map(len, groups)) in _GROUP_LENGTHS]
    fitting = [code for code in codes if _has_locator_characters(code) and not _is_word(code.lower())]
    return max(fitting, key=_count_digits).upper() if fitting else None


def _count_digits(code: str) -> int:
    """How many it has: of `7k3m 9q2x, creo` it is the two groups that have some."""
    return sum(one.isdigit() for one in code)


def _is_word(code: str) -> bool:
    """Something without a figure that is typed by hand: a word, a letter again and again, keys in a row."""
    if _count_digits(code):
        return False
    vowels = sum(one in "aeio" for one in code)
    return (
        vowels >= _MIN_WORD_VOWELS
        or len(set(code)) < _MIN_DIFFERENT_CHARACTERS
        or _longest_keyboard_run(code) >= _MAX_KEYBOARD_RUN
    )


def _longest_keyboard_run(code: str) -> int:
    """How many keys in a row of the keyboard, in either direction."""
    longest = run = 1
    for one, other in pairwise(code):
        run = run + 1 if any(one + other in keys or other + one in keys for keys in _KEYBOARD_ROWS) else 1
        longest = max(longest, run)
    return longest
