"""Placeholders such as `[NUMBER_A]` for personal details and numbers of a message. Pure.

Masks too much rather than too little: a placeholder costs a little understanding, a leaked name cannot be undone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from ..language.contact_details import EMAIL, PARTICLES, find_details, find_name
from ..language.lexicon import Lexicon
from ..language.locators import find_locator, parse_locator_answer
from ..language.normalize import normalise_text

MAX_PLACEHOLDERS = len(ascii_uppercase)  # a message with more details is not sent at all
NUMBER = "NUMBER"
_SIGN = r"(?:punto|dot|gui[oó]n(?: bajo)?|barra baja|underscore|dash|hyphen)"
# Spoken addresses, with the words around the sign that spoken dots join: `ana punto gil arroba`.
_SPOKEN_EMAIL = re.compile(
    rf"(?:[\w.+-]+\s+{_SIGN}\s+)*[\w.+-]+\s*(?:\(arroba\)|\[at\]|\(at\)|\barroba\b|@|(?<=\s)at(?=\s+[\w-]+\s+dot\b))"
    rf"\s*[\w.+-]+(?:\s+{_SIGN}\s+[\w.+-]+)*",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?<!\w)[\w+-]+(?:\.[\w-]+)*\.[^\W\d_]{2,4}(?!\w)")
# Words with a digit, with letters beside them: telephone numbers, documents, number plates.
_NUMBERS = re.compile(
    r"(?:(?<!\w)(?:[A-Z]{1,8}(?=[\s.-]+\S*\d)|[xyz](?=[\s.-]+\d{5}))[\s.-]+)?"
    r"\S*\d\S*(?:\s+\S*\d\S*)*(?:[\s-]+(?:[A-Z]{1,8}|(?<=\d\d\d[\s-])[a-z])(?!\w))?"
)
_UPPER_CASE_LOCATOR = re.compile(r"(?<!\w)[A-Z]{4}[\s.-]?[A-Z]{4}(?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?¡¿:\n])[\s\"'«(¿¡]*$")
_OUTER_SIGNS = " \t\r\n.,;:!?¿¡()[]\"'«»"
_MIN_SPOKEN_DIGITS = 4  # in a row they are a telephone or document number, not an hour
_LOCATOR_LENGTH = 8
_MIN_NAME_LENGTH = 3  # of a known name's word; `de` and `la` are in every sentence


@dataclass(frozen=True, slots=True)
class MaskedMessage:
    """A message with placeholders, and the text that each placeholder stands for."""

    text: str
    originals: Mapping[str, str]


def mask_message(
    text: str,
    lexicon: Lexicon,
    *,
    known_words: Collection[str],
    number_words: Collection[str],
    known_details: Collection[str] = (),
) -> MaskedMessage | None:
    """Mask names, e-mails, telephone numbers, locators, document numbers and all digits.

    `known_words`: in normalised text, no names. `known_details`: what the citizen has told before.

    Returns None for a message with too many details.
    """
    text = text.translate(str.maketrans("[]", "()"))  # only ours are placeholders
    found = [
        *((span, "EMAIL") for pattern in (EMAIL, _SPOKEN_EMAIL, _DOMAIN) for span in _spans(pattern, text)),
        *((span, NUMBER) for span in _number_spans(text, number_words)),
        *((span, "NAME") for span in _name_spans(text, lexicon, known_words, known_details)),
    ]
    merged = _merge(found)
    if len(merged) > MAX_PLACEHOLDERS:
        return None
    pieces, originals, end = [], {}, 0
    for suffix, ((first, last), kind) in zip(ascii_uppercase, merged, strict=False):
        placeholder = f"[{kind}_{suffix}]"
        originals[placeholder] = text[first:last]
        pieces += [text[end:first], placeholder]
        end = last
    return MaskedMessage("".join([*pieces, text[end:]]), originals)


Span = tuple[int, int]


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Yield the places of a pattern, without the signs around them."""
    for found in pattern.finditer(text):
        matched = found.group()
        first = found.start() + len(matched) - len(matched.lstrip(_OUTER_SIGNS))
        last = found.end() - (len(matched) - len(matched.rstrip(_OUTER_SIGNS)))
        if first < last:
            yield first, last


def _number_spans(text: str, number_words: Collection[str]) -> Iterator[Span]:
    yield from _spans(_NUMBERS, text)
    yield from _spans(_UPPER_CASE_LOCATOR, text)
    locator, _rest = find_locator(text)
    if locator is not None:
        yield from _spans(re.compile(r"[^0-9A-Za-z]*".join(locator), re.IGNORECASE), text)
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if len(word.group()) == _LOCATOR_LENGTH and parse_locator_answer(word.group()) is not None:
            yield word.span()
        is_number = normalise_text(word.group()) in (*number_words, "cero", "zero", "oh", "doble", "double")
        run = [*run, word] if is_number else []
        if len(run) >= _MIN_SPOKEN_DIGITS:
            yield run[0].start(), run[-1].end()


def _name_spans(
    text: str, lexicon: Lexicon, known_words: Collection[str], known_details: Collection[str]
) -> Iterator[Span]:
    """Yield the places of introduced names, known details and unknown capital words."""
    name = find_name(find_details(text).rest, lexicon, was_asked=False)
    hidden = {normalise_text(word) for word in _WORD.findall(" ".join([*known_details, name or ""]))}
    hidden -= {word for word in hidden if len(word) < _MIN_NAME_LENGTH} | PARTICLES
    words = list(_WORD.finditer(text))
    is_shouted = sum(word.group().isupper() for word in words) > len(words) / 2
    capitals = [
        not is_shouted and word.group()[0].isupper() and normalise_text(word.group()) not in known_words
        for word in words
    ]
    for position, word in enumerate(words):
        starts_sentence = _SENTENCE_START.search(text[: word.start()]) is not None
        # the first word has a capital letter for another reason, unless a surname follows
        is_name = capitals[position] and (not starts_sentence or capitals[position + 1 : position + 2] == [True])
        if is_name or normalise_text(word.group()) in hidden:
            yield word.span()


def _merge(found: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """Join overlapping places; the first kind of the list names them."""
    merged: list[tuple[Span, str]] = []
    for (first, last), kind in sorted(found, key=lambda item: item[0]):
        if merged and first < merged[-1][0][1]:
            (start, end), earlier = merged.pop()
            first, last, kind = start, max(end, last), earlier
        merged.append(((first, last), kind))
    return merged
