"""Offices and modes that a sentence names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...offices.domain.words import ServiceMode
from ..domain.catalogue import OfficeCatalogue
from .lazy_pattern import LazyPattern
from .lexicon import Lexicon
from .normalize import has_same_initial_sound, normalise_text, spelling_distance
from .words.common_words import all_common_words

# "centro de salud", "health centre": places that are no office.
_OTHER_KINDS_OF_PLACE = re.compile(
    r"(?:health|medical|shopping|day|job|call|sports|leisure|community|garden|help|data) <"
    r"|< (?:de (?:salud|dia|mayores|trabajo)|comercial|medico)"
)
# Words of office names that are said in the other language too.
_TRANSLATED = {
    "centro": ("centre", "center"), "norte": ("north",), "sur": ("south",), "este": ("east",), "oeste": ("west",)
}  # fmt: skip
# The place where the citizen lives is not the office that they want.
_PLACE_OF_ORIGIN = re.compile(r"\b(?:soy|vengo|vivo|im|i am|live|come) (?:de|del|en|from|in)$")
_REFUSAL = re.compile(
    r"(?:\bno|\bni|menos|excepto|salvo|\bnot|apart from|anywhere but)(?: (?:en"
    r"|la|el|oficina|de|sea|in|at|the|quiero|ir|a|want))*$"
)
_REASON = re.compile(r" , | (?:que|porque|pues|because|cos|since) ")
# Replaces the name of an office, so that "at the North office" does not become "at the office", which is a mode.
OFFICE_PLACEHOLDER = "nn"
PLACE_OF_USE = "ii"  # replaces `online` in `sign things online`
STREET_WORDS = frozenset(
    {"calle", "avenida", "plaza", "paseo", "camino", "ronda", "street", "avenue", "square", "road"}
)


@dataclass(frozen=True, slots=True)
class OfficeMatch:
    """The slugs of the named and of the refused offices."""

    named: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def find_mode(text: str, lexicon: Lexicon, *, was_asked: bool = False) -> tuple[ServiceMode | None, str]:
    """Find the mode, and return the sentence without it. Refusing a mode means the other mode.

    `was_asked`: `there` is an answer. What the citizen does online, such as signing, is no mode.
    """
    if was_asked and (reason := _reason_for_there(text, lexicon)) is not None:
        mode, rest = find_mode(reason, lexicon)
        return (None if mode == "video" else "in_person"), rest
    text = lexicon.internet_use.sub(rf"\g<use> {PLACE_OF_USE}", text)
    modes: list[tuple[ServiceMode, LazyPattern]] = [("video", lexicon.video), ("in_person", lexicon.in_person)]
    found: list[tuple[int, ServiceMode]] = []
    for mode, pattern in modes:
        other: ServiceMode = "in_person" if mode == "video" else "video"
        for refusing in lexicon.mode_refusals:
            negative = re.compile(rf"(?<!\w){refusing.replace('MODE', pattern.pattern)}(?!\w)")
            if match := negative.search(text):
                found.append((match.start(), other))
                text = f"{text[: match.start()]} {text[match.end() :]}"
        if match := pattern.search(text):
            found.append((match.start(), mode))
            text = pattern.sub(" ", text)
    named = {mode for _, mode in found}
    return (named.pop() if len(named) == 1 else None), " ".join(text.split())


def _reason_for_there(text: str, lexicon: Lexicon) -> str | None:
    """Return what follows `there` at the beginning of an answer; None without it."""
    start = _REASON.search(text)
    answer, reason = (text[: start.start()], text[start.end() :]) if start else (text, "")
    return reason if lexicon.there.fullmatch(answer) else None


def find_offices(text: str, catalogue: OfficeCatalogue, lexicon: Lexicon) -> tuple[OfficeMatch, str]:
    """Find offices by a word of their name or address; return the sentence without it.

    A word that several offices share names all of them; the dialogue asks which office is meant.
    """
    words, named, refused, used = text.split(), set[str](), set[str](), set[int]()
    words_by_office = _distinctive_words(catalogue, lexicon)
    for index, word in enumerate(words):
        slugs = _offices_named_by(word, words_by_office)
        before, after = " ".join(words[max(0, index - 4) : index]), " ".join(words[index + 1 : index + 3])
        if not slugs or _OTHER_KINDS_OF_PLACE.search(f"{before} < {after}") or _PLACE_OF_ORIGIN.search(before):
            continue
        used.add(index)
        (refused if _is_refused(before, after) else named).update(slugs)
    rest = " ".join(OFFICE_PLACEHOLDER if index in used else word for index, word in enumerate(words))
    in_order = tuple(office.slug for office in catalogue.offices if office.slug in named)
    return OfficeMatch(in_order, tuple(sorted(refused))), rest


def _is_refused(before: str, after: str) -> bool:
    return after.split(" ")[0] == "no" or _REFUSAL.search(before) is not None


def _offices_named_by(word: str, words_by_office: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the offices with this word, else those with a word that it misspells."""
    exact = tuple(slug for slug, words in words_by_office.items() if word in words)
    return exact or tuple(
        slug for slug, words in words_by_office.items() if any(_is_misspelling(word, known) for known in words)
    )


def _distinctive_words(catalogue: OfficeCatalogue, lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """Return the distinguishing words of each office's name and address, and translations."""
    common_to_offices = STREET_WORDS | lexicon.generic_office_words
    found = {}
    for office in catalogue.offices:
        name, address = normalise_text(office.name).split(), normalise_text(office.address).split()
        own = {word for word in name + address if len(word) > 3 and word.isalpha()} - common_to_offices
        found[office.slug] = frozenset(own.union(*(_TRANSLATED.get(word, ()) for word in name)))
    return found


def _is_misspelling(word: str, known: str) -> bool:
    is_long = len(word) > 4 and len(known) > 4 and word not in all_common_words()
    return is_long and has_same_initial_sound(known, word) and spelling_distance(known, word) <= 1
