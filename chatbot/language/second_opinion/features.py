"""Features of a message for the classifier: words and parts of words, hashed. Pure.

The training script uses them too, so a change here needs `make train-assistant`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

from ..normalize import normalise_text

BUCKETS = 1 << 14  # rows of the table of weights; with fewer, the accuracy falls, and with more, it hardly rises
SHORTEST_PART, LONGEST_PART = 2, 5  # letters of the parts of words
MAX_WORDS = 60  # the time for a message is bounded; a longer message says the rest in other words
LONG_MESSAGE = 12  # words; the length of a longer message says no more
_NUMBER = re.compile(r"\d[\d:./-]*")


def message_words(text: str) -> list[str]:
    """Split a text into normalised words; all numbers count as the same word."""
    return ["0" if _NUMBER.fullmatch(word) else word for word in normalise_text(text).split()[:MAX_WORDS]]


def feature_groups(text: str, asked: str | None) -> tuple[set[int], set[int], set[int]]:
    """Return the buckets of parts of words, of words, and of the message's context.

    Each group has its own weight, so that a long message does not drown the asked question.
    """
    words = message_words(text)
    parts = {_bucket(f"c{part}") for word in words for part in _word_parts(word)}
    whole = {_bucket(f"w{word}") for word in words}
    whole |= {_bucket(f"w{first} {second}") for first, second in pairwise(["", *words, ""])}
    question, length = f"a{asked or ''}", min(len(words), LONG_MESSAGE) // 3
    form = f"?{'?' in text}{length}"
    scripts = {f"s{unicodedata.name(letter, '').partition(' ')[0]}" for letter in text if letter.isalpha()}
    context = {question, f"{question} {length}", form, f"{question} {form}", *scripts}
    return parts, whole, {_bucket(feature) for feature in context}


def _word_parts(word: str) -> Iterator[str]:
    edged = f" {word} "
    for length in range(SHORTEST_PART, LONGEST_PART + 1):
        for start in range(len(edged) - length + 1):
            yield edged[start : start + length]


def _bucket(feature: str) -> int:
    return crc32(feature.encode()) % BUCKETS
