"""Which office somebody means, and how they want to be attended. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern

from ...offices.office import ServiceMode
from ..domain.catalogue import OfficeCatalogue
from .lexicon import Lexicon
from .normalize import has_same_initial_sound, normalise_text, spelling_distance


@dataclass(frozen=True, slots=True)
class OfficeMatch:
    """The offices that are named, and those that are refused."""

    named: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def find_mode(text: str, lexicon: Lexicon) -> tuple[ServiceMode | None, str]:
    """The mode of a plain sentence, and the sentence without it. Who refuses one wants the other."""
    modes: list[tuple[ServiceMode, Pattern[str]]] = [("video", lexicon.video), ("in_person", lexicon.in_person)]
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
    said = {mode for _, mode in found}
    return (said.pop() if len(said) == 1 else None), " ".join(text.split())


def find_offices(text: str, catalogue: OfficeCatalogue, lexicon: Lexicon) -> tuple[OfficeMatch, str]:
    """The offices of a plain sentence, by words of their name, street or town, and the sentence without them.

    A word that several share names them all, and one has to ask which.
    """
    words, named, without, used = text.split(), set[str](), set[str](), set[int]()
    for at, word in enumerate(words):
        slugs = _offices_named_by(word, catalogue, lexicon)
        before, after = " ".join(words[max(0, at - 4) : at]), " ".join(words[at + 1 : at + 3])
        if not slugs or _OTHER_KINDS_OF_PLACE.search(f"{before} < {after}") or (_PLACE_OF_ORIGIN.search(before)):
            continue
        used.add(at)
        (without if _is_refused(before, after) else named).update(slugs)
    kept = " ".join(OFFICE_PLACEHOLDER if at in used else word for at, word in enumerate(words))
    return OfficeMatch(_in_catalogue_order(named, catalogue), tuple(sorted(without))), kept


# "centro de salud", "health centre"; and where somebody lives is not where they want to go.
_OTHER_KINDS_OF_PLACE = re.compile(
    r"(?:health|medical|shopping|day|job) <|< (?:de (?:salud|dia|mayores|trabajo)|comercial|medico)"
)
_PLACE_OF_ORIGIN = re.compile(r"\b(?:soy|vengo|vivo|im|i am|live|come) (?:de|del|en|from|in)$")
_REFUSAL = re.compile(
    r"(?:\bno|\bni|menos|excepto|salvo|\bnot|apart from|anywhere but)(?: (?:en"
    r"|la|el|oficina|de|sea|in|at|the|quiero|ir|a|want))*$"
)
OFFICE_PLACEHOLDER = (
    "nn"  # stands where an office was named, so that "at the North office" does not read "at the office"
)
STREET_WORDS = frozenset(
    {"calle", "avenida", "plaza", "paseo", "camino", "ronda", "street", "avenue", "square", "road"}
)


def _is_refused(before: str, after: str) -> bool:
    return after.split(" ")[0] == "no" or _REFUSAL.search(before) is not None


def _in_catalogue_order(named: set[str], catalogue: OfficeCatalogue) -> tuple[str, ...]:
    return tuple(place.slug for place in catalogue.offices if place.slug in named)


def _offices_named_by(word: str, catalogue: OfficeCatalogue, lexicon: Lexicon) -> tuple[str, ...]:
    """The offices that a word may stand for: by the word as it is, else by one that it is a misspelling of."""
    telling = _distinctive_words(catalogue, lexicon)
    exact = tuple(slug for slug, words in telling.items() if word in words)
    return exact or tuple(
        slug for slug, words in telling.items() if any(_is_misspelling(word, one) for one in words)
    )


def _distinctive_words(catalogue: OfficeCatalogue, lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """The words of each office's name and address that are long enough to tell something."""
    return {
        place.slug: frozenset(
            word
            for word in normalise_text(f"{place.name} {place.address}").split()
            if len(word) > 3 and word.isalpha() and word not in STREET_WORDS | lexicon.generic_office_words
        )
        for place in catalogue.offices
    }


def _is_misspelling(word: str, one: str) -> bool:
    return (
        len(word) > 4 and len(one) > 4 and has_same_initial_sound(one, word) and spelling_distance(one, word) <= 1
    )
